"""Small forests drawn at random, as model texts that LightGBM reads, and Shapley values by their definition."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from aml_miner.models.model_text import ModelText, parse_model_text
from aml_miner.models.tree import Tree

CODES = 70
"""Codes of a category column lie below; three words of a bit set."""


@dataclass
class Drawing:
    """One tree while it is drawn: splits in the order they are added, children that are leaves as ~leaf."""

    features: list[int] = field(default_factory=list)
    thresholds: list[float] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)
    children: list[list[int]] = field(default_factory=list)
    sets: list[list[int]] = field(default_factory=list)


def draw_model(
    random: np.random.Generator, *, trees: int, most_leaves: int, numbers: int, categories: int
) -> str:
    """Draw a model of number columns and, behind them, category columns."""
    blocks = [_draw_tree(random, place, most_leaves, numbers, categories) for place in range(trees)]
    columns = numbers + categories
    infos = ["[-9:9]"] * numbers + [":".join(map(str, range(CODES)))] * categories
    header = [
        "tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0",
        f"max_feature_idx={columns - 1}", "objective=binary sigmoid:1",
        "feature_names=" + " ".join(f"f{n}" for n in range(columns)),
        "feature_infos=" + " ".join(infos),
        "tree_sizes=" + " ".join(str(len(block)) for block in blocks), "", "",
    ]  # fmt: skip
    return "\n".join(header) + "".join(blocks) + "end of trees\n\nfeature_importances:\n"


def _draw_tree(
    random: np.random.Generator, place: int, most_leaves: int, numbers: int, categories: int
) -> str:
    leaves = int(random.integers(1, most_leaves + 1))
    drawing = Drawing()
    chain = random.random() < 0.5  # deep trees as well as bushy ones
    hanging: list[tuple[int, int]] = [(-1, 0)]  # (parent, side) of each node that is still a leaf
    for split in range(leaves - 1):
        at = len(hanging) - 1 if chain else int(random.integers(len(hanging)))
        parent, side = hanging.pop(at)
        if parent >= 0:
            drawing.children[parent][side] = split
        _draw_split(random, drawing, numbers, categories)
        hanging += [(split, 0), (split, 1)]
    for leaf, (parent, side) in enumerate(hanging):
        if parent >= 0:
            drawing.children[parent][side] = ~leaf
    return _tree_text(random, place, drawing, leaves)


def _draw_split(
    random: np.random.Generator, drawing: Drawing, numbers: int, categories: int
) -> None:
    feature = int(random.integers(numbers + categories))
    drawing.features.append(feature)
    drawing.children.append([0, 0])
    if feature >= numbers:
        drawing.thresholds.append(len(drawing.sets))
        drawing.sets.append(random.integers(0, 2**32, random.integers(1, 4)).tolist())
        drawing.decisions.append(int(random.choice([1, 9])))
    else:
        # few values, so that thresholds repeat and rows lie on them
        drawing.thresholds.append(float(random.choice([-1.5, -1.0, 0.0, 1e-36, 0.1, 1.0, np.inf])))
        drawing.decisions.append(int(random.choice([0, 2, 4, 6, 8, 10])))


def _tree_text(random: np.random.Generator, place: int, drawing: Drawing, leaves: int) -> str:
    leaf_counts = random.integers(1, 50, leaves).tolist()
    counts = _counts(drawing, leaf_counts)
    splits = leaves - 1
    ends = np.cumsum([0, *(len(words) for words in drawing.sets)]).tolist()
    words = [word for each in drawing.sets for word in each]
    lines = [
        f"Tree={place}", f"num_leaves={leaves}", f"num_cat={len(drawing.sets)}",
        _line("split_feature", drawing.features), _line("split_gain", [1] * splits),
        _line("threshold", [f"{value:.17g}" for value in drawing.thresholds]),
        _line("decision_type", drawing.decisions),
        _line("left_child", [left for left, _ in drawing.children]),
        _line("right_child", [right for _, right in drawing.children]),
        _line("leaf_value", [f"{value:.17g}" for value in random.normal(size=leaves)]),
        _line("leaf_weight", leaf_counts if splits else []), _line("leaf_count", leaf_counts),
        _line("internal_value", [0] * splits), _line("internal_weight", counts),
        _line("internal_count", counts),
        *([_line("cat_boundaries", ends), _line("cat_threshold", words)] if words else []),
        "is_linear=0", "shrinkage=1", "", "", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _line(name: str, values: Sequence[object]) -> str:
    return f"{name}={' '.join(map(str, values))}"


def _counts(drawing: Drawing, leaf_counts: list[int]) -> list[int]:
    counts = [0] * len(drawing.children)
    for split in reversed(range(len(counts))):
        for child in drawing.children[split]:
            counts[split] += counts[child] if child >= 0 else leaf_counts[~child]
    return counts


def draw_rows(
    random: np.random.Generator, rows: int, numbers: int, categories: int
) -> NDArray[np.float32]:
    """Draw rows that lie on thresholds, between them, near zero, at unknown codes, and nowhere (NaN)."""
    values = [-2.0, -1.5, -1.0, -1e-36, 0.0, 1e-36, 1e-30, 0.1, 0.5, 1.0, 3e38, np.nan]
    table = random.choice(values, (rows, numbers + categories))
    codes = random.integers(-1, CODES + 40, (rows, categories)).astype(np.float64)
    table[:, numbers:] = np.where(random.random((rows, categories)) < 0.1, np.nan, codes)
    return table.astype(np.float32)


def shapley_values(trees: Sequence[Tree], row: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the Shapley values of one row by definition: the mean over all orders in which features become known."""
    features = len(row)
    values = np.zeros(features)
    for feature in range(features):
        others = [other for other in range(features) if other != feature]
        for size in range(features):
            weight = factorial(size) * factorial(features - size - 1) / factorial(features)
            for known in combinations(others, size):
                with_it = sum(_expected(tree, row, {*known, feature}) for tree in trees)
                values[feature] += weight * (
                    with_it - sum(_expected(tree, row, set(known)) for tree in trees)
                )
    return values


def _expected(tree: Tree, row: NDArray[np.float32], known: set[int], node: int = 0) -> float:
    """Return the mean leaf value where a row goes its way at known features, and training rows theirs at others."""
    if tree.num_leaves == 1 or node < 0:
        return float(tree.leaf_value[~node if node < 0 else 0])
    left, right = int(tree.left_child[node]), int(tree.right_child[node])
    feature = int(tree.split_feature[node])
    if feature in known:
        return _expected(tree, row, known, left if goes_left(tree, node, row[feature]) else right)
    share = _rows(tree, left) / tree.internal_count[node]
    return float(
        share * _expected(tree, row, known, left) + (1 - share) * _expected(tree, row, known, right)
    )


def _rows(tree: Tree, node: int) -> int:
    return int(tree.leaf_count[~node] if node < 0 else tree.internal_count[node])


def goes_left(tree: Tree, split: int, value: np.float32) -> bool:
    """Follow one split, after LightGBM's documentation of missing values and categories."""
    number = 0.0 if abs(float(value)) <= 1e-35 else float(value)
    if tree.is_categorical[split]:
        place = int(tree.threshold[split])
        words = tree.cat_threshold[tree.cat_boundaries[place] : tree.cat_boundaries[place + 1]]
        known = 0.0 <= number < 32 * len(words)
        return known and bool(int(words[int(number) // 32]) >> (int(number) % 32) & 1)
    missing = tree.missing_type[split]
    if np.isnan(number) and missing != 2:
        number = 0.0
    if (missing == 1 and number == 0.0) or np.isnan(number):
        return bool(tree.default_left[split])
    return bool(number <= tree.threshold[split])


def draw(
    seed: int,
    *,
    trees: int = 3,
    leaves: int = 21,
    numbers: int = 4,
    categories: int = 2,
    rows: int = 24,
) -> tuple[ModelText, NDArray[np.float32]]:
    """Draw a model with its rows; trees have at most so many leaves."""
    random = np.random.Generator(np.random.PCG64(seed))
    text = draw_model(
        random, trees=trees, most_leaves=leaves, numbers=numbers, categories=categories
    )
    return parse_model_text(text), draw_rows(random, rows, numbers, categories)
