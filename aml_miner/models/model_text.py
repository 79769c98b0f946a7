"""LightGBM's text models, read and audited before LightGBM sees them.

LightGBM trusts a model file: half a file, a child index out of range or one malformed line is a segmentation fault of
the whole process, not an error. So nothing is given to it that did not pass here first. The grammar is the one
LightGBM 4 writes and no wider: what it would never write is refused, not interpreted.

The arrays read here are also what contributions are computed from. They hold the doubles LightGBM holds, to the bit.
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from aml_miner.models.model_lines import INT32, NAME, RANGE, REAL, Lines, read_lines, reject
from aml_miner.models.tree import Tree, read_tree

_TAIL: Final = re.compile(
    rf"end of trees\n\nfeature_importances:\n(?:[^\n]+={REAL.pattern}\n)*"
    r'(?:\nparameters:\n(?:\[\w+: [^\n"\\]*\]\n)*\nend of parameters\n)?'
    r"(?:\npandas_categorical:(?:null|\[\])\n)?"
)

_HEADER_FIELDS: Final = frozenset({
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective",
    "feature_names", "feature_infos", "tree_sizes",
})  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ModelText:
    """An audited model.

    Attributes
    ----------
    text
        Header and trees as they were read: all that scores depend on, and all LightGBM should be given. The list of
        training parameters behind it, which LightGBM reads as carelessly as the rest, is left out.
    objective
        ``"binary"`` or ``"lambdarank"``.
    sigmoid
        A binary model's probability is 1 / (1 + exp(−sigmoid × raw score)). 1 in a ranker, which has no such step.
    feature_names
        The columns in the order the trees count them.
    trees
        The trees in the order their leaf values are added.
    """

    text: str
    objective: str
    sigmoid: float
    feature_names: tuple[str, ...]
    trees: tuple[Tree, ...]


def parse_model_text(text: str, *, max_bytes: int = 100_000_000, max_depth: int = 256) -> ModelText:
    """Audit and read a LightGBM 4 text model.

    Parameters
    ----------
    text
        The whole file.
    max_bytes
        Longest text accepted.
    max_depth
        Most splits accepted between root and leaf. LightGBM walks trees by recursion, and explaining one takes memory
        that grows with the square of its depth.

    Raises
    ------
    ModelRejectedError
        If anything differs from what LightGBM 4 writes for a binary or lambdarank model of one class, without linear
        leaves and not averaged. The message names tree, field, expected and found.
    """
    _check_characters(text, max_bytes)
    first_tree = text.find("\nTree=") + 1
    if not first_tree:
        reject("header", "Tree=0", "follow it", "no tree")
    header = _read_header(text[:first_tree])
    names = _feature_names(header)
    objective, sigmoid = _objective(header)
    trees: list[Tree] = []
    at = first_tree
    for index, size in enumerate(header.wholes("tree_sizes", None, 1, max_bytes).tolist()):
        trees.append(read_tree(_tree_block(text, at, index, size), len(names), max_depth))
        at += size
    _check_ending(text[at:])
    _check_sum(trees)
    return ModelText(f"{text[:at]}end of trees\n", objective, sigmoid, names, tuple(trees))


def _check_characters(text: str, max_bytes: int) -> None:
    if len(text) > max_bytes:
        reject("length", "text", f"have at most {max_bytes} bytes", len(text))
    odd = re.search(r"[^\n -~]", text)
    if odd is not None:
        expected = "be printable ASCII lines ended by a line feed alone"
        reject(f"character {odd.start()}", "text", expected, ascii(odd.group()))


def _read_header(text: str) -> Lines:
    lines = text.split("\n")
    if lines[0] != "tree" or lines[-2:] != ["", ""]:
        expected = "start with a line 'tree' and end with an empty line before 'Tree=0'"
        reject("header", "header", expected, lines[0])
    header = read_lines("header", lines[1:-2])
    header.check_names(_HEADER_FIELDS, frozenset({"monotone_constraints"}))
    header.check_value("version", "v4")
    header.check_value("num_class", "1")
    header.check_value("num_tree_per_iteration", "1")
    header.whole("label_index", 0, INT32)
    if not header.values["tree_sizes"]:
        reject("header", "tree_sizes", "list at least one tree", 0)
    return header


def _feature_names(header: Lines) -> tuple[str, ...]:
    count = header.whole("max_feature_idx", 0, INT32 - 1) + 1
    names = header.tokens("feature_names", count, NAME)
    header.tokens("feature_infos", count, RANGE)
    if "monotone_constraints" in header.values:
        header.wholes("monotone_constraints", count, -1, 1)
    if len(set(names)) != count:
        first = next(name for i, name in enumerate(names) if name in names[:i])
        reject("header", "feature_names", "differ from each other", first)
    return tuple(names)


def _objective(header: Lines) -> tuple[str, float]:
    name, _, parameter = header.values["objective"].partition(" ")
    if name == "lambdarank" and not parameter:
        return name, 1.0
    sigmoid = parameter.removeprefix("sigmoid:")
    if name != "binary" or sigmoid == parameter or not REAL.fullmatch(sigmoid):
        expected = "be 'binary sigmoid:<number>' or 'lambdarank'"
        reject("header", "objective", expected, header.values["objective"])
    if not 0.0 < float(sigmoid) < np.inf:
        reject("header", "objective", "have a positive, finite sigmoid", sigmoid)
    return name, float(sigmoid)


def _tree_block(text: str, at: int, index: int, size: int) -> Lines:
    """Lines of the tree that starts at character ``at``; LightGBM finds trees by their sizes alone."""
    where = f"tree {index}"
    start = f"Tree={index}\n"
    if not text.startswith(start, at):
        reject(where, "Tree", f"start with 'Tree={index}'", text[at : at + len(start)])
    length = text.find("\n\n\n", at) + 3 - at
    if length != size:
        found = length if length > 0 else "no end of the tree"
        reject(where, "tree_sizes", f"be its length, given as {size}", found)
    return read_lines(where, text[at + len(start) : at + size - 3].split("\n"))


def _check_sum(trees: list[Tree]) -> None:
    with np.errstate(over="ignore"):
        largest = np.sum([np.abs(tree.leaf_value).max() for tree in trees])
    if not np.isfinite(largest):
        reject("all trees", "leaf_value", "add up to a finite score", largest)


def _check_ending(text: str) -> None:
    match = _TAIL.match(text)
    rest = text[match.end() :] if match else text
    if match is None or rest:
        expected = (
            "be followed by feature_importances, parameters, end of parameters and "
            "pandas_categorical (null: levels are matched by our code table), in LightGBM's layout"
        )
        reject("ending", "end of trees", expected, rest)
