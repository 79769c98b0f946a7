"""A graph in compressed rows: for each address its neighbours, one after the other in one flat array."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aml_miner.monitoring.groups import Floats, Integers, read_only


@dataclass(frozen=True)
class Rows:
    """The neighbours of every address.

    Attributes
    ----------
    start
        Index of each address's first neighbour, and one past the last neighbour at the end.
    other
        The neighbours, ascending within an address.
    weight
        Weight of each edge.
    """

    start: Integers
    other: Integers
    weight: Floats

    @classmethod
    def of(cls, owner: Integers, other: Integers, weight: Floats, addresses: int) -> "Rows":
        """Compress edges sorted by owner, then other."""
        count = np.bincount(owner, minlength=addresses)
        return cls(np.concatenate([[0], np.cumsum(count)]), read_only(other), read_only(weight))

    @cached_property
    def count(self) -> Integers:
        """Number of neighbours of each address."""
        return np.diff(self.start)

    @property
    def addresses(self) -> int:
        """Number of addresses."""
        return len(self.start) - 1

    @cached_property
    def owner(self) -> Integers:
        """Address that each neighbour is a neighbour of."""
        return np.repeat(np.arange(self.addresses), self.count)

    def reversed(self) -> "Rows":
        """Turn every edge around."""
        order = np.argsort(self.other, kind="stable")
        return Rows.of(self.other[order], self.owner[order], self.weight[order], self.addresses)

    def weighing(self, weight: Floats) -> "Rows":
        """Give the same edges other weights."""
        return Rows(self.start, self.other, read_only(weight))

    def weighing_something(self) -> "Rows":
        """Give every edge the weight 1 where none weighs anything."""
        return self if self.weight.any() else self.weighing(np.ones(len(self.other)))
