"""The inner loops of ``tree_shap``, which says what they compute: blocks of rows through a forest, by feature."""

from typing import TYPE_CHECKING

import numba
import numpy as np

from aml_miner.models.encoding import Matrix
from aml_miner.models.integrals import integrate, make_scratch
from aml_miner.models.leaf_groups import Groups, Sums
from aml_miner.models.split_rows import Answers, answer, as_columns
from aml_miner.models.splits import Reals

if TYPE_CHECKING:
    from aml_miner.models.tree_shap import Forest


@numba.njit(nogil=True, cache=True, error_model="numpy")
def add_block(forest: "Forest", rows: Matrix, totals: Reals, first_row: int) -> None:
    """Write the contributions and raw scores of a block of rows into its columns of ``totals``."""
    splits, groups, sizes = forest.splits, forest.groups, forest.sizes
    columns, count = as_columns(rows), len(rows)
    summed = np.zeros((forest.features + 1, count))
    answers = np.empty((2 * sizes.splits, count), np.uint16)
    patterns = np.empty((sizes.groups, count), np.uint16)
    scratch = make_scratch(sizes, count)
    for tree in range(splits.first_split.size - 1):
        answer(splits, tree, columns, answers)
        _combine(groups, tree, answers, patterns)
        _add_cells(forest.sums, tree, patterns, forest.tables, summed)
        for group in range(groups.first_group[tree], groups.first_group[tree + 1]):
            if not groups.cells[group]:
                integrate(forest, group, answers, scratch, summed)
    totals[:, first_row : first_row + count] = summed


@numba.njit(nogil=True, cache=True)
def _combine(groups: Groups, tree: int, answers: Answers, patterns: Answers) -> None:
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
            way, place = groups.way[first], np.uint16(bit - first_bit)
            if end - first == 1:
                for row in range(count):
                    patterns[at, row] |= np.uint16(answers[way, row] << place)
            else:
                held = _held(groups, bit, answers)
                for row in range(count):
                    patterns[at, row] |= np.uint16(held[row] << place)


@numba.njit(nogil=True, cache=True)
def _held(groups: Groups, bit: int, answers: Answers) -> Answers:
    """Say for each row whether it meets all conditions of a bit."""
    first, end = groups.first_condition[bit], groups.first_condition[bit + 1]
    held: Answers = answers[groups.way[first]].copy()
    for condition in range(first + 1, end):
        way = groups.way[condition]
        for row in range(held.size):
            held[row] &= answers[way, row]
    return held


@numba.njit(nogil=True, cache=True)
def _add_cells(sums: Sums, tree: int, patterns: Answers, tables: Reals, summed: Reals) -> None:
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
