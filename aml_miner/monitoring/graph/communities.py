"""Communities: addresses that deal with each other more than with the rest.

Found by the Louvain method (Blondel et al., "Fast unfolding of communities in large networks", 2008): addresses join
the neighbouring community that raises modularity most, then each community is taken for one address, and so on until
nothing moves. Addresses are visited in the order of their numbers and ties go to the lowest community, so that
nothing is left to chance. At the end a community that is not connected is split.
"""

import numba
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.groups import Floats, Integers


def communities(graph: Rows, most_passes: int) -> Integers:
    """Return the community of each address: 0 the largest; of equally large ones the first has the lowest address.

    Parameters
    ----------
    graph
        Undirected.
    most_passes
        How often the addresses are gone through at most before communities are taken for addresses.
    """
    member = np.arange(graph.addresses)
    level = graph
    while True:
        joined = _renumbered(join_communities(level.start, level.other, level.weight, most_passes))
        member = joined[member]
        groups = int(joined.max()) + 1
        if groups == level.addresses:
            return _canonical(_connected(graph, member))
        level = Rows(*merge_communities(level.start, level.other, level.weight, joined, groups))


def _renumbered(community: Integers) -> Integers:
    """Number communities from 0 without gaps, in the order of their numbers."""
    numbers: Integers = np.unique(community, return_inverse=True)[1]
    return numbers


def _connected(graph: Rows, member: Integers) -> Integers:
    """Split communities into their connected parts."""
    inside = member[graph.owner] == member[graph.other]
    owner, other = graph.owner[inside], graph.other[inside]
    shape = (graph.addresses, graph.addresses)
    edges = csr_array((np.ones(len(owner)), (owner, other)), shape=shape)
    _, parts = connected_components(edges, directed=False)
    return np.asarray(parts, np.int64)


def _canonical(member: Integers) -> Integers:
    """Number communities by size, the largest first, then by their lowest address."""
    _, lowest, number, size = np.unique(
        member, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(size), np.int64)
    rank[np.lexsort((lowest, -size))] = np.arange(len(size))
    return rank[number]


@numba.njit(cache=True)
def join_communities(  # noqa: C901, PLR0912, PLR0915 - a compiled kernel runs in one piece
    start: Integers, other: Integers, weight: Floats, most_passes: int
) -> Integers:
    """Move addresses, each a community at first, to the neighbouring community that raises modularity most.

    Moving an address of strength s into a community of total strength t that it has links l to is worth l − s·t / 2m,
    where 2m is the strength of all. An address is looked at again only after a neighbour moved.
    """
    addresses = len(start) - 1
    strength = np.zeros(addresses)
    for address in range(addresses):
        for edge in range(start[address], start[address + 1]):
            strength[address] += weight[edge]
    everything = strength.sum()
    community = np.arange(addresses)
    total = strength.copy()
    links = np.zeros(addresses)
    near = np.empty(addresses, np.int64)
    stirred = np.ones(addresses, np.bool_)
    for _ in range(most_passes):
        moves = 0
        for address in range(addresses):
            if not stirred[address] or everything == 0:
                continue
            stirred[address] = False
            own = community[address]
            total[own] -= strength[address]
            count = 0
            for edge in range(start[address], start[address + 1]):
                group = community[other[edge]]
                if other[edge] == address or weight[edge] == 0:
                    continue
                if links[group] == 0:
                    near[count] = group
                    count += 1
                links[group] += weight[edge]
            best = own
            best_worth = links[own] - strength[address] * total[own] / everything
            for i in range(count):
                group = near[i]
                worth = links[group] - strength[address] * total[group] / everything
                if worth > best_worth or (worth == best_worth and group < best and best != own):
                    best, best_worth = group, worth
            for i in range(count):
                links[near[i]] = 0.0
            total[best] += strength[address]
            if best == own:
                continue
            community[address] = best
            moves += 1
            for edge in range(start[address], start[address + 1]):
                if community[other[edge]] != best:
                    stirred[other[edge]] = True
        if moves == 0:
            break
    return community


@numba.njit(cache=True)
def merge_communities(
    start: Integers, other: Integers, weight: Floats, member: Integers, groups: int
) -> tuple[Integers, Integers, Floats]:
    """Take each community for one address; links inside become an edge to itself."""
    addresses = len(start) - 1
    first = np.zeros(groups + 1, np.int64)
    for address in range(addresses):
        first[member[address] + 1] += 1
    first = np.cumsum(first)
    order = np.argsort(member, kind="mergesort")
    merged_start = np.zeros(groups + 1, np.int64)
    merged_other = np.empty(len(other), np.int64)
    merged_weight = np.empty(len(other))
    place = np.full(groups, -1)
    size = 0
    for group in range(groups):
        begin = size
        for i in range(first[group], first[group + 1]):
            for edge in range(start[order[i]], start[order[i] + 1]):
                across = member[other[edge]]
                if place[across] < begin:
                    place[across] = size
                    merged_other[size] = across
                    merged_weight[size] = 0.0
                    size += 1
                merged_weight[place[across]] += weight[edge]
        merged_start[group + 1] = size
    return merged_start, merged_other[:size].copy(), merged_weight[:size].copy()
