"""One row through the tables of ``tree_shap``: the additions of ``tree_rows`` in their order, without its loops.

There a loop goes over rows, and tables are read feature by feature, so that they stay near the processor while many
rows go through. With one row that costs a loop for every condition, and a cell from far away for every feature. Here
the conditions are followed one after the other, and what is read of a table lies side by side.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.models.leaf_groups import Groups
from aml_miner.models.split_rows import goes_left
from aml_miner.models.splits import Reals, Splits


@numba.njit(nogil=True, cache=True)
def answer_row(
    splits: Splits, tree: int, row: NDArray[np.float32], answers: NDArray[np.uint16]
) -> None:
    """Say for each split of a tree whether the row goes right and, in the next place, whether left (1 or 0)."""
    right = 0
    for split in range(splits.first_split[tree], splits.first_split[tree + 1]):
        left = np.uint16(goes_left(splits, split, row[splits.feature[split]]))
        answers[right], answers[right + 1] = np.uint16(1) - left, left
        right += 2


@numba.njit(nogil=True, cache=True)
def add_row(
    groups: Groups, tree: int, answers: NDArray[np.uint16], by_pattern: Reals, summed: Reals
) -> None:
    """Add the cells of a tree's tables to the sums of the features, the raw score last.

    Where all cells of the tree lie is found first, so that the processor can fetch several at a time.
    """
    first_group, end_group = groups.first_group[tree], groups.first_group[tree + 1]
    cells = np.empty(end_group - first_group, np.uint64)
    for group in range(first_group, end_group):
        cells[group - first_group] = _first_cell(groups, group, answers)
    for group in range(first_group, end_group):
        if not groups.cells[group]:
            continue
        cell = cells[group - first_group]
        for place in range(groups.first_feature[group], groups.first_feature[group + 1]):
            summed[groups.feature[place]] += by_pattern[cell]
            cell += np.uint64(1)
        summed[-1] += by_pattern[cell]


@numba.njit(nogil=True, cache=True)
def _first_cell(groups: Groups, group: int, answers: NDArray[np.uint16]) -> np.uint64:
    """Return where the row's cells of a table begin: bit n of its pattern is set where it meets the n-th conditions."""
    pattern, place = np.uint64(0), np.uint64(0)
    condition = groups.first_condition[groups.first_bit[group]]
    for bit in range(groups.first_bit[group], groups.first_bit[group + 1]):
        met = answers[groups.way[condition]]
        for further in range(condition + 1, groups.first_condition[bit + 1]):
            met &= answers[groups.way[further]]
        condition = groups.first_condition[bit + 1]
        pattern |= np.uint64(met) << place
        place += np.uint64(1)
    features = np.uint64(groups.first_feature[group + 1] - groups.first_feature[group])
    return np.uint64(groups.first_cell[group]) + pattern * (features + np.uint64(1))
