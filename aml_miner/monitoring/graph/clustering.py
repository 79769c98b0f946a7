"""Clustering: how much money an address's counterparties move among themselves."""

import numba
import numpy as np

from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.groups import Floats, Integers, divide
from aml_miner.utils.elementary import cbrt


def clustering(graph: Rows) -> Floats:
    """Return the mean intensity of the triangles an address could be in.

    Intensity is the geometric mean of the triangle's weights as shares of the largest weight of the graph
    (Onnela et al., "Intensity and coherence of motifs in weighted complex networks", 2005).
    """
    root = cbrt(divide(graph.weight, graph.weight.max(keepdims=True)))
    triangles = triangle_intensity(graph.start, graph.other, root)
    return divide(2 * triangles, graph.count * (graph.count - 1))


@numba.njit(cache=True)
def triangle_intensity(  # noqa: C901 - a compiled kernel runs in one piece
    start: Integers, other: Integers, root: Floats
) -> Floats:
    """Sum over the triangles of each address the product of the weights' cube roots.

    Every edge is followed from its end of lower degree only, so that a hub's neighbours are never compared pairwise
    (Chiba and Nishizeki 1985): the work is at most edges^1.5.
    """
    addresses = len(start) - 1
    upper_start = np.zeros(addresses + 1, np.int64)
    upper = np.empty(len(other) // 2, np.int64)
    upper_root = np.empty(len(other) // 2)
    size = 0
    for address in range(addresses):
        degree = start[address + 1] - start[address]
        for edge in range(start[address], start[address + 1]):
            neighbour = other[edge]
            across = start[neighbour + 1] - start[neighbour]
            if across > degree or (across == degree and neighbour > address):
                upper[size] = neighbour
                upper_root[size] = root[edge]
                size += 1
        upper_start[address + 1] = size
    total = np.zeros(addresses)
    seen_from = np.full(addresses, -1)
    seen_root = np.zeros(addresses)
    for one in range(addresses):
        for edge in range(upper_start[one], upper_start[one + 1]):
            seen_from[upper[edge]] = one
            seen_root[upper[edge]] = upper_root[edge]
        for edge in range(upper_start[one], upper_start[one + 1]):
            two = upper[edge]
            for further in range(upper_start[two], upper_start[two + 1]):
                three = upper[further]
                if seen_from[three] == one:
                    intensity = upper_root[edge] * upper_root[further] * seen_root[three]
                    total[one] += intensity
                    total[two] += intensity
                    total[three] += intensity
    return total
