"""Bands: the transfers of one directed pair whose amounts are alike.

A pair may carry an ordinary payment and, among it, a laundering one; their mean says nothing of either.
So a pair's amounts, ascending, are cut wherever one is larger than the one before by more than a ratio.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Groups, Integers, expand


@dataclass(frozen=True)
class Bands:
    """Bands as the edges of a graph, sorted by source, then target, then amount.

    Attributes
    ----------
    start
        Index of each address's first outgoing band, and one past the last at the end.
    target, amount
        Recipient and mean amount in USD of each band.
    """

    start: Integers
    target: Integers
    amount: Floats
    _number: Integers
    _members: Groups
    _order: Integers

    @classmethod
    def of(cls, activity: Activity, ratio: float) -> "Bands":
        """Cut the transfers of every pair into bands; transfers without an amount in USD are left out."""
        members, transfers = cut_into_bands(activity, ratio)
        first = transfers[members.start[:-1]]
        outgoing = np.bincount(activity.source[first], minlength=activity.count)
        return cls(
            start=np.concatenate([[0], np.cumsum(outgoing)]),
            target=activity.target[first],
            amount=members.mean(activity.amount_usd[transfers]),
            _number=np.arange(members.owners),
            _members=members,
            _order=transfers,
        )

    def transfers(self, band: int) -> Integers:
        """Indices of a band's transfers, ascending."""
        start, number = self._members.start, self._number[band]
        return np.sort(self._order[start[number] : start[number + 1]])

    def all_transfers(self) -> tuple[Integers, Integers]:
        """Return the transfers of all bands, one band after the other, ascending; first where each band's begin."""
        start = np.concatenate([[0], np.cumsum(self._members.count[self._number])])
        band, place = expand(self._members.start, self._number)
        transfers = self._order[place]
        return start, transfers[np.lexsort((transfers, band))]

    @property
    def source(self) -> Integers:
        """Sender of each band."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def only(self, kept: NDArray[np.bool_]) -> "Bands":
        """Leave out the other bands."""
        outgoing = np.bincount(self.source[kept], minlength=len(self.start) - 1)
        return replace(
            self,
            start=np.concatenate([[0], np.cumsum(outgoing)]),
            target=self.target[kept],
            amount=self.amount[kept],
            _number=self._number[kept],
        )


def cut_into_bands(activity: Activity, ratio: float) -> tuple[Groups, Integers]:
    """Return the band of each transfer with an amount in USD, and the transfers, by pair and then ascending amount."""
    paid = np.flatnonzero(activity.amount_usd > 0)
    source, target = activity.source[paid], activity.target[paid]
    amount = activity.amount_usd[paid]
    order = np.lexsort((paid, amount, target, source))
    source, target, amount = source[order], target[order], amount[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (
        (source[1:] != source[:-1])
        | (target[1:] != target[:-1])
        | (amount[1:] > ratio * amount[:-1])
    )
    return Groups(np.cumsum(new) - 1, int(new.sum())), paid[order]
