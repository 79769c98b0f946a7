"""Shortest paths from many addresses, or from all: what closeness and betweenness are computed from."""

from dataclasses import dataclass

import numba
import numpy as np

from aml_miner.monitoring.graph.hashing import drawn_order
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.graph.shortest_paths import (
    Scratch,
    clear,
    distances,
    new_scratch,
    search,
)
from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.utils.threads import in_threads

_MOST_PATHS = 1e300
"""Paths are counted as floats; from here on equally many to each, which keeps shares of them finite."""


@dataclass(frozen=True)
class PathSample:
    """Sums over the shortest paths from some senders, the pivots.

    Attributes
    ----------
    graph
        The directed graph, weighing the lengths of its edges.
    hub
        The address through which most pairs of neighbours are joined; of several the first.
    to_hub, from_hub
        Distance of every address to the hub and from it.
    senders
        Number of addresses that send; the others begin no path.
    halves
        The senders searched from, the pivots, in two halves: of those drawn first, third, … and second, fourth, …
    dependency
        For either half the sum over paths' ends of the share of shortest paths that lead through each address,
        shape (2, addresses).
    seen, far
        For the pivots that do not reach the hub and for those that do: how many of them reach each address,
        and the sum of their distances to it, shape (2, addresses).
    along
        Sum over the pivots that reach hub and address of the product of both distances.
    """

    graph: Rows
    hub: int
    to_hub: Floats
    from_hub: Floats
    senders: int
    halves: tuple[Integers, Integers]
    dependency: Floats
    seen: Floats
    far: Floats
    along: Floats

    @property
    def pivots(self) -> Integers:
        """All senders searched from."""
        return np.concatenate(self.halves)

    @property
    def is_exact(self) -> bool:
        """Whether every sender was searched from."""
        return len(self.pivots) == self.senders


def sample_paths(out: Rows, into: Rows, parameters: GraphParameters) -> PathSample:
    """Search from senders drawn by lot until the work is done, from all if it suffices, from some in any case.

    Every second one is searched from on a thread of its own, up to half of the work: which they are and what they
    add up to depends on no thread's speed.
    """
    senders = drawn_order(np.flatnonzero(out.count), out.addresses, parameters.seed)
    hub = int(np.argmax(out.count * into.count))
    to_hub = distances(into.start, into.other, into.weight, hub)

    def add_up(half: int) -> tuple[int, Floats, Floats, Floats, Floats]:
        return add_up_paths(
            out.start,
            out.other,
            out.weight,
            senders[half::2],
            to_hub,
            parameters.path_work // 2,
            (parameters.fewest_pivots + 1 - half) // 2,
            new_scratch(out.addresses, len(out.other)),
        )

    (odd, *of_odd), (even, *of_even) = in_threads(add_up, (0, 1), threads=2)
    dependency, *_ = sums = [np.stack(pair) for pair in zip(of_odd, of_even, strict=True)]
    seen, far, along = (each.sum(axis=0) for each in sums[1:])
    return PathSample(
        graph=out,
        hub=hub,
        to_hub=to_hub,
        from_hub=distances(out.start, out.other, out.weight, hub),
        senders=len(senders),
        halves=(senders[0::2][:odd], senders[1::2][:even]),
        dependency=dependency,
        seen=seen,
        far=far,
        along=along,
    )


@numba.njit(cache=True, nogil=True)
def add_up_paths(  # noqa: PLR0913, PLR0917 - a compiled kernel takes arrays
    start: Integers,
    other: Integers,
    length: Floats,
    senders: Integers,
    to_hub: Floats,
    most_work: int,
    fewest: int,
    scratch: Scratch,
) -> tuple[int, Floats, Floats, Floats, Floats]:
    """Search from one sender after the other; return how many, and the sums that `PathSample` describes of one half.

    Work is addresses settled and edges followed; once there is more than `most_work`, only the `fewest` are begun.
    """
    addresses = len(start) - 1
    dependency = np.zeros(addresses)
    seen = np.zeros((2, addresses))
    far = np.zeros((2, addresses))
    along = np.zeros(addresses)
    paths = np.zeros(addresses)
    shares = np.zeros(addresses)
    work = 0
    pivots = 0
    for source in senders:
        if work > most_work and pivots >= fewest:
            break
        settled, touches, steps, _ = search(start, other, length, source, len(other), scratch)
        work += settled + steps
        reaches_hub = 1 if to_hub[source] < np.inf else 0
        for i in range(1, settled):
            address = scratch.order[i]
            seen[reaches_hub, address] += 1
            far[reaches_hub, address] += scratch.distance[address]
            if reaches_hub:
                along[address] += to_hub[source] * scratch.distance[address]
        add_dependencies(settled, scratch, paths, shares, dependency)
        clear(scratch, touches)
        pivots += 1
    return pivots, dependency, seen, far, along


@numba.njit(cache=True)
def add_dependencies(
    settled: int, scratch: Scratch, paths: Floats, shares: Floats, dependency: Floats
) -> None:
    """Add for each address the share of shortest paths through it, over all ends of a search's paths.

    Paths are counted from the source outwards, and their shares handed back from the farthest address inwards
    (Brandes, "A faster algorithm for betweenness centrality", 2001).
    """
    order, last, before, rest = scratch.order, scratch.last, scratch.before, scratch.rest
    paths[order[0]] = 1.0
    for i in range(1, settled):
        address = order[i]
        counted = 0.0
        entry = last[address]
        while entry >= 0:
            counted += min(paths[before[entry]], _MOST_PATHS)
            entry = rest[entry]
        paths[address] = counted
        shares[address] = 0.0
    shares[order[0]] = 0.0
    for i in range(settled - 1, 0, -1):
        address = order[i]
        each = (1 + shares[address]) / paths[address]
        entry = last[address]
        while entry >= 0:
            shares[before[entry]] += min(paths[before[entry]], _MOST_PATHS) * each
            entry = rest[entry]
        dependency[address] += shares[address]
