"""Cycles: money that comes back to where it left, in amounts alike.

Simple directed cycles of three addresses and more, found by a depth-first search from the lowest-numbered address
of each, over bands of alike amounts. The search is bounded by length, by the ratio of the largest amount to the
smallest, and by a number of steps for each starting address; where that last bound bites, it is counted and reported.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numba
import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.bands import Bands
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
    wash_trading_variation: float = Field(ge=0)
    full_volume: float = Field(gt=0)


def detect_cycles(activity: Activity, parameters: CycleParameters) -> Detected:
    """Find cycles whose amounts are alike and that money can go round.

    From some address on, each payment is later than the one before, all the way round; payments that are in no such
    round are no evidence. Each cycle begins at its lowest-numbered address, and every address sends to the next. Of
    several ways round the same addresses the one with the most alike amounts is kept.

    Risk is .6 + .3·alikeness of the amounts + .1·min(volume / 10 000, 1), our choice.
    """
    every = Bands.of(activity, parameters.band_ratio)
    bands = every.only(
        viable_bands(
            every.source, every.target, every.amount, parameters.alike_ratio, activity.count
        )
    )
    flat, lengths, cut_off = search_cycles(
        bands.start,
        bands.target,
        bands.amount,
        parameters.max_length,
        parameters.alike_ratio,
        parameters.max_steps_per_address,
    )
    rounds = [_Round(way, _forward(activity, way, bands)) for way in _split(flat, lengths)]
    forward = [each for each in rounds if len(each.transfers)]
    return Detected(
        [_pattern(activity, bands, parameters, each) for each in _most_alike(forward, bands)],
        cut_off,
    )


class _Round(NamedTuple):
    """A way round some addresses, and the transfers that go round it forward in time."""

    way: tuple[int, ...]
    transfers: Integers


def _most_alike(rounds: Sequence[_Round], bands: Bands) -> list[_Round]:
    """Keep of several ways round the same addresses the one with the most alike amounts, by way."""
    best: dict[tuple[int, ...], tuple[float, tuple[int, ...], Integers]] = {}
    for way, transfers in rounds:
        around = tuple(int(bands.target[band]) for band in way)
        amounts = bands.amount[list(way)]
        alike = float(amounts.max() / amounts.min())
        if around not in best or (alike, way) < best[around][:2]:
            best[around] = alike, way, transfers
    return sorted(
        (_Round(way, transfers) for _, way, transfers in best.values()), key=lambda each: each.way
    )


def _split(flat: Integers, lengths: Integers) -> Iterator[tuple[int, ...]]:
    end = np.cumsum(lengths)
    for start, stop in zip(end - lengths, end, strict=True):
        yield tuple(int(band) for band in flat[start:stop])


def _pattern(
    activity: Activity, bands: Bands, parameters: CycleParameters, each: _Round
) -> Pattern:
    way, transfers = each
    amounts = bands.amount[list(way)]
    ratio = float(amounts.max() / amounts.min())
    alike = 1 - (ratio - 1) / (parameters.alike_ratio - 1)
    volume = min(float(activity.amount_usd[transfers].sum()) / parameters.full_volume, 1.0)
    wash = (
        len(way) == _SHORTEST
        and float(amounts.std() / amounts.mean()) < parameters.wash_trading_variation
    )
    targets = [int(bands.target[band]) for band in way]
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


def _forward(activity: Activity, way: tuple[int, ...], bands: Bands) -> Integers:
    """Return the transfers of a way round that are part of a round forward in time, from whatever address on."""
    hops = [bands.transfers(band) for band in way]
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


@numba.njit(cache=True)
def search_cycles(  # noqa: C901, PLR0915, PLR0917 - a compiled kernel takes arrays and runs in one piece
    start: Integers,
    target: Integers,
    amount: Floats,
    max_length: int,
    alike_ratio: float,
    max_steps: int,
) -> tuple[Integers, Integers, int]:
    """Search the cycles of a graph in compressed rows.

    Returns the bands of all cycles one after the other, the length of each cycle, and from how many addresses the
    search was cut off after `max_steps` steps.
    """
    addresses = len(start) - 1
    found = numba.typed.List.empty_list(numba.int64)
    lengths = numba.typed.List.empty_list(numba.int64)
    node = np.zeros(max_length + 1, np.int64)
    taken = np.zeros(max_length + 1, np.int64)
    cursor = np.zeros(max_length + 1, np.int64)
    lowest = np.zeros(max_length + 1)
    highest = np.zeros(max_length + 1)
    on_path = np.zeros(addresses, np.bool_)
    cut_off = 0
    for root in range(addresses):
        depth = 0
        steps = 0
        node[0] = root
        cursor[0] = start[root]
        lowest[0] = np.inf
        highest[0] = 0.0
        on_path[root] = True
        while depth >= 0:
            here = node[depth]
            if cursor[depth] >= start[here + 1] or steps >= max_steps:
                on_path[here] = False
                depth -= 1
                continue
            band = cursor[depth]
            cursor[depth] += 1
            steps += 1
            after = target[band]
            if after < root:
                continue
            low = min(lowest[depth], amount[band])
            high = max(highest[depth], amount[band])
            if high > alike_ratio * low:
                continue
            taken[depth] = band
            if after == root:
                if depth >= 2:
                    lengths.append(depth + 1)
                    for i in range(depth + 1):
                        found.append(taken[i])
                continue
            if on_path[after] or depth + 1 >= max_length:
                continue
            depth += 1
            node[depth] = after
            cursor[depth] = start[after]
            lowest[depth] = low
            highest[depth] = high
            on_path[after] = True
        if steps >= max_steps:
            cut_off += 1
    flat = np.empty(len(found), np.int64)
    for i in range(len(found)):
        flat[i] = found[i]
    each = np.empty(len(lengths), np.int64)
    for i in range(len(lengths)):
        each[i] = lengths[i]
    return flat, each, cut_off
