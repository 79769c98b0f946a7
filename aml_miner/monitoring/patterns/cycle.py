"""Cycles: money that comes back to where it left, in amounts alike.

Simple directed cycles of three addresses and more, found by a depth-first search from the lowest-numbered address
of each, over bands of alike amounts. The search is bounded by length, by the ratio of the largest amount to the
smallest, and by a number of steps for each starting address; where that last bound bites, it is counted and reported.
"""

from collections.abc import Iterator

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
    """Find cycles whose amounts are alike.

    Each cycle begins at its lowest-numbered address, and every address sends to the next. Of several ways round the
    same addresses the one with the most alike amounts is kept.

    Risk is .4 + .3·alikeness of the amounts + .2 if the payments can be followed forward in time
    + .1·min(volume / 10 000, 1), our choice.
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
    ways = sorted(_most_alike(flat, lengths, bands).values())
    return Detected([_pattern(activity, bands, parameters, way) for way in ways], cut_off)


def _most_alike(
    flat: Integers, lengths: Integers, bands: Bands
) -> dict[tuple[int, ...], tuple[int, ...]]:
    best: dict[tuple[int, ...], tuple[float, tuple[int, ...]]] = {}
    for way in _split(flat, lengths):
        around = tuple(int(bands.target[band]) for band in way)
        amounts = bands.amount[list(way)]
        candidate = (float(amounts.max() / amounts.min()), way)
        best[around] = min(best.get(around, candidate), candidate)
    return {around: way for around, (_, way) in best.items()}


def _split(flat: Integers, lengths: Integers) -> Iterator[tuple[int, ...]]:
    end = np.cumsum(lengths)
    for start, stop in zip(end - lengths, end, strict=True):
        yield tuple(int(band) for band in flat[start:stop])


def _pattern(
    activity: Activity, bands: Bands, parameters: CycleParameters, way: tuple[int, ...]
) -> Pattern:
    hops = [bands.transfers(band) for band in way]
    amounts = bands.amount[list(way)]
    transfers = np.sort(np.concatenate(hops))
    ratio = float(amounts.max() / amounts.min())
    alike = 1 - (ratio - 1) / (parameters.alike_ratio - 1)
    in_order = _in_time_order([activity.timestamp[hop] for hop in hops])
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
        risk=0.4 + 0.3 * alike + 0.2 * in_order + 0.1 * volume,
        detection_method=_METHOD,
        facts={
            "length": len(way),
            "largest_over_smallest_amount": round(ratio, 4),
            "in_time_order": in_order,
            "wash_trading": wash,
        },
    )


def _in_time_order(hops: list[Integers]) -> bool:
    """Whether, from some address on, each hop has a transfer later than the one taken before it."""
    return any(_runs_forward(hops[i:] + hops[:i]) for i in range(len(hops)))


def _runs_forward(hops: list[Integers]) -> bool:
    now = int(hops[0].min())
    for hop in hops[1:]:
        later = hop[hop > now]
        if not len(later):
            return False
        now = int(later.min())
    return True


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
