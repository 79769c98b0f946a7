"""The bounded search for cycles: depth first, from the lowest-numbered address of each."""

from typing import NamedTuple

import numba
import numpy as np

from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.patterns.columns import as_array

_SHORTEST = 3


class BandGraph(NamedTuple):
    """Bands of alike payments as the edges of a graph in compressed rows.

    Attributes
    ----------
    start
        Place of each address's first outgoing band, and one past the last at the end.
    target, amount
        Recipient and mean amount of each band.
    first_moment
        Place of each band's first moment, and one past the last at the end.
    moment
        Times of the payments of each band, ascending within it.
    """

    start: Integers
    target: Integers
    amount: Floats
    first_moment: Integers
    moment: Integers


class SearchLimits(NamedTuple):
    """Bounds of the search.

    Attributes
    ----------
    max_length
        Addresses in a cycle.
    alike_ratio
        Largest amount of a cycle over its smallest.
    max_steps
        Steps of the search from one address; of a check whether money can go round, one for each payment on the way.
    all_steps
        Steps of all searches together; half of them are reserved in equal parts for every address, and what is left
        over falls to those after it.
    max_cycles
        Cycles kept of one address, the most alike.
    """

    max_length: int
    alike_ratio: float
    max_steps: int
    all_steps: int
    max_cycles: int


class Ways(NamedTuple):
    """Cycles as the search found them.

    Attributes
    ----------
    start
        Place of each cycle's first band, and one past the last at the end.
    band
        Bands of all cycles, one cycle after the other.
    ratio
        Largest amount of each cycle over its smallest.
    cut_off
        From how many addresses a bound kept the search from its end, or a cycle out.
    """

    start: Integers
    band: Integers
    ratio: Floats
    cut_off: int


class _Best(NamedTuple):
    """Room for the most alike cycles of one address: bands, length and ratio of each, the most alike first."""

    band: Integers
    length: Integers
    ratio: Floats


def search_cycles(graph: BandGraph, limits: SearchLimits) -> Ways:
    """Search cycles of at least three addresses whose payments can be made one after the other, all the way round."""
    best = _Best(
        np.zeros((limits.max_cycles, limits.max_length), np.int64),
        np.zeros(limits.max_cycles, np.int64),
        np.zeros(limits.max_cycles),
    )
    band, length, ratio, cut_off = walk_cycles(graph, limits, best)
    return Ways(np.concatenate([[0], np.cumsum(length)]), band, ratio, cut_off)


@numba.njit(cache=True)
def walk_cycles(  # noqa: C901, PLR0915 - a compiled kernel runs in one piece
    graph: BandGraph, limits: SearchLimits, best: _Best
) -> tuple[Integers, Integers, Floats, int]:
    """Search the cycles; return their bands, the length and ratio of each, and how many addresses were cut off."""
    addresses = len(graph.start) - 1
    found = numba.typed.List.empty_list(numba.int64)
    lengths = numba.typed.List.empty_list(numba.int64)
    ratios = numba.typed.List.empty_list(numba.float64)
    node = np.zeros(limits.max_length + 1, np.int64)
    taken = np.zeros(limits.max_length + 1, np.int64)
    cursor = np.zeros(limits.max_length + 1, np.int64)
    lowest = np.zeros(limits.max_length + 1)
    highest = np.zeros(limits.max_length + 1)
    on_path = np.zeros(addresses, np.bool_)
    roots = np.flatnonzero(graph.start[1:] > graph.start[:-1])
    reserve = limits.all_steps // max(2 * len(roots), 1)
    left, cut_off = limits.all_steps, 0
    for place in range(len(roots)):
        root = roots[place]
        allowed = min(limits.max_steps, left - reserve * (len(roots) - place - 1))
        depth, steps, kept, is_cut = 0, 0, 0, False
        node[0], cursor[0], lowest[0], highest[0] = root, graph.start[root], np.inf, 0.0
        on_path[root] = True
        while depth >= 0:
            here = node[depth]
            if cursor[depth] >= graph.start[here + 1] or steps >= allowed:
                is_cut |= cursor[depth] < graph.start[here + 1]
                on_path[here] = False
                depth -= 1
                continue
            band = cursor[depth]
            cursor[depth] += 1
            steps += 1
            after = graph.target[band]
            low = min(lowest[depth], graph.amount[band])
            high = max(highest[depth], graph.amount[band])
            if after < root or high > limits.alike_ratio * low:
                continue
            taken[depth] = band
            length = depth + 1
            if after == root and length >= _SHORTEST:
                room = kept < limits.max_cycles
                if room or high / low < best.ratio[kept - 1]:
                    steps += length * length
                    if goes_round(graph, taken[:length]):
                        is_cut |= not room
                        kept = keep_most_alike(best, kept, taken[:length], high / low)
                else:
                    is_cut = True
            if after == root or on_path[after] or length >= limits.max_length:
                continue
            depth += 1
            node[depth], cursor[depth], lowest[depth], highest[depth] = (
                after,
                graph.start[after],
                low,
                high,
            )
            on_path[after] = True
        for cycle in range(kept):
            lengths.append(best.length[cycle])
            ratios.append(best.ratio[cycle])
            for hop in range(best.length[cycle]):
                found.append(best.band[cycle, hop])
        left -= min(steps, allowed)
        cut_off += is_cut
    ratio = np.empty(len(ratios))
    for cycle in range(len(ratios)):
        ratio[cycle] = ratios[cycle]
    return as_array(found), as_array(lengths), ratio, cut_off


@numba.njit(cache=True)
def goes_round(graph: BandGraph, way: Integers) -> bool:
    """Whether from some address on each payment of a way can be later than the one before."""
    for first in range(len(way)):
        now = np.int64(-1) << 62
        hops = 0
        while hops < len(way):
            band = way[(first + hops) % len(way)]
            moments = graph.moment[graph.first_moment[band] : graph.first_moment[band + 1]]
            later = np.searchsorted(moments, now, side="right")
            if later == len(moments):
                break
            now = moments[later]
            hops += 1
        if hops == len(way):
            return True
    return False


@numba.njit(inline="always")
def keep_most_alike(best: _Best, kept: int, way: Integers, ratio: float) -> int:
    """Put a cycle among the most alike so far; return how many are kept then.

    Of those alike to the same degree the first found is better. Where there is no room, the least alike goes.
    """
    place = min(kept, len(best.ratio) - 1)
    while place > 0 and best.ratio[place - 1] > ratio:
        best.ratio[place] = best.ratio[place - 1]
        best.length[place] = best.length[place - 1]
        best.band[place] = best.band[place - 1]
        place -= 1
    best.ratio[place] = ratio
    best.length[place] = len(way)
    best.band[place, : len(way)] = way
    return min(kept + 1, len(best.ratio))
