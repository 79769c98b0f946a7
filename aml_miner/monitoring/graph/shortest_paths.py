"""Shortest paths from one address: the search on which closeness and betweenness rest.

The length of an edge is the USD that went over it, as in the reference; without any USD every edge is of length 1.

Among edges of no length a path could go round in circles, so they are followed breadth first: of addresses at one
distance, those entered over an edge of some length come first, then those one edge of no length further, and so on,
and an edge belongs to a shortest path only where it leads from one of these levels to the next.
Where every edge has a length, the paths are those of the usual definition.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.groups import Floats, Integers

type ShortIntegers = NDArray[np.int32]


class Scratch(NamedTuple):
    """Memory of a search, clean between searches.

    Attributes
    ----------
    distance, level
        Of each address; infinite and 0 where it was not reached.
    order
        The settled addresses, in the order they were settled.
    touched
        The addresses whose distance is not infinite.
    last, before, rest
        Edges of shortest paths, as a list for each address: `last` its first entry, of every entry `before` the address
        the edge comes from, and `rest` the entry after it or -1.
    keys, nodes
        A heap of addresses by distance, with four below each, outdated entries among them.
    waiting
        Addresses entered over an edge of no length.
    """

    distance: Floats
    level: ShortIntegers
    order: ShortIntegers
    touched: ShortIntegers
    last: ShortIntegers
    before: ShortIntegers
    rest: ShortIntegers
    keys: Floats
    nodes: ShortIntegers
    waiting: ShortIntegers


def new_scratch(addresses: int, edges: int) -> Scratch:
    """Return memory for searches in a graph of this size."""

    def numbers(count: int) -> ShortIntegers:
        """Return so many zeros."""
        return np.zeros(count, np.int32)

    return Scratch(
        distance=np.full(addresses, np.inf),
        level=numbers(addresses),
        order=numbers(addresses),
        touched=numbers(addresses),
        last=numbers(addresses),
        before=numbers(edges),
        rest=numbers(edges),
        keys=np.zeros(edges + 1),
        nodes=numbers(edges + 1),
        waiting=numbers(addresses),
    )


@numba.njit(cache=True)
def search(  # noqa: C901, PLR0912, PLR0915, PLR0917 - a compiled kernel takes arrays and runs in one piece
    start: Integers,
    other: Integers,
    length: Floats,
    source: int,
    most_steps: int,
    scratch: Scratch,
) -> tuple[int, int, int, bool]:
    """Settle addresses in order of their distance from `source` (Dijkstra), following at most `most_steps` edges.

    Returns how many addresses were settled and how many touched, how many edges were followed, and whether all that
    can be reached was settled. `clear` the scratch afterwards.
    """
    distance, level, order, touched, last, before, rest, keys, nodes, waiting = scratch
    distance[source] = 0.0
    last[source] = -1
    touched[0] = source
    keys[0] = 0.0
    nodes[0] = source
    now = 0.0
    size = touches = 1
    settled = entries = steps = front = back = 0
    while size > 0 or front < back:
        if front < back and (size == 0 or keys[0] > now):
            here = waiting[front]
            front += 1
        else:
            here = nodes[0]
            now = keys[0]
            size -= 1
            key, node = keys[size], nodes[size]
            hole, below = 0, 1
            while below < size:
                least = below
                for i in range(below + 1, min(below + 4, size)):
                    if keys[i] < keys[least]:
                        least = i
                if keys[least] >= key:
                    break
                keys[hole], nodes[hole] = keys[least], nodes[least]
                hole, below = least, 4 * least + 1
            keys[hole], nodes[hole] = key, node
            if now > distance[here]:
                continue
        steps += start[here + 1] - start[here]
        if steps > most_steps:
            return settled, touches, steps, False
        order[settled] = here
        settled += 1
        for edge in range(start[here], start[here + 1]):
            there = other[edge]
            away = distance[here] + length[edge]
            if away > distance[there]:
                continue
            deeper = level[here] + 1 if away == distance[here] else 0
            if away == distance[there]:
                if deeper == level[there]:
                    before[entries], rest[entries] = here, last[there]
                    last[there] = entries
                    entries += 1
                continue
            if distance[there] == np.inf:
                touched[touches] = there
                touches += 1
            distance[there], level[there] = away, deeper
            before[entries], rest[entries] = here, -1
            last[there] = entries
            entries += 1
            if deeper > 0:
                waiting[back] = there
                back += 1
                continue
            hole = size
            size += 1
            while hole > 0 and keys[(hole - 1) // 4] > away:
                above = (hole - 1) // 4
                keys[hole], nodes[hole] = keys[above], nodes[above]
                hole = above
            keys[hole], nodes[hole] = away, there
    return settled, touches, steps, True


@numba.njit(cache=True)
def clear(scratch: Scratch, touches: int) -> None:
    """Forget a search that touched so many addresses."""
    for i in range(touches):
        address = scratch.touched[i]
        scratch.distance[address] = np.inf
        scratch.level[address] = 0


def distances(start: Integers, other: Integers, length: Floats, source: int) -> Floats:
    """Return the distance of every address from one; infinite where it cannot be reached."""
    scratch = new_scratch(len(start) - 1, len(other))
    search(start, other, length, source, len(other), scratch)
    return scratch.distance
