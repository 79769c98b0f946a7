"""Passages: a transfer an address received, and a later one that may have passed the same money on.

Two transfers belong together when the second leaves the address that got the first, not back to where the first came
from, later than the first and within a holding time, with nearly the same amount in USD.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.columns import ByAddress, Columns, as_array, outgoing
from aml_miner.monitoring.transfers import MS_PER_HOUR


class PassageLimits(NamedTuple):
    """What the search for passages allows: a time, the ratio of what is sent to what was received, two numbers."""

    holding_ms: float
    least: float
    most: float
    max_onward: int
    max_fitting: int


class PassageParameters(Parameters):
    """How long and how completely an address passes on what it received."""

    holding_hours: float = Field(gt=0)
    max_kept_share: float = Field(gt=0, lt=1)
    max_added_share: float = Field(ge=0)
    max_onward: int = Field(ge=1)
    max_fitting: int = Field(ge=1)

    def limits(self) -> PassageLimits:
        """Return what the search allows."""
        return PassageLimits(
            holding_ms=self.holding_hours * MS_PER_HOUR,
            least=1 - self.max_kept_share,
            most=1 + self.max_added_share,
            max_onward=self.max_onward,
            max_fitting=self.max_fitting,
        )


@dataclass(frozen=True, slots=True)
class Passages:
    """Pairs of transfers that may carry the same money, the best fitting first.

    A transfer may be in several pairs. The less the amounts of a pair differ, the better it fits; then the quicker one.

    Attributes
    ----------
    received, sent
        Indices of the two transfers of each passage.
    difference
        1 − smaller amount / larger amount, in [0, 1).
    held_ms
        Time between the two.
    cut_off
        At how many addresses more transfers left within the holding time, or fitted, than the bounds let us keep.
    """

    received: Integers
    sent: Integers
    difference: Floats
    held_ms: Integers
    cut_off: int


def find_passages(
    activity: Activity, parameters: PassageParameters, through: NDArray[np.bool_] | None = None
) -> Passages:
    """Find every pair of transfers that may carry the same money, where told through these addresses alone.

    Of the transfers an address sent after it received one only the first `max_onward` are looked at, and of those that
    fit the best `max_fitting` are kept, so that work and memory grow with the number of transfers, however dense they
    are; where more lay within the holding time, or fitted, the address is counted.
    """
    columns = Columns.of(activity)
    every = np.ones(activity.count, np.bool_)
    received, sent, cut_off = search_passages(
        columns, outgoing(activity), every if through is None else through, parameters.limits()
    )
    amounts = columns.amount[received], columns.amount[sent]
    difference = 1 - np.minimum(*amounts) / np.maximum(*amounts)
    held_ms = columns.timestamp[sent] - columns.timestamp[received]
    best = np.lexsort((held_ms, difference))  # stable: of the rest the earlier receipt comes first
    return Passages(received[best], sent[best], difference[best], held_ms[best], cut_off)


@numba.njit(cache=True)
def search_passages(
    columns: Columns, outgoing: ByAddress, through: NDArray[np.bool_], limits: PassageLimits
) -> tuple[Integers, Integers, int]:
    """Search the pairs; return the transfers received, those sent, and how many addresses were cut off."""
    received = numba.typed.List.empty_list(numba.int64)
    sent = numba.typed.List.empty_list(numba.int64)
    fitting = np.empty(limits.max_fitting, np.int64)
    unlike = np.empty(limits.max_fitting)
    later = outgoing.start[
        :-1
    ].copy()  # the first transfer that leaves an address after the one at hand
    cut_off = np.zeros(len(later), np.bool_)
    for i in range(len(columns.source)):
        here, now, amount = columns.target[i], columns.timestamp[i], columns.amount[i]
        end = outgoing.start[here + 1]
        while later[here] < end and columns.timestamp[outgoing.transfer[later[here]]] <= now:
            later[here] += 1
        kept = 0
        for place in range(later[here], end if amount > 0 and through[here] else 0):
            onward = outgoing.transfer[place]
            if columns.timestamp[onward] > now + limits.holding_ms:
                break
            if place - later[here] >= limits.max_onward:
                cut_off[here] = True
                break
            passed = columns.amount[onward]
            fits = limits.least * amount <= passed <= limits.most * amount
            if fits and columns.target[onward] != columns.source[i]:
                cut_off[here] |= kept == limits.max_fitting
                difference = 1 - min(amount, passed) / max(amount, passed)
                kept = keep_best(fitting, unlike, kept, onward, difference)
        for place in range(kept):
            received.append(i)
            sent.append(fitting[place])
    return as_array(received), as_array(sent), int(cut_off.sum())


@numba.njit(inline="always")
def keep_best(fitting: Integers, unlike: Floats, kept: int, onward: int, difference: float) -> int:
    """Put a transfer among the best so far, which are in order; return how many are kept then.

    Of those that differ alike the earlier one is better. Where there is no room, the worst goes.
    """
    place = min(kept, len(fitting) - 1)
    if kept == len(fitting) and difference >= unlike[place]:
        return kept
    while place > 0 and unlike[place - 1] > difference:
        fitting[place], unlike[place] = fitting[place - 1], unlike[place - 1]
        place -= 1
    fitting[place], unlike[place] = onward, difference
    return min(kept + 1, len(fitting))
