"""The inner loops of ``tree_shap``, which says what they compute: blocks of rows through a forest, by feature."""

from typing import TYPE_CHECKING

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.models.encoding import Matrix
from aml_miner.models.leaf_groups import Groups, Sums
from aml_miner.models.split_rows import as_columns, goes_left
from aml_miner.models.splits import (
    MISSING_LEFT,
    Indices,
    Reals,
    Splits,
)

if TYPE_CHECKING:
    from aml_miner.models.tree_shap import Forest

type _Answers = NDArray[np.uint16]


@numba.njit(nogil=True, cache=True, error_model="numpy")
def add_block(forest: "Forest", rows: Matrix, totals: Reals, first_row: int) -> None:
    """Write the contributions and raw scores of a block of rows into its columns of ``totals``."""
    splits, groups, count = forest.splits, forest.groups, len(rows)
    columns = as_columns(rows)
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
                answers[at, 1, row] = np.uint16(goes_left(splits, split, columns[feature, row]))
        for row in range(count):
            answers[at, 0, row] = np.uint16(1) - answers[at, 1, row]


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
def _add_leaf(forest: "Forest", group: int, answers: _Answers, moved: Reals, summed: Reals) -> None:
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
