"""Filling the tables of ``tree_shap``: what each leaf contributes under each pattern of its group's bits."""

import numba
import numpy as np

from aml_miner.models.leaf_groups import Groups
from aml_miner.models.splits import Reals


@numba.njit(cache=True, nogil=True)
def fill_tables(groups: Groups, nodes: Reals, weights: Reals, tables: Reals) -> None:
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
                    cell = groups.first_cell[group] + groups.place[slot] * patterns + pattern
                    tables[cell] += groups.value[member] * moved[slot - first]
                if reached:
                    tables[groups.first_cell[group] + raw * patterns + pattern] = groups.value[
                        member
                    ]


@numba.njit(cache=True, nogil=True)
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


@numba.njit(cache=True, nogil=True)
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
