"""One tree of a LightGBM text model, audited: a split leads to a later one or to a leaf, and every count adds up."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aml_miner.models.model_lines import INT32, THRESHOLD, Lines, reject

_TREE_FIELDS: Final = frozenset({
    "num_leaves", "num_cat", "split_feature", "split_gain", "threshold", "decision_type",
    "left_child", "right_child", "leaf_value", "leaf_weight", "leaf_count",
    "internal_value", "internal_weight", "internal_count", "is_linear", "shrinkage",
})  # fmt: skip
_CATEGORY_FIELDS: Final = frozenset({"cat_boundaries", "cat_threshold"})

# bit 0: by category; bit 1: missing goes left; bits 2–3: what is missing (0 nothing, 1 zero, 2 NaN).
# A split by category never sends missing left.
_DECISIONS: Final = (0, 1, 2, 4, 5, 6, 8, 9, 10)
_UINT32: Final = 2**32 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """One decision tree, as arrays over its splits and its leaves.

    Split 0 is the root and a split comes before the splits below it. A child c ≥ 0 is split c, a child c < 0 is leaf
    ~c. A tree of one leaf has no splits; its ``leaf_weight`` is empty too. The arrays cannot be written to.

    Attributes
    ----------
    num_leaves
        Number of leaves; there is one split fewer.
    split_feature, split_gain, left_child, right_child
        Per split: the column it looks at, what it gained in training, and where it leads.
    threshold
        Per split by number: left if the value is at most this, where a value within 1e-35 of zero was taken for zero;
        infinite where only missing values go right. Per split by category: its place in ``cat_boundaries``.
    decision_type
        Per split, bits: see ``is_categorical``, ``default_left`` and ``missing_type``.
    leaf_value, leaf_weight, leaf_count
        Per leaf: its addition to the raw score (shrinkage included), sum of hessians, and training rows (≥ 1).
    internal_value, internal_weight, internal_count
        The same per split; a split's count is the sum of its children's.
    cat_boundaries, cat_threshold
        The k-th split by category sends code v left when bit v of the words
        ``cat_threshold[cat_boundaries[k]:cat_boundaries[k + 1]]`` is set; every other code, and missing, goes right.
    shrinkage
        Learning rate already contained in the leaf values.
    """

    num_leaves: int
    split_feature: NDArray[np.int64]
    split_gain: NDArray[np.float64]
    threshold: NDArray[np.float64]
    decision_type: NDArray[np.int64]
    left_child: NDArray[np.int64]
    right_child: NDArray[np.int64]
    leaf_value: NDArray[np.float64]
    leaf_weight: NDArray[np.float64]
    leaf_count: NDArray[np.int64]
    internal_value: NDArray[np.float64]
    internal_weight: NDArray[np.float64]
    internal_count: NDArray[np.int64]
    cat_boundaries: NDArray[np.int64]
    cat_threshold: NDArray[np.uint32]
    shrinkage: float

    @property
    def is_categorical(self) -> NDArray[np.bool_]:
        """Per split: whether it asks for a category, not for a number."""
        return (self.decision_type & 1).astype(np.bool_)

    @property
    def default_left(self) -> NDArray[np.bool_]:
        """Per split: whether a missing value goes left."""
        return (self.decision_type & 2).astype(np.bool_)

    @property
    def missing_type(self) -> NDArray[np.int64]:
        """Per split: 0 nothing is missing (NaN counts as 0), 1 NaN and |value| ≤ 1e-35 are, 2 NaN is."""
        return self.decision_type >> 2


def read_tree(fields: Lines, features: int, max_depth: int) -> Tree:
    """Audit and read one tree over so many features, of at most so many splits between root and leaf.

    Raises
    ------
    ModelRejectedError
        If it is none, or LightGBM would not have written it so.
    """
    if "is_linear" in fields.values:
        fields.check_value("is_linear", "0")
    fields.check_names(_TREE_FIELDS, _CATEGORY_FIELDS)
    leaves = fields.whole("num_leaves", 1, INT32)
    splits = leaves - 1
    boundaries, words = _read_categories(fields)
    tree = Tree(
        num_leaves=leaves,
        split_feature=fields.wholes("split_feature", splits, 0, features - 1),
        split_gain=fields.reals("split_gain", splits),
        threshold=fields.reals("threshold", splits, THRESHOLD),
        decision_type=fields.wholes("decision_type", splits, 0, max(_DECISIONS)),
        left_child=fields.wholes("left_child", splits, -leaves, splits - 1),
        right_child=fields.wholes("right_child", splits, -leaves, splits - 1),
        leaf_value=fields.reals("leaf_value", leaves),
        leaf_weight=fields.reals("leaf_weight", leaves if splits else 0),
        leaf_count=fields.wholes("leaf_count", leaves, 1 if splits else 0, INT32),
        internal_value=fields.reals("internal_value", splits),
        internal_weight=fields.reals("internal_weight", splits),
        internal_count=fields.wholes("internal_count", splits, 1, INT32),
        cat_boundaries=boundaries,
        cat_threshold=words,
        shrinkage=float(fields.reals("shrinkage", 1)[0]),
    )
    _check_decisions(fields.where, tree)
    _check_shape(fields.where, tree, max_depth)
    _check_counts(fields.where, tree)
    return tree


def _read_categories(fields: Lines) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    count = fields.whole("num_cat", 0, INT32)
    fields.check_names(_TREE_FIELDS | (_CATEGORY_FIELDS if count else frozenset()))
    boundaries, words = np.zeros(1, np.int64), np.zeros(0, np.uint32)
    if count:
        boundaries = fields.wholes("cat_boundaries", count + 1, 0, INT32)
        if boundaries[0] != 0 or np.any(np.diff(boundaries) < 1):
            reject(fields.where, "cat_boundaries", "rise from 0", fields.values["cat_boundaries"])
        words = fields.wholes("cat_threshold", int(boundaries[-1]), 0, _UINT32).astype(np.uint32)
    boundaries.setflags(write=False)
    words.setflags(write=False)
    return boundaries, words


def _check_decisions(where: str, tree: Tree) -> None:
    for decision in tree.decision_type[~np.isin(tree.decision_type, _DECISIONS)]:
        reject(where, "decision_type", f"be one of {_DECISIONS}", int(decision))
    places = np.sort(tree.threshold[tree.is_categorical])
    count = tree.cat_boundaries.size - 1
    if places.size != count:
        reject(where, "num_cat", f"be {places.size}, its splits by category", count)
    if not np.array_equal(places, np.arange(count)):
        expected = f"give splits by category the places 0 to {count - 1}, each once"
        reject(where, "threshold", expected, places)


def _check_shape(where: str, tree: Tree, max_depth: int) -> None:
    """Each split and leaf hangs below exactly one split that comes before it: a tree, without a cycle."""
    parents = np.arange(tree.num_leaves - 1)
    for field, child in (("left_child", tree.left_child), ("right_child", tree.right_child)):
        for split in np.flatnonzero((child >= 0) & (child <= parents))[:1]:
            expected = f"lead split {split} to a leaf or to a later split"
            reject(where, field, expected, int(child[split]))
    children = np.sort(np.concatenate([tree.left_child, tree.right_child]))
    once = np.concatenate([np.arange(-tree.num_leaves, 0), np.arange(1, tree.num_leaves - 1)])
    for wrong in children[children != once[: children.size]][:1]:
        expected = "reach each split and each leaf once"
        reject(where, "left_child and right_child", expected, int(wrong))
    depth = _depth(tree) if tree.num_leaves - 1 > max_depth else 0
    if depth > max_depth:
        reject(where, "left_child and right_child", f"have at most {max_depth} levels", depth)


def _depth(tree: Tree) -> int:
    depths = [1] * (tree.num_leaves - 1)
    pairs = zip(tree.left_child.tolist(), tree.right_child.tolist(), strict=True)
    for split, children in enumerate(pairs):
        for child in children:
            if child > 0:
                depths[child] = depths[split] + 1
    return max(depths)


def _check_counts(where: str, tree: Tree) -> None:
    """Contributions are weighted by these counts, and nothing else would show that one is wrong."""
    counts = np.concatenate([tree.internal_count, tree.leaf_count[::-1]])  # -1 is the last: leaf 0
    below = counts[tree.left_child] + counts[tree.right_child]
    for split in np.flatnonzero(tree.internal_count != below)[:1]:
        expected = f"be {below[split]} at split {split}, the sum of its children"
        reject(where, "internal_count", expected, int(tree.internal_count[split]))
