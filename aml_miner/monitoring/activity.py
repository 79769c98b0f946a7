"""What every address did: the shared ground on which features, patterns and typologies are computed.

Addresses are numbered in the order of their names. From the transfers follow three flat views, each by address:

* *edges*: one per directed pair with transfers between them, seen once from either end (``ends``);
* *counterparties*: one per pair whatever the direction;
* *events*: every transfer, seen once from either end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from aml_miner.monitoring.graph.graph import Graph
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.groups import Floats, Groups, Integers, row_entropy
from aml_miner.monitoring.sums import exact_sums
from aml_miner.monitoring.transfers import MS_PER_DAY, MS_PER_HOUR, Transfers

_HOURS, _WEEKDAYS = 24, 7
_FIRST_WEEKDAY = 3
"""1 January 1970 was a Thursday; Monday is 0."""


@dataclass(frozen=True)
class Activity:
    """The transfers of a window, seen from each address.

    Attributes
    ----------
    transfers
        The window's transfers in canonical order.
    addresses
        Every address of the window, ascending; an address's number is its place here.
    graph_parameters
        How exactly `graph` is measured.
    """

    transfers: Transfers
    addresses: pl.Series
    graph_parameters: GraphParameters = field(default_factory=GraphParameters)

    @classmethod
    def of(
        cls, transfers: Transfers, graph_parameters: GraphParameters | None = None
    ) -> "Activity":
        """Number the addresses of a window's transfers."""
        both = pl.concat([transfers.rows["from_address"], transfers.rows["to_address"]])
        addresses = both.unique().sort().alias("address")
        return cls(transfers, addresses, graph_parameters or GraphParameters())

    @property
    def count(self) -> int:
        """Number of addresses."""
        return len(self.addresses)

    def forget(self, names: Iterable[str]) -> None:
        """Give back the memory of views that are needed no more; they are made again when asked for."""
        for name in names:
            self.__dict__.pop(name, None)

    def _numbers(self, column: str) -> Integers:
        names = pl.Enum(self.addresses)
        return self.transfers.rows[column].cast(names).to_physical().cast(pl.Int64).to_numpy()

    @cached_property
    def source(self) -> Integers:
        """Number of the sender of each transfer."""
        return self._numbers("from_address")

    @cached_property
    def target(self) -> Integers:
        """Number of the recipient of each transfer."""
        return self._numbers("to_address")

    @cached_property
    def timestamp(self) -> Integers:
        """Time of each transfer in milliseconds since 1970."""
        return self.transfers.rows["block_timestamp"].cast(pl.Int64).to_numpy()

    @cached_property
    def amount(self) -> Floats:
        """Amount of each transfer in the asset's own unit."""
        return self.transfers.rows["amount"].cast(pl.Float64).to_numpy()

    @cached_property
    def amount_usd(self) -> Floats:
        """Amount of each transfer in USD."""
        return self.transfers.rows["amount_usd"].cast(pl.Float64).to_numpy()

    @cached_property
    def last_before(self) -> pl.Series | None:
        """Time of each address's last transfer before the window, null where there was none.

        None where no transfer before the window is known at all: an address without one may be old all the same.
        """
        known = self.transfers.last_before
        if known is None:
            return None
        every = self.addresses.to_frame()
        return every.join(known, on="address", how="left", maintain_order="left")["last_timestamp"]

    @cached_property
    def edges(self) -> pl.DataFrame:
        """One row per directed pair: ``source target tx_count amount amount_usd``, sorted by the pair.

        The amounts are exact decimal sums.
        """
        return (
            self.transfers.rows.select("amount", "amount_usd")
            .with_columns(source=pl.Series(self.source), target=pl.Series(self.target))
            .group_by("source", "target")
            .agg(
                tx_count=pl.len(),
                amount=pl.col("amount").sum(),
                amount_usd=pl.col("amount_usd").sum(),
            )
            .sort("source", "target")
        )

    @cached_property
    def ends(self) -> pl.DataFrame:
        """Every edge seen from both ends, sorted by ``owner``, incoming first, then ``other``.

        Columns ``owner other tx_count amount amount_usd incoming``.
        """
        outgoing = self.edges.rename({"source": "owner", "target": "other"})
        incoming = self.edges.rename({"target": "owner", "source": "other"})
        both = [
            outgoing.with_columns(incoming=pl.lit(value=False)),
            incoming.select(outgoing.columns).with_columns(incoming=pl.lit(value=True)),
        ]
        return pl.concat(both).sort("owner", "incoming", "other", descending=[False, True, False])

    @cached_property
    def ends_by_usd(self) -> pl.DataFrame:
        """``owner incoming amount_usd`` of `ends`, sorted by owner and amount."""
        rows = self.ends.select("owner", "incoming", "amount_usd")
        return rows.sort("owner", "amount_usd", maintain_order=True)

    @cached_property
    def graph(self) -> Graph:
        """The graph whose edges are `edges`."""
        return Graph.of(self.edges, self.received_usd + self.sent_usd, self.graph_parameters)

    @cached_property
    def received_usd(self) -> pl.Series:
        """USD each address received, exactly."""
        return self.exact_sum(self.ends.filter("incoming"), "amount_usd")

    @cached_property
    def sent_usd(self) -> pl.Series:
        """USD each address sent, exactly."""
        return self.exact_sum(self.ends.filter(~pl.col("incoming")), "amount_usd")

    @cached_property
    def native_volume(self) -> pl.Series:
        """Amount each address received and sent in the assets' own units, exactly."""
        return self.exact_sum(self.ends, "amount")

    @cached_property
    def by_edge(self) -> Groups:
        """Groups of `ends`."""
        return Groups(self.ends["owner"].to_numpy(), self.count)

    @cached_property
    def edge_usd(self) -> Floats:
        """USD of each row of `ends`."""
        return self.ends["amount_usd"].cast(pl.Float64).to_numpy()

    @cached_property
    def assets(self) -> pl.DataFrame:
        """Every asset of the window: ``asset_symbol asset_contract``, sorted; its number is its place."""
        return self.transfers.rows.select("asset_symbol", "asset_contract").unique().sort(pl.all())

    @cached_property
    def asset(self) -> Integers:
        """Number of the asset of each transfer."""
        names = self.assets.columns
        numbered = self.assets.with_row_index("asset")
        rows = self.transfers.rows.select(names)
        joined = rows.join(numbered, on=names, how="left", nulls_equal=True, maintain_order="left")
        return joined["asset"].cast(pl.Int64).to_numpy()

    @cached_property
    def asset_flows(self) -> pl.DataFrame:
        """One row per address, direction and asset: ``owner incoming asset amount_usd``, sorted.

        The amounts are exact decimal sums.
        """
        rows = self.transfers.rows.select("amount_usd", asset=pl.Series(self.asset))
        ends = [
            rows.with_columns(owner=pl.Series(owner), incoming=pl.lit(value=incoming))
            for owner, incoming in ((self.source, False), (self.target, True))
        ]
        key = ["owner", "incoming", "asset"]
        return pl.concat(ends).group_by(key).agg(pl.col("amount_usd").sum()).sort(key)

    @cached_property
    def counterparties(self) -> pl.DataFrame:
        """One row per address and counterparty: ``owner other amount amount_usd mutual``, sorted.

        ``mutual`` says that both have sent to each other.
        """
        return (
            self.ends.group_by("owner", "other")
            .agg(
                amount=pl.col("amount").sum(),
                amount_usd=pl.col("amount_usd").sum(),
                mutual=pl.col("incoming").n_unique() == 2,
            )
            .sort("owner", "other")
        )

    @cached_property
    def by_counterparty(self) -> Groups:
        """Groups of `counterparties`."""
        return Groups(self.counterparties["owner"].to_numpy(), self.count)

    @cached_property
    def _events(self) -> tuple[Groups, Integers]:
        """Transfers seen from both ends, in time order within an address."""
        transfer = np.tile(np.arange(len(self.source)), 2)
        owner = np.concatenate([self.source, self.target])
        order = np.lexsort((transfer, owner))
        return Groups(owner[order], self.count), transfer[order]

    @property
    def by_event(self) -> Groups:
        """Groups of the transfers seen from both ends."""
        return self._events[0]

    @property
    def event(self) -> Integers:
        """Index of the transfer behind each event, in time order within an address."""
        return self._events[1]

    @cached_property
    def event_amount(self) -> Floats:
        """Amount of each event in the asset's own unit."""
        return self.amount[self.event]

    def events_of(self, address: int) -> Integers:
        """Transfers an address sent or received, in time order."""
        start = self.by_event.start
        return self.event[start[address] : start[address + 1]]

    def other_ends(self, own: int | Integers, transfers: Integers) -> Integers:
        """The addresses at the other end of transfers, of which one end is an address, or each transfer's own."""
        source, target = self.source[transfers], self.target[transfers]
        return np.where(source == own, target, source)

    def _histogram(self, part: Integers, parts: int, weights: Floats | None = None) -> Floats:
        cell = self.by_event.owner * parts + part[self.event]
        spread = weights[self.event] if weights is not None else None
        flat: Floats = np.bincount(cell, spread, self.count * parts).astype(np.float64)
        return flat.reshape(self.count, parts)

    @cached_property
    def hour(self) -> Integers:
        """Hour of the day (UTC) of each transfer."""
        return self.timestamp // MS_PER_HOUR % _HOURS

    @cached_property
    def day(self) -> Integers:
        """Days since 1970 (UTC) of each transfer."""
        return self.timestamp // MS_PER_DAY

    @cached_property
    def weekday(self) -> Integers:
        """Day of the week (UTC) of each transfer, Monday 0."""
        return (self.day + _FIRST_WEEKDAY) % _WEEKDAYS

    @cached_property
    def hourly_count(self) -> Floats:
        """Transfers per address and hour of the day, shape (addresses, 24)."""
        return self._histogram(self.hour, _HOURS)

    @cached_property
    def weekday_count(self) -> Floats:
        """Transfers per address and day of the week, Monday first, shape (addresses, 7)."""
        return self._histogram(self.weekday, _WEEKDAYS)

    @cached_property
    def hourly_entropy(self) -> Floats:
        """Entropy in bits of each address's transfers over the hours of the day."""
        return row_entropy(self.hourly_count)

    @cached_property
    def weekday_entropy(self) -> Floats:
        """Entropy in bits of each address's transfers over the days of the week."""
        return row_entropy(self.weekday_count)

    @cached_property
    def hourly_amount(self) -> Floats:
        """Amount in the asset's own unit per address and hour of the day, shape (addresses, 24)."""
        return self._histogram(self.hour, _HOURS, self.amount)

    def exact_sum(self, rows: pl.DataFrame, column: str) -> pl.Series:
        """Sum a decimal column of rows sorted by ``owner``, exactly, for every address; 0 for none."""
        return exact_sums(rows, column, self.count)

    def exact_volumes(self, transfers: Sequence[Integers]) -> pl.Series:
        """Sum the USD of each of several lists of transfers, exactly; 0 for an empty list."""
        lengths = [len(each) for each in transfers]
        flat = np.concatenate([np.zeros(0, np.int64), *transfers])
        rows = pl.DataFrame({"owner": np.repeat(np.arange(len(transfers)), lengths)})
        amounts = self.transfers.rows["amount_usd"].gather(flat)
        return exact_sums(rows.with_columns(amounts), "amount_usd", len(transfers))
