"""The leaves that rows reach, found by bits instead of by walking, and what they add up to.

Number a tree's leaves from left to right, one bit each, all set. A row that goes right at a split cannot reach a leaf
to the left below it: clear those bits. After all splits of the tree, the first bit still set is the leaf it reaches,
for that leaf's own splits left it alone and cleared every one before it (Lucchese et al., "QuickScorer: a fast
algorithm to rank documents with additive ensembles of regression trees", 2015). There is nothing to branch on, so a
processor does several rows at a time. Trees of more leaves than a word has bits are walked.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.models.encoding import Matrix
from aml_miner.models.split_rows import as_columns, goes_left
from aml_miner.models.splits import (
    MISSING_LEFT,
    Indices,
    Reals,
    Splits,
)
from aml_miner.models.tree import Tree

MOST_LEAVES: Final = 64
"""Bits of a word."""

_FEW_ROWS: Final = 16
"""Fewer rows are walked: the loops over rows would take longer to begin than to run."""

_SEQUENCE: Final = 0x03F79D71B4CB0A89
"""A de Bruijn sequence: any six bits in a row occur in it once, so that its product with a power of two tells which."""

type Words = NDArray[np.uint64]


class LeafBits(NamedTuple):
    """What each split rules out, in a forest's order of splits and leaves.

    Attributes
    ----------
    kept
        Per split: the bits of the leaves a row that goes right may still reach.
    leaf
        Per leaf from left to right: which one it is within its tree.
    place
        Per product of the sequence, six bits: the place of the bit that was multiplied.
    """

    kept: Words
    leaf: Indices
    place: NDArray[np.int64]


def lay_out_bits(trees: Sequence[Tree]) -> LeafBits:
    """Number the leaves of each tree from left to right, and say what its splits rule out."""
    kept, leaf = [np.zeros(0, np.uint64)], [np.zeros(0, np.int32)]
    for tree in trees:
        order, first, end = _spans(tree)
        leaf.append(np.array(order, np.int32))
        if tree.num_leaves <= MOST_LEAVES:
            cleared = [(1 << last) - (1 << at) for at, last in zip(first, end, strict=True)]
            kept.append(~np.array(cleared, np.uint64))
        else:
            kept.append(np.zeros(len(first), np.uint64))  # never read
    products = [(_SEQUENCE << place) % 2**64 >> 58 for place in range(MOST_LEAVES)]
    return LeafBits(np.concatenate(kept), np.concatenate(leaf), np.argsort(products))


def _spans(tree: Tree) -> tuple[list[int], list[int], list[int]]:
    """Return the leaves from left to right and, per split, where those of its left child begin and end among them."""
    order: list[int] = []
    first, end = [0] * (tree.num_leaves - 1), [0] * (tree.num_leaves - 1)
    steps: list[tuple[int, bool]] = [(0 if first else ~0, False)]
    while steps:
        node, is_left_done = steps.pop()
        if node < 0:
            order.append(~node)
        elif is_left_done:
            end[node] = len(order)
        else:
            first[node] = len(order)
            left, right = int(tree.left_child[node]), int(tree.right_child[node])
            steps += [(right, False), (node, True), (left, False)]
    return order, first, end


@numba.njit(nogil=True, cache=True)
def sum_block(splits: Splits, bits: LeafBits, rows: Matrix, raw: Reals) -> None:
    """Add to the raw score of each row the leaf it reaches in each tree, one tree after the other."""
    columns = as_columns(rows)
    open_leaves = np.empty(len(rows), np.uint64)
    for tree in range(splits.first_split.size - 1):
        first, end = splits.first_split[tree], splits.first_split[tree + 1]
        first_leaf = splits.first_leaf[tree]
        if end - first >= MOST_LEAVES or len(rows) < _FEW_ROWS:
            _walk(splits, tree, columns, raw)
            continue
        open_leaves[:] = ~np.uint64(0)
        for split in range(first, end):
            _rule_out(splits, split, columns[splits.feature[split]], bits.kept[split], open_leaves)
        for row in range(raw.size):
            lowest = open_leaves[row] & (~open_leaves[row] + np.uint64(1))
            place = bits.place[(lowest * np.uint64(_SEQUENCE)) >> np.uint64(58)]
            raw[row] += splits.leaf_value[first_leaf + bits.leaf[first_leaf + place]]


@numba.njit(nogil=True, cache=True)
def _rule_out(
    splits: Splits, split: int, column: NDArray[np.float32], kept: np.uint64, open_leaves: Words
) -> None:
    """Keep, where a row goes right, only the leaves it may still reach; a loop for each kind of split."""
    kind, threshold = splits.kind[split], splits.threshold[split]
    everything = ~np.uint64(0)
    if kind == 0:
        for row in range(column.size):
            open_leaves[row] &= everything if column[row] <= threshold else kept
    elif kind == MISSING_LEFT:
        for row in range(column.size):
            open_leaves[row] &= kept if column[row] > threshold else everything
    else:
        for row in range(column.size):
            open_leaves[row] &= everything if goes_left(splits, split, column[row]) else kept


@numba.njit(nogil=True, cache=True)
def _walk(splits: Splits, tree: int, columns: Matrix, raw: Reals) -> None:
    first = splits.first_split[tree]
    for row in range(raw.size):
        node = 0 if splits.first_split[tree + 1] > first else -1
        while node >= 0:
            value = columns[splits.feature[first + node], row]
            left = goes_left(splits, first + node, value)
            node = splits.left[first + node] if left else splits.right[first + node]
        raw[row] += splits.leaf_value[splits.first_leaf[tree] + ~node]
