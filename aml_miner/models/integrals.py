"""The inner loops of ``tree_shap`` for leaves that are too deep for a table, compiled: integrals, row by row."""

from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.models.leaf_groups import Groups, Sizes
from aml_miner.models.split_rows import Answers
from aml_miner.models.splits import Reals

if TYPE_CHECKING:
    from aml_miner.models.tree_shap import Forest


class Scratch(NamedTuple):
    """What an integral needs for every row of a block, made once a block.

    Attributes
    ----------
    met
        Per condition: whether a row meets it.
    moved
        Per feature of a group: what it contributes.
    above, product, total
        What the shared features, those of a leaf, and all leaves together multiply the integrand by.
    above_met, reached
        Whether a row meets the conditions of the shared features, and whether it reaches a leaf.
    """

    met: Answers
    moved: Reals
    above: Reals
    product: Reals
    total: Reals
    above_met: NDArray[np.uint16]
    reached: NDArray[np.uint16]


@numba.njit(nogil=True, cache=True)
def make_scratch(sizes: Sizes, count: int) -> Scratch:
    """Make what the integrals of so many rows need."""
    return Scratch(
        met=np.empty((sizes.slots, count), np.uint16),
        moved=np.empty((sizes.features, count)),
        above=np.empty(count),
        product=np.empty(count),
        total=np.empty(count),
        above_met=np.empty(count, np.uint16),
        reached=np.empty(count, np.uint16),
    )


@numba.njit(nogil=True, cache=True, error_model="numpy")
def integrate(
    forest: "Forest", group: int, answers: Answers, scratch: Scratch, summed: Reals
) -> None:
    """Add the leaves of a group that are too deep for a table.

    What the features asked above all of them multiply the integrand by is found once for all. The product over the
    other features is the whole product divided by one factor, which is never 0: 0 < z ≤ 1 and 0 < t < 1.
    """
    groups, count = forest.groups, summed.shape[1]
    first, end = groups.first_member[group], groups.first_member[group + 1]
    features = groups.first_feature[group + 1] - groups.first_feature[group]
    asked = _meet(groups, group, answers, scratch.met)
    scratch.moved[:features] = 0.0
    for q in range((asked + 1) // 2):
        t, weight = forest.nodes[asked, q], forest.weights[asked, q]
        scratch.above[:] = weight
        for slot in range(groups.shared[group]):
            _multiply(
                scratch.above, scratch.met[slot], groups.ratio[groups.first_slot[first] + slot], t
            )
        scratch.total[:] = 0.0
        at = groups.shared[group]
        for member in range(first, end):
            at = _add_member(groups, group, member, at, t, scratch)
        for slot in range(groups.shared[group]):
            z = groups.ratio[groups.first_slot[first] + slot]
            _move(scratch.moved[slot], scratch.total, scratch.met[slot], z, t)
    for k in range(features):
        feature = groups.feature[groups.first_feature[group] + k]
        for row in range(count):
            summed[feature, row] += scratch.moved[k, row]
    _add_raw(groups, group, scratch, summed[forest.features])


@numba.njit(nogil=True, cache=True)
def _meet(groups: Groups, group: int, answers: Answers, met: Answers) -> int:
    """Say which conditions each row meets: of the shared features, then leaf by leaf of the others.

    Return the most features a leaf asks.
    """
    first_bit, asked, at = groups.first_bit[group], 0, 0
    first = groups.first_member[group]
    for member in range(first, groups.first_member[group + 1]):
        first_slot, end = groups.first_slot[member], groups.first_slot[member + 1]
        asked = max(asked, end - first_slot)
        for slot in range(first_slot + (groups.shared[group] if member > first else 0), end):
            met[at] = np.uint16(1)
            for answer in range(groups.first_answer[slot], groups.first_answer[slot + 1]):
                bit = first_bit + groups.bit[answer]
                for condition in range(
                    groups.first_condition[bit], groups.first_condition[bit + 1]
                ):
                    way = groups.way[condition]
                    wanted = way if groups.answer[answer] else way ^ np.uint32(1)
                    for row in range(met.shape[1]):
                        met[at, row] &= answers[wanted, row]
            at += 1
    return asked


@numba.njit(nogil=True, cache=True, inline="always", error_model="numpy")
def _add_member(  # noqa: PLR0917 - a compiled kernel takes arrays
    groups: Groups, group: int, member: int, at: int, t: float, scratch: Scratch
) -> int:
    """Add what one leaf contributes at one node, and return where the conditions of the next leaf begin."""
    first = groups.first_slot[member] + groups.shared[group]
    end, begin = groups.first_slot[member + 1], at
    scratch.product[:] = scratch.above * groups.value[member]
    for slot in range(first, end):
        _multiply(scratch.product, scratch.met[at], groups.ratio[slot], t)
        at += 1
    for row in range(scratch.total.size):
        scratch.total[row] += scratch.product[row]
    for slot in range(first, end):
        moved = scratch.moved[groups.place[slot]]
        _move(moved, scratch.product, scratch.met[begin + slot - first], groups.ratio[slot], t)
    return at


@numba.njit(nogil=True, cache=True, inline="always")
def _multiply(product: Reals, met: NDArray[np.uint16], z: float, t: float) -> None:
    """Multiply by z + (o − z)·t."""
    if_met, if_not = z + (1.0 - z) * t, z * (1.0 - t)
    for row in range(product.size):
        product[row] *= if_met if met[row] else if_not


@numba.njit(nogil=True, cache=True, inline="always", error_model="numpy")
def _move(moved: Reals, product: Reals, met: NDArray[np.uint16], z: float, t: float) -> None:
    """Add the product times (o − z) / (z + (o − z)·t)."""
    if_met, if_not = (1.0 - z) / (z + (1.0 - z) * t), -1.0 / (1.0 - t)
    for row in range(moved.size):
        moved[row] += product[row] * (if_met if met[row] else if_not)


@numba.njit(nogil=True, cache=True)
def _add_raw(groups: Groups, group: int, scratch: Scratch, raw: Reals) -> None:
    """Add the value of the leaf a row reaches, if it is one of the group, and otherwise 0."""
    at = groups.shared[group]
    scratch.above_met[:] = np.uint16(1)
    for slot in range(at):
        for row in range(raw.size):
            scratch.above_met[row] &= scratch.met[slot, row]
    for member in range(groups.first_member[group], groups.first_member[group + 1]):
        own = groups.first_slot[member + 1] - groups.first_slot[member] - groups.shared[group]
        scratch.reached[:] = scratch.above_met
        for slot in range(at, at + own):
            for row in range(raw.size):
                scratch.reached[row] &= scratch.met[slot, row]
        for row in range(raw.size):
            raw[row] += groups.value[member] if scratch.reached[row] else 0.0
        at += own
