"""What lies within three hops along the edges, solved by a search from each address."""

import numba
import numpy as np

from aml_miner.monitoring.groups import Integers

HOPS = 3


@numba.njit(cache=True)
def search_hops(  # noqa: PLR0915 - a compiled kernel runs in one piece
    start: Integers, other: Integers, limbs: Integers, addresses: Integers, most_steps: int
) -> tuple[Integers, Integers, Integers]:
    """Search breadth first from each of some addresses, up to three hops.

    Returns for each how many other addresses lie within 1, 2 and 3 hops, shape (addresses, 3); the sum of the limbs
    of those, shape (addresses, 3, limbs); and how many hops were solved: 3, or fewer where the next one would have
    taken the edges followed above `most_steps`. The first is always solved; what was not is 0.
    """
    sizes = np.zeros((len(addresses), HOPS), np.int64)
    sums = np.zeros((len(addresses), HOPS, limbs.shape[1]), np.int64)
    solved = np.zeros(len(addresses), np.int64)
    seen_by = np.full(len(start) - 1, -1)
    queue = np.empty(len(start) - 1, np.int64)
    total = np.zeros(limbs.shape[1], np.int64)
    for i in range(len(addresses)):
        centre = addresses[i]
        seen_by[centre] = i
        queue[0] = centre
        front, back = 0, 1
        total[:] = 0
        steps, ahead = 0, start[centre + 1] - start[centre]
        for hop in range(HOPS):
            steps += ahead
            if hop > 0 and steps > most_steps:
                break
            ahead = 0
            ring = back
            while front < ring:
                here = queue[front]
                front += 1
                for edge in range(start[here], start[here + 1]):
                    there = other[edge]
                    if seen_by[there] == i:
                        continue
                    seen_by[there] = i
                    queue[back] = there
                    back += 1
                    ahead += start[there + 1] - start[there]
                    for k in range(limbs.shape[1]):
                        total[k] += limbs[there, k]
            sizes[i, hop] = back - 1
            sums[i, hop] = total
            solved[i] = hop + 1
    return sizes, sums, solved
