"""Exact Shapley contributions of a forest at about the cost of scoring with it.

What is computed
----------------
The path-dependent tree SHAP values of Lundberg et al. ("Consistent individualized feature attribution for tree
ensembles", 2018; "From local explanations to global understanding with explainable AI for trees", Nature Machine
Intelligence 2, 2020, algorithm 2), which LightGBM gives as ``pred_contrib``. A leaf of value v asks some features
1 … u on its way from the root. Say o_k = 1 where a row meets all the leaf's conditions on feature k and 0 where not,
and z_k for the share of training rows that go the leaf's way at all its splits on k. Where a set S of features is
known, the leaf adds v · Π_{k∈S} o_k · Π_{k∉S} z_k to the expected score, and the Shapley value of feature i is

    φ_i = v · (o_i − z_i) · ∫₀¹ Π_{k≠i} (z_k + (o_k − z_k)·t) dt,

because a feature that joins at a moment t, uniform in [0, 1], finds every other one there with probability t. The
integrand is a polynomial of degree u − 1, so Gauss–Legendre quadrature with ⌈u/2⌉ nodes is exact. A row's contribution
is the sum over all leaves, and the base value is what the forest gives with no feature known.

How it is computed
------------------
φ depends on the row only through o_1 … o_u, so a leaf has at most 2^u different answers, and they can be written down
in advance (Yang, "Fast TreeSHAP", 2021, version 2, tabulates a part of this sum). What is ours:

1. Neighbouring leaves share a table. A subtree at a node with a features asked above it and b splits below it has one
   pattern of a + b bits: met or not per feature above, left or right per split below. The table of the subtree holds,
   per pattern and feature, the sum over its leaves. A row costs one addition per feature of a subtree, not per feature
   of each leaf: a third of them.
2. The raw score comes along as one more feature: a pattern tells which leaf the row reaches, if it reaches one of the
   subtree at all. Each tree adds one leaf value and otherwise zeros, in the order of the trees, so the sum has the bits
   of LightGBM's.
3. Leaves with more conditions than a table can tell apart are integrated row by row, with the same nodes.
4. Rows go through in blocks, feature by feature: conditions, patterns and additions are loops over rows that a
   processor does several at a time. All tables of a tree that add to one feature are read in one loop.

Nothing is added up across rows, and a row's additions come in one fixed order. So a row has the same bits alone and
among others, in any order, on any number of threads. They differ from LightGBM's in the last digits (measured: by
4e-15 of scores near 1), as the additions come in another order.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.models.encoding import Matrix
from aml_miner.models.leaf_groups import MOST_BITS, Groups, Sums, group_leaves, order_sums
from aml_miner.models.splits import (
    CATEGORY,
    MISSING_LEFT,
    ZERO_IS_MISSING,
    Indices,
    Reals,
    Splits,
    lay_out_splits,
)
from aml_miner.models.tree import Tree
from aml_miner.utils.threads import in_threads

MOST_TABLE_BYTES: Final = 256_000_000
"""Our choice. Where tables would be larger, they tell fewer conditions apart and more leaves are integrated."""
BLOCK_ROWS: Final = 2000
"""Rows that go through the forest together, measured; no power of two, as columns would then share few cache sets."""
_TINY: Final = np.float32(1e-35)
"""LightGBM takes a value this close to zero for zero."""

type _Answers = NDArray[np.uint16]


class Forest(NamedTuple):
    """A model's trees, ready to be summed and explained.

    Attributes
    ----------
    features
        Number of columns of the matrix.
    splits, groups, sums
        The trees, how their leaves are grouped, and what is read from the tables.
    tables
        The cells of all groups: by group, then feature (the raw score last), then pattern.
    nodes, weights
        Row u: the Gauss–Legendre nodes in [0, 1] and their weights for a leaf of u features.
    base_value
        The raw score before any feature is known.
    """

    features: int
    splits: Splits
    groups: Groups
    sums: Sums
    tables: Reals
    nodes: Reals
    weights: Reals
    base_value: float


def build_forest(
    trees: Sequence[Tree], features: int, *, most_table_bytes: int = MOST_TABLE_BYTES
) -> Forest:
    """Group the leaves of the trees and fill the tables.

    Parameters
    ----------
    trees
        Audited trees.
    features
        Number of columns of the matrix.
    most_table_bytes
        Bound on the memory of the tables, in bytes.
    """
    bits = MOST_BITS
    groups = group_leaves(trees, bits)
    while groups.cells.sum() * 8 > most_table_bytes and bits:
        bits -= 1
        groups = group_leaves(trees, bits)
    nodes, weights = _quadrature(int(np.diff(groups.first_slot).max()))
    tables = np.zeros(int(groups.cells.sum()))
    fill_tables(groups, np.cumsum([0, *groups.cells]), nodes, weights, tables)
    return Forest(
        features=features,
        splits=lay_out_splits(trees),
        groups=groups,
        sums=order_sums(groups, features),
        tables=tables,
        nodes=nodes,
        weights=weights,
        base_value=_base_value(trees),
    )


def explain_rows(forest: Forest, matrix: Matrix, threads: int = 1) -> Reals:
    """Return contributions and raw scores, shape (features + 1, rows): one row per feature, the raw scores last."""
    totals = np.zeros((forest.features + 1, len(matrix)))

    def explain(first: int) -> None:
        add_block(forest, matrix[first : first + BLOCK_ROWS], totals, first)

    in_threads(explain, range(0, len(matrix), BLOCK_ROWS), threads)
    return totals


def sum_leaves(splits: Splits, matrix: Matrix, threads: int = 1) -> Reals:
    """Return the raw scores alone, shape (rows,): the same bits, without tables."""
    raw = np.zeros(len(matrix))

    def walk(first: int) -> None:
        walk_block(splits, matrix[first : first + BLOCK_ROWS], raw[first : first + BLOCK_ROWS])

    in_threads(walk, range(0, len(matrix), BLOCK_ROWS), threads)
    return raw


def _base_value(trees: Sequence[Tree]) -> float:
    """Return the mean leaf value, weighted by training rows; an only leaf may have none."""
    means = (
        tree.leaf_value @ (tree.leaf_count / tree.leaf_count.sum())
        if tree.num_leaves > 1
        else tree.leaf_value[0]
        for tree in trees
    )
    return float(sum(means))


def _quadrature(most_features: int) -> tuple[Reals, Reals]:
    most_nodes = (most_features + 1) // 2
    nodes, weights = np.zeros((2, most_features + 1, most_nodes))
    for features in range(1, most_features + 1):
        count = (features + 1) // 2
        at, weight = np.polynomial.legendre.leggauss(count)  # on [−1, 1]
        nodes[features, :count], weights[features, :count] = (at + 1) / 2, weight / 2
    return nodes, weights


@numba.njit(cache=True)
def fill_tables(
    groups: Groups, first_cell: NDArray[np.int64], nodes: Reals, weights: Reals, tables: Reals
) -> None:
    """Add to the tables, which hold zeros, what each leaf contributes under each pattern of its group's bits."""
    moved, met = np.empty(nodes.shape[0]), np.empty(nodes.shape[0])
    for group in range(groups.cells.size):
        if not groups.cells[group]:
            continue
        patterns = 1 << (groups.first_bit[group + 1] - groups.first_bit[group])
        raw = groups.first_feature[group + 1] - groups.first_feature[group]
        for member in range(groups.first_member[group], groups.first_member[group + 1]):
            first, end = groups.first_slot[member], groups.first_slot[member + 1]
            for pattern in range(patterns):
                reached = _meet(groups, first, end, pattern, met)
                _integrate(groups.ratio[first:end], met, nodes, weights, moved)
                for slot in range(first, end):
                    cell = first_cell[group] + groups.place[slot] * patterns + pattern
                    tables[cell] += groups.value[member] * moved[slot - first]
                if reached:
                    tables[first_cell[group] + raw * patterns + pattern] = groups.value[member]


@numba.njit(cache=True)
def _meet(groups: Groups, first: int, end: int, pattern: int, met: Reals) -> bool:
    """Say in ``met`` on which features a pattern meets a leaf's conditions (1 or 0); return whether on all."""
    all_met = True
    for slot in range(first, end):
        meets = True
        for answer in range(groups.first_answer[slot], groups.first_answer[slot + 1]):
            meets &= ((pattern >> groups.bit[answer]) & 1) == groups.answer[answer]
        met[slot - first] = 1.0 if meets else 0.0
        all_met &= meets
    return all_met


@numba.njit(cache=True)
def _integrate(ratio: Reals, met: Reals, nodes: Reals, weights: Reals, moved: Reals) -> None:
    """Write into ``moved`` what a leaf of value 1 contributes through each of its features."""
    features = ratio.size
    before = np.empty(features + 1)
    for k in range(features):
        moved[k] = 0.0
    for q in range((features + 1) // 2):
        t, after = nodes[features, q], 1.0
        before[0] = weights[features, q]
        for k in range(features):
            before[k + 1] = before[k] * (ratio[k] + (met[k] - ratio[k]) * t)
        for k in range(features - 1, -1, -1):
            moved[k] += before[k] * after
            after *= ratio[k] + (met[k] - ratio[k]) * t
    for k in range(features):
        moved[k] *= met[k] - ratio[k]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def add_block(forest: Forest, rows: Matrix, totals: Reals, first_row: int) -> None:
    """Write the contributions and raw scores of a block of rows into its columns of ``totals``."""
    splits, groups, count = forest.splits, forest.groups, len(rows)
    columns = _as_columns(rows)
    summed = np.zeros((forest.features + 1, count))
    answers = np.empty((_widest(splits.first_split), 2, count), np.uint16)
    patterns = np.empty((_widest(groups.first_group), count), np.uint16)
    moved = np.empty((forest.nodes.shape[0], count))
    for tree in range(splits.first_split.size - 1):
        _answer(splits, tree, columns, answers)
        _combine(groups, tree, answers, patterns)
        _add_cells(forest.sums, tree, patterns, forest.tables, summed)
        for group in range(groups.first_group[tree], groups.first_group[tree + 1]):
            if not groups.cells[group]:
                _add_leaf(forest, group, answers, moved, summed)
    totals[:, first_row : first_row + count] = summed


@numba.njit(nogil=True, cache=True)
def _widest(first: Indices) -> int:
    widest = 0
    for n in range(first.size - 1):
        widest = max(widest, first[n + 1] - first[n])
    return widest


@numba.njit(nogil=True, cache=True)
def _as_columns(rows: Matrix) -> Matrix:
    count, features = rows.shape
    columns = np.empty((features, count), np.float32)
    for row in range(count):
        for feature in range(features):
            value = rows[row, feature]
            columns[feature, row] = np.float32(0.0) if abs(value) <= _TINY else value
    return columns


@numba.njit(nogil=True, cache=True)
def _answer(splits: Splits, tree: int, columns: Matrix, answers: _Answers) -> None:
    """Say for each split of a tree and each row whether it goes right and whether left (1 or 0).

    One loop per kind of split, so that the processor does several rows at a time.
    """
    count = columns.shape[1]
    for split in range(splits.first_split[tree], splits.first_split[tree + 1]):
        at, feature = split - splits.first_split[tree], splits.feature[split]
        kind, threshold = splits.kind[split], splits.threshold[split]
        if kind == 0:
            for row in range(count):
                answers[at, 1, row] = np.uint16(columns[feature, row] <= threshold)
        elif kind == MISSING_LEFT:
            for row in range(count):
                answers[at, 1, row] = np.uint16(not columns[feature, row] > threshold)
        else:
            for row in range(count):
                answers[at, 1, row] = np.uint16(_goes_left(splits, split, columns[feature, row]))
        for row in range(count):
            answers[at, 0, row] = np.uint16(1) - answers[at, 1, row]


@numba.njit(nogil=True, cache=True)
def _goes_left(splits: Splits, split: int, value: np.float32) -> bool:
    kind = splits.kind[split]
    if kind == CATEGORY:
        first, end = splits.first_word[split], splits.first_word[split + 1]
        if not 0.0 <= value < 32.0 * (end - first):
            return False  # NaN too
        code = np.int64(value)
        word = splits.word[first + (code >> 5)]
        return bool((word >> np.uint32(code & 31)) & np.uint32(1))
    if value != value or (kind & ZERO_IS_MISSING and value == 0.0):  # noqa: PLR0124 - NaN
        return bool(kind & MISSING_LEFT)
    return bool(value <= splits.threshold[split])


@numba.njit(nogil=True, cache=True)
def _combine(groups: Groups, tree: int, answers: _Answers, patterns: _Answers) -> None:
    """Write each row's pattern for each table of a tree: bit n is set where the row meets the n-th bit's conditions."""
    count = patterns.shape[1]
    for group in range(groups.first_group[tree], groups.first_group[tree + 1]):
        if not groups.cells[group]:
            continue
        at, first_bit = group - groups.first_group[tree], groups.first_bit[group]
        for row in range(count):
            patterns[at, row] = np.uint16(0)
        for bit in range(first_bit, groups.first_bit[group + 1]):
            first, end = groups.first_condition[bit], groups.first_condition[bit + 1]
            split, side, place = groups.split[first], groups.side[first], np.uint16(bit - first_bit)
            if end - first == 1:
                for row in range(count):
                    patterns[at, row] |= np.uint16(answers[split, side, row] << place)
            else:
                held = _held(groups, bit, answers)
                for row in range(count):
                    patterns[at, row] |= np.uint16(held[row] << place)


@numba.njit(nogil=True, cache=True)
def _held(groups: Groups, bit: int, answers: _Answers) -> _Answers:
    """Say for each row whether it meets all conditions of a bit."""
    first, end = groups.first_condition[bit], groups.first_condition[bit + 1]
    held: _Answers = answers[groups.split[first], groups.side[first]].copy()
    for condition in range(first + 1, end):
        split, side = groups.split[condition], groups.side[condition]
        for row in range(held.size):
            held[row] &= answers[split, side, row]
    return held


@numba.njit(nogil=True, cache=True)
def _add_cells(sums: Sums, tree: int, patterns: _Answers, tables: Reals, summed: Reals) -> None:
    """Add the cells of a tree's tables, four at a time for one feature, which saves reading and writing its sum."""
    count = summed.shape[1]
    for each in range(sums.first_sum[tree], sums.first_sum[tree + 1]):
        feature = sums.feature[each]
        term, end = sums.first_term[each], sums.first_term[each + 1]
        while end - term >= 4:
            a, b, c, d = sums.group[term : term + 4]
            of_a, of_b, of_c, of_d = sums.first_cell[term : term + 4]
            for row in range(count):
                summed[feature, row] = (
                    (
                        (summed[feature, row] + tables[of_a + patterns[a, row]])
                        + tables[of_b + patterns[b, row]]
                    )
                    + tables[of_c + patterns[c, row]]
                ) + tables[of_d + patterns[d, row]]
            term += 4
        for rest in range(term, end):
            group, first_cell = sums.group[rest], sums.first_cell[rest]
            for row in range(count):
                summed[feature, row] += tables[first_cell + patterns[group, row]]


@numba.njit(nogil=True, cache=True)
def _add_leaf(forest: Forest, group: int, answers: _Answers, moved: Reals, summed: Reals) -> None:
    """Add a leaf that is too deep for a table; every bit of its group is one feature."""
    groups, count = forest.groups, summed.shape[1]
    member, first_bit = groups.first_member[group], groups.first_bit[group]
    features, value = groups.first_bit[group + 1] - first_bit, groups.value[member]
    met = np.empty((features, count), np.uint16)
    for k in range(features):
        met[k] = _held(groups, first_bit + k, answers)
    first_slot = groups.first_slot[member]
    ratio = groups.ratio[first_slot : first_slot + features]
    _integrate_rows(ratio, met, forest.nodes[features], forest.weights[features] * value, moved)
    for k in range(features):
        feature = groups.feature[groups.first_feature[group] + k]
        for row in range(count):
            summed[feature, row] += moved[k, row]
    for row in range(count):
        reached = np.uint16(1)
        for k in range(features):
            reached &= met[k, row]
        summed[forest.features, row] += value if reached else 0.0


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _integrate_rows(
    ratio: Reals, met: _Answers, nodes: Reals, weights: Reals, moved: Reals
) -> None:
    """Write into ``moved`` what a leaf contributes through each of its features to each row, as ``_integrate``.

    The product over the others is the whole product divided by one factor, which is never 0: 0 < z ≤ 1 and 0 < t < 1.
    """
    features, count = met.shape
    moved[:features] = 0.0
    product = np.empty(count)
    for q in range((features + 1) // 2):
        t = nodes[q]
        product[:] = weights[q]
        for k in range(features):
            z = ratio[k]
            if_met, if_not = z + (1.0 - z) * t, z * (1.0 - t)
            for row in range(count):
                product[row] *= if_met if met[k, row] else if_not
        for k in range(features):  # (o − z) / (z + (o − z)·t)
            z = ratio[k]
            if_met, if_not = (1.0 - z) / (z + (1.0 - z) * t), -1.0 / (1.0 - t)
            for row in range(count):
                moved[k, row] += product[row] * (if_met if met[k, row] else if_not)


@numba.njit(nogil=True, cache=True)
def walk_block(splits: Splits, rows: Matrix, raw: Reals) -> None:
    """Write the raw score of each row: walk each tree to the leaf the row reaches, and add the leaves' values."""
    for row in range(len(rows)):
        for tree in range(splits.first_split.size - 1):
            first = splits.first_split[tree]
            node = 0 if splits.first_split[tree + 1] > first else -1
            while node >= 0:
                value = rows[row, splits.feature[first + node]]
                value = np.float32(0.0) if abs(value) <= _TINY else value
                goes_left = _goes_left(splits, first + node, value)
                node = splits.left[first + node] if goes_left else splits.right[first + node]
            raw[row] += splits.leaf_value[splits.first_leaf[tree] + ~node]
