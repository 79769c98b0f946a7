"""Circles: addresses around a common one that deal with nobody but it, each other and a few others in common."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers, read_only
from aml_miner.monitoring.patterns.columns import as_array

_MOST_ROUNDS = 4


class Links(NamedTuple):
    """Who has to do with whom, in compressed rows: those of address ``a`` are ``other[start[a] : start[a + 1]]``."""

    start: Integers
    other: Integers

    def of(self, address: int) -> Integers:
        """Return the others of one address."""
        return self.other[self.start[address] : self.start[address + 1]]


def counterparties(activity: Activity) -> Links:
    """Return the counterparties of each address, whoever paid."""
    return Links(activity.by_counterparty.start, activity.counterparties["other"].to_numpy())


def payees_and_payers(activity: Activity) -> tuple[Links, Links]:
    """Return whom each address paid, and who paid it."""
    edges = activity.edges
    source, target = edges["source"].to_numpy(), edges["target"].to_numpy()
    order = np.lexsort((source, target))
    return (
        Links(np.searchsorted(source, np.arange(activity.count + 1)), target),
        Links(
            np.searchsorted(target[order], np.arange(activity.count + 1)), read_only(source[order])
        ),
    )


class CircleLimits(NamedTuple):
    """What makes addresses around a common one a circle.

    Attributes
    ----------
    max_counterparties
        Of an address that can be a member.
    min_inside
        Share of a member's other counterparties that are members or are shared.
    min_sharers
        Members that have a counterparty, from which it is shared.
    min_members
        Of a circle.
    """

    max_counterparties: int
    min_inside: float
    min_sharers: int
    min_members: int


@numba.njit(cache=True)
def search_circles(
    around: Links, known: Links, limits: CircleLimits
) -> tuple[Integers, Integers, Integers]:
    """Search a circle around every address among those it pays, or is paid by (`around`); all they `known` count.

    The work is at most the pairs times the counterparties a member may have, times a few rounds.

    Returns the address in the middle of each circle, the place of its first member, with one past the last at the end,
    and the members of all circles, ascending within each.
    """
    addresses = len(around.start) - 1
    middles = numba.typed.List.empty_list(numba.int64)
    starts = numba.typed.List.empty_list(numba.int64)
    members = numba.typed.List.empty_list(numba.int64)
    times = np.zeros(addresses, np.int64)
    fellow = np.zeros(addresses, np.bool_)
    few = known.start[1:] - known.start[:-1] <= limits.max_counterparties
    for middle in range(addresses):
        circle = around.other[around.start[middle] : around.start[middle + 1]]
        if len(circle) < limits.min_members:
            continue
        circle = circle[few[circle]]
        for _ in range(_MOST_ROUNDS):
            inside = keep_inside(circle, middle, known, times, fellow, limits)
            stable = inside.all()
            circle = circle[inside]
            if stable or len(circle) < limits.min_members:
                break
        if len(circle) >= limits.min_members:
            middles.append(middle)
            starts.append(len(members))
            for member in circle:
                members.append(member)
    starts.append(len(members))
    return as_array(middles), as_array(starts), as_array(members)


@numba.njit(cache=True)
def keep_inside(  # noqa: PLR0917 - a compiled kernel takes arrays
    circle: Integers,
    middle: int,
    known: Links,
    times: Integers,
    fellow: NDArray[np.bool_],
    limits: CircleLimits,
) -> NDArray[np.bool_]:
    """Mark the addresses whose other counterparties are for the most part in the circle or shared by it.

    `times` and `fellow` are empty, and are left so.
    """
    inside = np.zeros(len(circle), np.bool_)
    for member in circle:
        fellow[member] = True
        times[known.other[known.start[member] : known.start[member + 1]]] += 1
    for place in range(len(circle)):
        others = known.other[known.start[circle[place]] : known.start[circle[place] + 1]]
        shared = 0
        for other in others:
            shared += other != middle and (fellow[other] or times[other] >= limits.min_sharers)
        inside[place] = shared > 0 and shared >= limits.min_inside * (len(others) - 1)
    for member in circle:
        fellow[member] = False
        times[known.other[known.start[member] : known.start[member + 1]]] = 0
    return inside
