"""The splits of a forest as flat arrays, in the form compiled code can be given."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aml_miner.models.tree import Tree

type Indices = NDArray[np.int32]
type Reals = NDArray[np.float64]

MISSING_LEFT: Final = 1
ZERO_IS_MISSING: Final = 2
CATEGORY: Final = 4


class Splits(NamedTuple):
    """The splits and leaves of a forest, tree after tree.

    ``first_x[n]`` to ``first_x[n + 1]`` are the x of the n-th thing, here and in ``leaf_groups``.

    Attributes
    ----------
    first_split, first_leaf
        Per tree.
    feature, left, right
        Per split, as in ``Tree``: children are counted within their tree, and leaf n is ~n.
    threshold
        Per split: the largest 32-bit float not above the model's, so that comparing a 32-bit value with it says the
        same.
    kind
        Per split: 0, MISSING_LEFT, the same plus ZERO_IS_MISSING, or CATEGORY.
    first_word, word
        Per split: the words of a bit set, which holds the codes that go left.
    leaf_value
        Per leaf: what it adds to the raw score.
    """

    first_split: Indices
    first_leaf: Indices
    feature: Indices
    left: Indices
    right: Indices
    threshold: NDArray[np.float32]
    kind: NDArray[np.uint8]
    first_word: Indices
    word: NDArray[np.uint32]
    leaf_value: Reals


def lay_out_splits(trees: Sequence[Tree]) -> Splits:
    """Lay out the splits and leaves of a forest."""
    sets = [words for tree in trees for words in _category_sets(tree)]
    return Splits(
        first_split=_starts([tree.num_leaves - 1 for tree in trees]),
        first_leaf=_starts([tree.num_leaves for tree in trees]),
        feature=np.concatenate([tree.split_feature for tree in trees]).astype(np.int32),
        left=np.concatenate([tree.left_child for tree in trees]).astype(np.int32),
        right=np.concatenate([tree.right_child for tree in trees]).astype(np.int32),
        threshold=_not_above(np.concatenate([tree.threshold for tree in trees])),
        kind=np.concatenate([_kinds(tree) for tree in trees]),
        first_word=_starts([words.size for words in sets]),
        word=np.concatenate([np.zeros(0, np.uint32), *sets]),
        leaf_value=np.concatenate([tree.leaf_value for tree in trees]),
    )


def _starts(sizes: Sequence[int]) -> Indices:
    return np.cumsum([0, *sizes], dtype=np.int64).astype(np.int32)


def _category_sets(tree: Tree) -> Iterator[NDArray[np.uint32]]:
    for is_category, threshold in zip(tree.is_categorical, tree.threshold, strict=True):
        place = int(threshold) if is_category else 0
        ends = tree.cat_boundaries[place : place + 2] if is_category else (0, 0)
        yield tree.cat_threshold[ends[0] : ends[1]]


def _kinds(tree: Tree) -> NDArray[np.uint8]:
    """Where nothing counts as missing, NaN counts as 0 and goes where 0 goes."""
    left = np.where(tree.missing_type == 0, tree.threshold >= 0.0, tree.default_left)
    kinds = MISSING_LEFT * left + ZERO_IS_MISSING * (tree.missing_type == 1)
    return np.where(tree.is_categorical, CATEGORY, kinds).astype(np.uint8)


def _not_above(thresholds: Reals) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        nearest = thresholds.astype(np.float32)
    below = np.nextafter(nearest, np.float32(-np.inf))
    return np.where(nearest.astype(np.float64) > thresholds, below, nearest)
