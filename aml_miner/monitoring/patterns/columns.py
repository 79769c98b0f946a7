"""What compiled searches read: the columns of a window's transfers, and the transfers of each address."""

from typing import NamedTuple

import numba
import numpy as np

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers


class Columns(NamedTuple):
    """Columns of all transfers, in time order: the numbers of both addresses, milliseconds since 1970, USD."""

    source: Integers
    target: Integers
    timestamp: Integers
    amount: Floats

    @classmethod
    def of(cls, activity: Activity) -> "Columns":
        """Read the columns of a window."""
        return cls(activity.source, activity.target, activity.timestamp, activity.amount_usd)


class ByAddress(NamedTuple):
    """The transfers at one of their ends, grouped by address and in time order within it.

    ``transfer[start[a] : start[a + 1]]`` are those of address ``a``.
    """

    start: Integers
    transfer: Integers

    def of(self, address: int) -> Integers:
        """Return the transfers of one address."""
        return self.transfer[self.start[address] : self.start[address + 1]]


def outgoing(activity: Activity) -> ByAddress:
    """Group transfers by their sender."""
    return ByAddress(*group_by_address(activity.source, activity.count))


def incoming(activity: Activity) -> ByAddress:
    """Group transfers by their recipient."""
    return ByAddress(*group_by_address(activity.target, activity.count))


@numba.njit(cache=True)
def group_by_address(owner: Integers, addresses: int) -> tuple[Integers, Integers]:
    """Sort transfers by the address at one of their ends, by counting."""
    start = np.zeros(addresses + 1, np.int64)
    for address in owner:
        start[address + 1] += 1
    for address in range(addresses):
        start[address + 1] += start[address]
    transfer = np.empty(len(owner), np.int64)
    place = start[:-1].copy()
    for i in range(len(owner)):
        transfer[place[owner[i]]] = i
        place[owner[i]] += 1
    return start, transfer


@numba.njit(cache=True)
def as_array(numbers: "numba.typed.List[int]") -> Integers:
    """Copy a list that a search has filled into an array."""
    array = np.empty(len(numbers), np.int64)
    for i in range(len(numbers)):
        array[i] = numbers[i]
    return array
