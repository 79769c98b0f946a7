"""Cycles: money that comes back to where it left, in amounts alike.

Simple directed cycles of three addresses and more, found by a depth-first search over bands of alike amounts. The
search is bounded by length, by the ratio of the largest amount to the smallest, and by numbers of steps and of cycles;
where one of these last bites, it is counted and reported.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers, expand
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.bands import Bands
from aml_miner.monitoring.patterns.cycle_search import BandGraph, SearchLimits, search_cycles
from aml_miner.monitoring.patterns.overlaps import keep_apart
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.patterns.viable_bands import viable_bands

_METHOD = "bounded_depth_first_search"
_SHORTEST = 3

CYCLE = PatternKind(
    pattern_type="cycle",
    typology="CYCLE_DETECTION",
    parts={"cycle_member": "Member"},
    description=(
        "One of {members} addresses that pass alike amounts round in a circle, {volume:,.2f} USD in all: "
        "follow the path and check what the payments were for."
    ),
    ordered=True,
)


class CycleParameters(Parameters):
    """Bounds of the search for cycles."""

    max_length: int = Field(ge=3, le=16)
    band_ratio: float = Field(gt=1)
    alike_ratio: float = Field(gt=1)
    max_steps_per_address: int = Field(ge=1)
    max_steps: int = Field(ge=1)
    max_cycles_per_address: int = Field(ge=1)
    max_overlap: float = Field(ge=0, le=1)
    max_patterns: int = Field(ge=1)
    wash_trading_variation: float = Field(ge=0)
    full_volume: float = Field(gt=0)


def detect_cycles(activity: Activity, parameters: CycleParameters) -> Detected:
    """Find cycles whose amounts are alike and that money can go round.

    From some address on, each payment is later than the one before, all the way round; payments that are in no such
    round are no evidence. Each cycle begins at its lowest-numbered address, and every address sends to the next.

    Of cycles that share more than `max_overlap` of their addresses the one with the most alike amounts is kept, and
    an address is in at most `max_patterns`: among a dozen addresses that all pay each other there are hundreds of
    thousands of ways round, which all say the same.

    Risk is .6 + .3·alikeness of the amounts + .1·min(volume / 10 000, 1), our choice.
    """
    every = Bands.of(activity, parameters.band_ratio)
    bands = every.only(
        viable_bands(
            every.source, every.target, every.amount, parameters.alike_ratio, activity.count
        )
    )
    ways = search_cycles(_graph(activity, bands), _limits(parameters))
    order = np.argsort(ways.ratio, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.diff(ways.start)[order])])
    band = ways.band[expand(ways.start, order)[1]]
    kept, full = keep_apart(
        start,
        bands.target[band],
        max_overlap=parameters.max_overlap,
        max_groups=parameters.max_patterns,
    )
    chosen = np.flatnonzero(kept).tolist()
    return Detected(
        [_pattern(activity, bands, parameters, band[start[i] : start[i + 1]]) for i in chosen],
        ways.cut_off + full,
    )


def _graph(activity: Activity, bands: Bands) -> BandGraph:
    first_moment, transfers = bands.all_transfers()
    return BandGraph(
        bands.start, bands.target, bands.amount, first_moment, activity.timestamp[transfers]
    )


def _limits(parameters: CycleParameters) -> SearchLimits:
    return SearchLimits(
        parameters.max_length,
        parameters.alike_ratio,
        parameters.max_steps_per_address,
        parameters.max_steps,
        parameters.max_cycles_per_address,
    )


def _pattern(
    activity: Activity, bands: Bands, parameters: CycleParameters, way: Integers
) -> Pattern:
    transfers = _forward(activity, way, bands)
    amounts = bands.amount[way]
    ratio = float(amounts.max() / amounts.min())
    alike = 1 - (ratio - 1) / (parameters.alike_ratio - 1)
    volume = min(float(activity.amount_usd[transfers].sum()) / parameters.full_volume, 1.0)
    wash = (
        len(way) == _SHORTEST
        and float(amounts.std() / amounts.mean()) < parameters.wash_trading_variation
    )
    targets = bands.target[way].tolist()
    return Pattern(
        kind=CYCLE,
        addresses=(targets[-1], *targets[:-1]),
        roles=("cycle_member",) * len(way),
        transfers=transfers,
        risk=0.6 + 0.3 * alike + 0.1 * volume,
        detection_method=_METHOD,
        facts={
            "length": len(way),
            "largest_over_smallest_amount": round(ratio, 4),
            "wash_trading": wash,
        },
    )


def _forward(activity: Activity, way: Integers, bands: Bands) -> Integers:
    """Return the transfers of a way round that are part of a round forward in time, from whatever address on."""
    hops = [bands.transfers(band) for band in way.tolist()]
    kept = [_followed(activity, hops[i:] + hops[:i]) for i in range(len(hops))]
    return np.unique(np.concatenate(kept))


def _followed(activity: Activity, hops: Sequence[Integers]) -> Integers:
    """Return the transfers of a path that some payments, each later than the one before, lead to and go on from."""
    time = activity.timestamp
    reached = [hops[0]]
    for hop in hops[1:]:
        if not len(reached[-1]):
            break
        reached.append(hop[time[hop] > time[reached[-1]].min()])
    if len(reached) < len(hops) or not len(reached[-1]):
        return np.zeros(0, np.int64)
    kept = [reached[-1]]
    for hop in reached[-2::-1]:
        kept.append(hop[time[hop] < time[kept[-1]].max()])
    return np.concatenate(kept)
