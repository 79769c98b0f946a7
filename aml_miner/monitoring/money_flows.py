"""Money flows of a window, one row per directed pair of addresses."""

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.batch.schemas import MONEY_FLOWS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Groups, Integers, divide

_HOURS, _WEEKDAYS = 24, 7
_MOST = np.iinfo(np.uint16).max


def money_flow_table(activity: Activity) -> pl.DataFrame:
    """Return the flows between every pair as a table of the contract, sorted by the pair.

    ``reciprocity_ratio`` is the smaller of the two directions' USD over the larger, 0 where nothing came back.
    ``dominant_asset`` is the one with the most USD, the first by name of those that tie.
    An hour or weekday with more than 65 535 transfers is given as 65 535.
    """
    pairs, edges, names = _Pairs(activity), activity.edges, activity.addresses
    back = pairs.back
    columns = {
        "from_address": names.gather(edges["source"]),
        "to_address": names.gather(edges["target"]),
        "tx_count": edges["tx_count"],
        "amount_sum": edges["amount"],
        "amount_usd_sum": edges["amount_usd"],
        "first_seen_timestamp": activity.timestamp[pairs.order[pairs.groups.start[:-1]]],
        "last_seen_timestamp": activity.timestamp[pairs.order[pairs.groups.start[1:] - 1]],
        "active_days": pairs.distinct(activity.day),
        "avg_tx_size_usd": edges.select(pl.col("amount_usd") / pl.col("tx_count")).to_series(),
        "unique_assets": pairs.distinct(activity.asset),
        "dominant_asset": pairs.dominant_asset(),
        "hourly_pattern": pairs.histogram(activity.hour, _HOURS),
        "weekly_pattern": pairs.histogram(activity.weekday, _WEEKDAYS),
        "reciprocity_ratio": _reciprocity(edges["amount_usd"].cast(pl.Float64).to_numpy(), back),
        "is_bidirectional": back >= 0,
    }
    return pl.DataFrame({name: columns[name] for name in MONEY_FLOWS.schema}).cast(
        pl.Schema(MONEY_FLOWS.schema)
    )


@dataclass(frozen=True)
class _Pairs:
    """The transfers of each pair, in the order of `Activity.edges` and within a pair in time order."""

    activity: Activity

    @cached_property
    def _key(self) -> Integers:
        return self.activity.source * self.activity.count + self.activity.target

    @cached_property
    def order(self) -> Integers:
        """Transfers by pair, then time."""
        return np.argsort(self._key, kind="stable")

    @cached_property
    def groups(self) -> Groups:
        """Pair of each transfer in `order`."""
        counts = self.activity.edges["tx_count"].to_numpy()
        return Groups(np.repeat(np.arange(len(counts)), counts), len(counts))

    @cached_property
    def back(self) -> Integers:
        """Place of the opposite pair, −1 where nothing came back."""
        edges, count = self.activity.edges, self.activity.count
        source, target = edges["source"].to_numpy(), edges["target"].to_numpy()
        key, opposite = source * count + target, target * count + source
        place = np.minimum(np.searchsorted(key, opposite), len(key) - 1)
        return np.where(key[place] == opposite, place, -1)

    def distinct(self, values: Integers) -> Integers:
        """Count the different values of each pair's transfers."""
        owner, value = self.groups.owner, values[self.order]
        if len(np.unique(value)) == 1:
            return np.ones(self.groups.owners, np.int64)
        rank = np.lexsort((value, owner))
        owner, value = owner[rank], value[rank]
        new = np.ones(len(owner), bool)
        new[1:] = (owner[1:] != owner[:-1]) | (value[1:] != value[:-1])
        return np.bincount(owner[new], minlength=self.groups.owners)

    def dominant_asset(self) -> pl.Series:
        """Symbol of the asset that moved most USD."""
        symbols = self.activity.transfers.rows["asset_symbol"].gather(self.order)
        if symbols.n_unique() == 1:
            return symbols.gather(self.groups.start[:-1])
        amounts = self.activity.transfers.rows["amount_usd"].gather(self.order)
        rows = pl.DataFrame({"pair": self.groups.owner, "symbol": symbols, "usd": amounts})
        return (
            rows.group_by("pair", "symbol")
            .agg(pl.col("usd").sum())
            .sort("pair", "usd", "symbol", descending=[False, True, False])
            .unique("pair", keep="first", maintain_order=True)["symbol"]
        )

    def histogram(self, part: Integers, parts: int) -> pl.Series:
        """Count each pair's transfers by a part of the day or week."""
        counts = count_parts(self.groups.owner, part[self.order], self.groups.owners, parts)
        return pl.Series(counts).arr.to_list()


@numba.njit(cache=True)
def count_parts(owner: Integers, part: Integers, owners: int, parts: int) -> NDArray[np.uint16]:
    """Count the transfers of each owner by part, up to what 16 bits hold; shape (owners, parts).

    Counted in 16 bits from the start: of the millions of pairs of a chain a wider table would take gigabytes.
    """
    counts = np.zeros((owners, parts), np.uint16)
    for transfer in range(len(owner)):
        if counts[owner[transfer], part[transfer]] < _MOST:
            counts[owner[transfer], part[transfer]] += 1
    return counts


def _reciprocity(there: Floats, back: Integers) -> Floats:
    here = np.where(back >= 0, there[back], 0.0)
    return divide(np.minimum(there, here), np.maximum(there, here))
