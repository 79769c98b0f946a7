"""Proximity risk: addresses that money from a risky address reached, or whose money reached one, within a few hops.

Which addresses are risky is read from labels, and from nothing else. A path follows the money: every hop is a transfer
later than the hop before it. Two things keep it from spreading over a whole network through a shop or an exchange: a
hop counts only if it carries a good part of what its far end received (or, against the money, sent), and hubs are
reached but not passed through.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers, divide
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind

_METHOD = "shortest_path_in_time"
_NEVER = np.iinfo(np.int64).max
_ALWAYS = np.iinfo(np.int64).min
_LEVELS = ("low", "medium", "high", "critical")

PROXIMITY_RISK = PatternKind(
    pattern_type="proximity_risk",
    typology="PROXIMITY_RISK",
    parts={
        "risky_address": "Risky address",
        "intermediary": "Intermediary",
        "exposed_address": "Exposed address",
    },
    description=(
        "{part} where an address {direction} the risky address {risky_address} ({risky_label}), {hop_distance} "
        "transfer(s) apart, {volume:,.2f} USD along the way: check what the money was for."
    ),
    ordered=True,
    unalerted_parts=frozenset({"risky_address"}),
)


class ProximityRiskParameters(Parameters):
    """Which labels are risky, and how far their risk reaches."""

    risky_levels: tuple[str, ...]
    risky_types: tuple[str, ...]
    max_hops: int = Field(ge=1, le=8)
    min_share: float = Field(ge=0, le=1)
    max_counterparties: int = Field(ge=1)


def detect_proximity_risk(
    activity: Activity, labels: pl.DataFrame | None, parameters: ProximityRiskParameters
) -> Detected:
    """Find the addresses within a few hops of a risky one, with the money and against it.

    An address is risky if any label of it is: by its risk level or, where it has none, by its type. A hop counts if
    the pair's transfers are at least `min_share` of all USD its far end received; against the money, sent. Addresses
    of more than `max_counterparties` counterparties are reached but not passed through, and counted as cut off; risky
    addresses are always passed from.

    Each exposed address makes one pattern, its shortest path to the nearest risky address: with the money if both ways
    are as short; of paths as short, the one that arrives first (against the money, leaves last), then the one of the
    first transfer. The addresses follow the money, so the risky one comes first or last. The transfers are those of
    each hop from when the money could be there.

    Risk is 1/(hops + 1) and confidence 1 − .2·hops, as published, so with the usual least risk of .5 direct
    counterparties alone are alerted. The risky address itself is not: it is known.
    """
    risky = _risky_addresses(activity, labels, parameters)
    if not risky:
        return Detected([])
    onward = _Spread.of(activity, parameters, risky, "onward")
    backward = _Spread.of(activity, parameters, risky, "backward")
    patterns = [
        *_patterns(activity, onward, risky, onward.hops <= backward.hops),
        *_patterns(activity, backward, risky, backward.hops < onward.hops),
    ]
    return Detected(patterns, onward.hubs + backward.hubs)


def _risky_addresses(
    activity: Activity, labels: pl.DataFrame | None, parameters: ProximityRiskParameters
) -> Mapping[int, str]:
    """Number of each risky address of the window, and what its labels call it; the first in the alphabet of several."""
    if labels is None:
        return {}
    level, kind = (pl.col(name).str.to_lowercase() for name in ("risk_level", "address_type"))
    risky = labels.filter(
        pl.when(level.is_in(_LEVELS))
        .then(level.is_in(parameters.risky_levels))
        .otherwise(kind.is_in(parameters.risky_types))
    )
    called = risky.group_by("address").agg(
        pl.coalesce("label", "address_type", pl.lit("labelled")).min().alias("called")
    )
    numbered = activity.addresses.to_frame().with_row_index("number")
    found = numbered.join(called, on="address").sort("number")
    return dict(zip(found["number"].to_list(), found["called"].to_list(), strict=True))


@dataclass(frozen=True)
class _Flow:
    """The transfers as steps of a spread: with the money, or against it and backward in time."""

    activity: Activity
    way: Literal["onward", "backward"]

    @cached_property
    def near(self) -> Integers:
        """The end of each transfer the spread comes from."""
        return self.activity.source if self.way == "onward" else self.activity.target

    @cached_property
    def far(self) -> Integers:
        """The end of each transfer the spread goes to."""
        return self.activity.target if self.way == "onward" else self.activity.source

    @cached_property
    def time(self) -> Integers:
        """A time that runs with the spread."""
        return self.activity.timestamp if self.way == "onward" else -self.activity.timestamp

    @cached_property
    def pairs(self) -> Integers:
        """One number per directed pair, ascending, as `activity.edges` has them."""
        edges = self.activity.edges
        source, target = edges["source"].to_numpy(), edges["target"].to_numpy()
        numbers: Integers = source * self.activity.count + target
        return numbers

    @cached_property
    def share(self) -> Floats:
        """Per pair, its part of all USD that its far end received or, backward, sent."""
        edges = self.activity.edges
        far = edges["target" if self.way == "onward" else "source"].to_numpy()
        usd = edges["amount_usd"].cast(pl.Float64).to_numpy()
        return divide(usd, np.bincount(far, usd, self.activity.count)[far])

    def shares(self, transfers: Integers) -> Floats:
        """The share of the pair of each of some transfers."""
        pair = (
            self.activity.source[transfers] * self.activity.count + self.activity.target[transfers]
        )
        shares: Floats = self.share[np.searchsorted(self.pairs, pair)]
        return shares


@dataclass(frozen=True)
class _Spread:
    """Where money got to, or came from.

    Attributes
    ----------
    hops
        Fewest hops to each address, 0 for risky ones, `_NEVER` where there is no path.
    via
        The transfer by which the earliest path of so many hops reaches each address, one array per number of hops.
    since
        When a path of fewer hops is at each address, one array per number of hops.
    hubs
        How many addresses were reached and might have been passed through, but for their counterparties.
    """

    flow: _Flow
    hops: Integers
    via: list[Integers]
    since: list[Integers]
    hubs: int

    @classmethod
    def of(
        cls,
        activity: Activity,
        parameters: ProximityRiskParameters,
        risky: Mapping[int, str],
        way: Literal["onward", "backward"],
    ) -> "_Spread":
        """Spread from the risky addresses, one hop after the other."""
        flow = _Flow(activity, way)
        seeds = np.array(list(risky), np.int64)
        passable = activity.by_counterparty.count <= parameters.max_counterparties
        passable[seeds] = True
        hops = np.full(activity.count, _NEVER)
        hops[seeds] = 0
        there = np.where(hops == 0, _ALWAYS, _NEVER)
        via, since = [], []
        for hop in range(1, parameters.max_hops + 1):
            since.append(there)
            step = _earliest(flow, there, passable, parameters.min_share)
            via.append(step)
            taken = np.flatnonzero(step >= 0)
            hops[taken] = np.minimum(hops[taken], hop)
            there = there.copy()
            there[taken] = flow.time[step[taken]]
        stopped = (hops < parameters.max_hops) & ~passable
        return cls(flow, hops, via, since, int(stopped.sum()))

    def path(self, address: int) -> list[int]:
        """The transfers of the path to an address, one per hop, from the risky address on."""
        path: list[int] = []
        for hop in range(int(self.hops[address]), 0, -1):
            path.append(int(self.via[hop - 1][address]))
            address = int(self.flow.near[path[-1]])
        return path[::-1]


def _earliest(
    flow: _Flow, there: Integers, passable: NDArray[np.bool_], min_share: float
) -> Integers:
    """Per address the first transfer that brings money there earlier than it is `there`; −1 for none."""
    step = np.full(len(there), -1)
    moving = np.flatnonzero(
        (there[flow.near] < flow.time) & (flow.time < there[flow.far]) & passable[flow.near]
    )
    share = flow.shares(moving)
    moving = moving[(share >= min_share) & (share > 0)]
    moving = moving[np.lexsort((moving, flow.time[moving]))]
    reached, first = np.unique(flow.far[moving], return_index=True)
    step[reached] = moving[first]
    return step


def _patterns(
    activity: Activity, spread: _Spread, risky: Mapping[int, str], nearer: NDArray[np.bool_]
) -> Iterator[Pattern]:
    """One pattern per address that is reached, and `nearer` this way than the other."""
    exposed = np.flatnonzero(nearer & (spread.hops > 0) & (spread.hops < _NEVER))
    if len(exposed):
        pair = activity.source * activity.count + activity.target
        order = np.argsort(pair, kind="stable")
        pairs = pair[order]
        for address in exposed:
            yield _pattern(activity, spread, risky, int(address), order, pairs)


def _pattern(  # noqa: PLR0917 - the last two are one index, worked out once for all patterns
    activity: Activity,
    spread: _Spread,
    risky: Mapping[int, str],
    exposed: int,
    order: Integers,
    pairs: Integers,
) -> Pattern:
    flow, path = spread.flow, spread.path(exposed)
    hops = []
    for transfer, since in zip(path, spread.since, strict=False):
        pair = int(activity.source[transfer]) * activity.count + int(activity.target[transfer])
        first, last = np.searchsorted(pairs, [pair, pair + 1])
        all_of_pair = order[first:last]
        hops.append(all_of_pair[flow.time[all_of_pair] > since[flow.near[transfer]]])
    addresses = [int(flow.near[path[0]]), *(int(flow.far[transfer]) for transfer in path)]
    between = ["intermediary"] * (len(path) - 1)
    roles = ["risky_address", *between, "exposed_address"]
    onward = flow.way == "onward"
    return Pattern(
        kind=PROXIMITY_RISK,
        addresses=tuple(addresses if onward else addresses[::-1]),
        roles=tuple(roles if onward else roles[::-1]),
        transfers=np.sort(np.concatenate(hops)),
        risk=1 / (len(path) + 1),
        detection_method=_METHOD,
        facts={
            "hop_distance": len(path),
            "direction": "received money from" if onward else "sent money to",
            "risky_address": activity.addresses[addresses[0]],
            "risky_label": risky[addresses[0]],
            "share_of_last_hop": round(float(flow.shares(np.array(path[-1:]))[0]), 4),
        },
        stated_confidence=1 - 0.2 * len(path),
    )
