"""Filling the tables of ``tree_shap``: what each leaf contributes under each pattern of its group's bits."""

import numba
import numpy as np

from aml_miner.models.leaf_groups import Groups, Sizes
from aml_miner.models.splits import Indices, Reals


@numba.njit(cache=True, nogil=True)
def fill_tables(groups: Groups, sizes: Sizes, nodes: Reals, weights: Reals, tables: Reals) -> None:
    """Add to the tables, which hold zeros, what each leaf contributes under each pattern of its group's bits.

    Many patterns of a group answer a leaf's features alike: a leaf is integrated once for each set of them it can meet.
    """
    moved = np.empty((sizes.asked, 1 << sizes.asked))
    before, met = np.empty(sizes.asked + 1), np.empty(sizes.patterns, np.int32)
    for group in range(groups.cells.size):
        if not groups.cells[group]:
            continue
        patterns = 1 << (groups.first_bit[group + 1] - groups.first_bit[group])
        for member in range(groups.first_member[group], groups.first_member[group + 1]):
            first, end = groups.first_slot[member], groups.first_slot[member + 1]
            for answered in range(1 << (end - first)):
                _integrate(groups.ratio[first:end], answered, nodes, weights, before, moved)
            _find_met(groups, first, end, met[:patterns])
            _add_leaf(groups, group, member, met[:patterns], moved, tables)


@numba.njit(cache=True, nogil=True)
def _add_leaf(  # noqa: PLR0917 - a compiled kernel takes arrays
    groups: Groups, group: int, member: int, met: Indices, moved: Reals, tables: Reals
) -> None:
    """Add a leaf to the cells of its features, and to those of the raw score where a row reaches it."""
    first, end = groups.first_slot[member], groups.first_slot[member + 1]
    raw = groups.first_feature[group + 1] - groups.first_feature[group]
    value, every = groups.value[member], (1 << (end - first)) - 1
    for slot in range(first, end):
        cell = groups.first_cell[group] + groups.place[slot] * met.size
        for pattern in range(met.size):
            tables[cell + pattern] += value * moved[slot - first, met[pattern]]
    cell = groups.first_cell[group] + raw * met.size
    for pattern in range(met.size):
        if met[pattern] == every:
            tables[cell + pattern] = value


@numba.njit(cache=True, nogil=True)
def _find_met(groups: Groups, first: int, end: int, met: Indices) -> None:
    """Write for each pattern on which features it meets a leaf's conditions: bit k for the k-th one."""
    for pattern in range(met.size):
        met[pattern] = 0
    for slot in range(first, end):
        mask, wanted = 0, 0
        for answer in range(groups.first_answer[slot], groups.first_answer[slot + 1]):
            mask |= 1 << groups.bit[answer]
            wanted |= groups.answer[answer] << groups.bit[answer]
        for pattern in range(met.size):
            met[pattern] |= ((pattern & mask) == wanted) << (slot - first)


@numba.njit(cache=True, nogil=True)
def _integrate(  # noqa: PLR0917 - a compiled kernel takes arrays
    ratio: Reals, answered: int, nodes: Reals, weights: Reals, before: Reals, moved: Reals
) -> None:
    """Write into a column of ``moved`` what a leaf of value 1 contributes through each of its features.

    ``answered`` says by bit k whether the conditions on the k-th feature are met, and is the number of the column.
    """
    features = ratio.size
    for k in range(features):
        moved[k, answered] = 0.0
    for q in range((features + 1) // 2):
        t, after = nodes[features, q], 1.0
        before[0] = weights[features, q]
        for k in range(features):
            met = np.float64((answered >> k) & 1)
            before[k + 1] = before[k] * (ratio[k] + (met - ratio[k]) * t)
        for k in range(features - 1, -1, -1):
            met = np.float64((answered >> k) & 1)
            moved[k, answered] += before[k] * after
            after *= ratio[k] + (met - ratio[k]) * t
    for k in range(features):
        moved[k, answered] *= np.float64((answered >> k) & 1) - ratio[k]
