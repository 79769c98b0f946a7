"""Cores: how densely an address's surroundings hold together."""

import numba
import numpy as np

from aml_miner.monitoring.groups import Integers


@numba.njit(cache=True)
def core_numbers(start: Integers, other: Integers) -> Integers:
    """Return the largest k for which each address is in a group whose members each have k neighbours inside.

    Addresses lie in bins of their remaining degree, and the least connected is taken out first, each edge being
    followed once from either end (Batagelj and Zaveršnik, "An O(m) algorithm for cores decomposition", 2003).
    """
    addresses = len(start) - 1
    degree = start[1:] - start[:-1]
    bin_start = np.zeros(degree.max() + 2, np.int64)
    for address in range(addresses):
        bin_start[degree[address] + 1] += 1
    bin_start = np.cumsum(bin_start)
    order = np.empty(addresses, np.int64)
    place = np.empty(addresses, np.int64)
    filled = bin_start.copy()
    for address in range(addresses):
        place[address] = filled[degree[address]]
        order[place[address]] = address
        filled[degree[address]] += 1
    for i in range(addresses):
        address = order[i]
        for edge in range(start[address], start[address + 1]):
            neighbour = other[edge]
            if degree[neighbour] > degree[address]:
                first = bin_start[degree[neighbour]]
                swapped = order[first]
                order[place[neighbour]] = swapped
                place[swapped] = place[neighbour]
                order[first] = neighbour
                place[neighbour] = first
                bin_start[degree[neighbour]] += 1
                degree[neighbour] -= 1
    return degree
