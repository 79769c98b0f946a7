"""One row through the tables of ``tree_shap``: the additions of ``tree_rows`` in their order, without its loops.

There a loop goes over rows, and tables are read feature by feature, so that they stay near the processor while many
rows go through. A row that comes alone would pay a loop for every condition, and a cell from far away for every
feature. So it has a layout of its own: a bit's conditions are one comparison of words, what is read of a table lies
side by side, and all places are found before the first one is read.
"""

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.models.integrals import integrate, make_scratch
from aml_miner.models.prefetch import prefetch
from aml_miner.models.split_rows import answer, as_columns, goes_left
from aml_miner.models.splits import Indices, Reals, Splits

if TYPE_CHECKING:
    from aml_miner.models.encoding import Matrix
    from aml_miner.models.tree_shap import Forest

type _Words = NDArray[np.uint64]


class RowTables(NamedTuple):
    """A forest's tables for rows that come one by one.

    Attributes
    ----------
    asked, wanted
        Shape (bits, words): which splits of its tree a bit asks, bit n of the words for split n; and at which of them a
        row must go left for the bit to be set.
    first_cell, width
        Per group: where its table begins, and how many cells a pattern has: one per feature, and one for the raw score.
    cells
        The cells by group, then pattern, then feature.
    """

    asked: _Words
    wanted: _Words
    first_cell: NDArray[np.int64]
    width: Indices
    cells: Reals


def lay_out_for_single_rows(forest: "Forest") -> RowTables:
    """Lay out a forest for rows that go through it one by one: the same cells, and the same bits."""
    groups = forest.groups
    cells, width = np.empty_like(forest.tables), np.diff(groups.first_feature) + 1
    for group in np.flatnonzero(groups.cells):
        own = slice(groups.first_cell[group], groups.first_cell[group] + groups.cells[group])
        cells[own] = forest.tables[own].reshape(width[group], -1).T.ravel()
    return RowTables(
        *_conditions(forest),
        first_cell=groups.first_cell,
        width=width.astype(np.int32),
        cells=cells,
    )


def _conditions(forest: "Forest") -> tuple[_Words, _Words]:
    """Return the conditions of each bit as words over the splits of its tree."""
    groups = forest.groups
    words = -(-forest.sizes.splits // 64)
    bit = np.repeat(np.arange(groups.first_condition.size - 1), np.diff(groups.first_condition))
    split, left = np.divmod(groups.way.astype(np.int64), 2)
    place = np.left_shift(np.uint64(1), (split % 64).astype(np.uint64))
    asked, wanted = np.zeros((2, groups.first_condition.size - 1, words), np.uint64)
    np.bitwise_or.at(asked, (bit, split // 64), place)
    np.bitwise_or.at(wanted, (bit, split // 64), place * left.astype(np.uint64))
    return asked, wanted


@numba.njit(nogil=True, cache=True, error_model="numpy")
def add_row(forest: "Forest", tables: RowTables, row: "Matrix", summed: Reals) -> None:
    """Add what each feature contributes to one row, shape (1, features), to ``summed``, the raw score last."""
    groups, columns = forest.groups, as_columns(row)
    cells = _find_cells(forest, tables, columns[:, 0].copy())
    for tree in range(groups.first_group.size - 1):
        integrals = False
        for group in range(groups.first_group[tree], groups.first_group[tree + 1]):
            if not groups.cells[group]:
                integrals = True
                continue
            cell = cells[group]
            for place in range(groups.first_feature[group], groups.first_feature[group + 1]):
                summed[groups.feature[place]] += tables.cells[cell]
                cell += 1
            summed[-1] += tables.cells[cell]
        if integrals:
            _add_integrals(forest, tree, columns, summed)


@numba.njit(nogil=True, cache=True)
def _find_cells(forest: "Forest", tables: RowTables, row: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return where the row's cells of each table begin, and have them fetched meanwhile."""
    groups, splits = forest.groups, forest.splits
    cells, words = np.empty(groups.cells.size, np.int64), tables.asked.shape[1]
    left = np.empty(words, np.uint64)
    for tree in range(splits.first_split.size - 1):
        _answer(splits, tree, row, left)
        for group in range(groups.first_group[tree], groups.first_group[tree + 1]):
            if not groups.cells[group]:
                continue
            first_bit, pattern = groups.first_bit[group], 0
            for bit in range(first_bit, groups.first_bit[group + 1]):
                met = True
                for word in range(words):
                    met &= left[word] & tables.asked[bit, word] == tables.wanted[bit, word]
                pattern |= met << (bit - first_bit)
            cells[group] = tables.first_cell[group] + pattern * tables.width[group]
            prefetch(tables.cells, cells[group])
            prefetch(tables.cells, cells[group] + tables.width[group] - 1)
    return cells


@numba.njit(nogil=True, cache=True)
def _answer(splits: Splits, tree: int, row: NDArray[np.float32], left: _Words) -> None:
    """Set bit n of the words where the row goes left at split n of a tree."""
    left[:] = np.uint64(0)
    first = splits.first_split[tree]
    for split in range(first, splits.first_split[tree + 1]):
        at = split - first
        value = row[splits.feature[split]]
        is_plain = splits.kind[split] == 0  # nearly all are
        goes = value <= splits.threshold[split] if is_plain else goes_left(splits, split, value)
        left[at >> 6] |= np.uint64(goes) << np.uint64(at & 63)


@numba.njit(nogil=True, cache=True)
def _add_integrals(forest: "Forest", tree: int, columns: "Matrix", summed: Reals) -> None:
    """Add the leaves of a tree that are too deep for a table."""
    groups, scratch = forest.groups, make_scratch(forest.sizes, 1)
    answers = np.empty((2 * forest.sizes.splits, 1), np.uint16)
    answer(forest.splits, tree, columns, answers)
    for group in range(groups.first_group[tree], groups.first_group[tree + 1]):
        if not groups.cells[group]:
            integrate(forest, group, answers, scratch, summed.reshape(-1, 1))
