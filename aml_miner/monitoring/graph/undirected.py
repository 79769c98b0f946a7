"""The graph without directions: one edge for each pair of addresses with transfers either way."""

from dataclasses import dataclass

import numba
import numpy as np

from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.groups import Floats, Integers


@dataclass(frozen=True)
class Undirected:
    """Every pair of addresses, seen from both.

    Attributes
    ----------
    total
        Weighing the sum of both directions.
    one_way
        Weighing one direction alone where there are two: the one whose sender appears later when the edges are
        read in order, sender before recipient. So does the reference, whose conversion keeps what it reads last.
    """

    total: Rows
    one_way: Rows


def undirected(out: Rows, into: Rows) -> Undirected:
    """Join both directions of a graph."""
    start, other, total, one_way = join_directions(
        out.start, out.other, out.weight, into.start, into.other, into.weight, _appearance(out)
    )
    return Undirected(Rows(start, other, total), Rows(start, other, one_way))


def _appearance(out: Rows) -> Integers:
    """Place of each address's first mention in the list of edges."""
    mentions = np.column_stack([out.owner, out.other]).ravel()
    first = np.full(out.addresses, len(mentions))
    first[mentions[::-1]] = np.arange(len(mentions))[::-1]  # the last written, so the first, stays
    return first


@numba.njit(cache=True)
def join_directions(  # noqa: PLR0917 - a compiled kernel takes arrays
    out_start: Integers,
    out_other: Integers,
    out_weight: Floats,
    in_start: Integers,
    in_other: Integers,
    in_weight: Floats,
    appearance: Integers,
) -> tuple[Integers, Integers, Floats, Floats]:
    """Merge two sorted lists of neighbours per address; return starts, neighbours, sums and one-way weights."""
    addresses = len(out_start) - 1
    most = len(out_other) + len(in_other)
    start = np.zeros(addresses + 1, np.int64)
    other = np.empty(most, np.int64)
    total = np.empty(most)
    one_way = np.empty(most)
    size = 0
    for address in range(addresses):
        i, j = out_start[address], in_start[address]
        while i < out_start[address + 1] or j < in_start[address + 1]:
            sends = i < out_start[address + 1]
            receives = j < in_start[address + 1]
            if sends and receives and out_other[i] != in_other[j]:
                sends = out_other[i] < in_other[j]
                receives = not sends
            there = out_weight[i] if sends else 0.0
            back = in_weight[j] if receives else 0.0
            neighbour = out_other[i] if sends else in_other[j]
            later = receives and appearance[neighbour] > appearance[address]
            other[size] = neighbour
            total[size] = there + back
            one_way[size] = back if later or not sends else there
            size += 1
            i += sends
            j += receives
        start[address + 1] = size
    return start, other[:size].copy(), total[:size].copy(), one_way[:size].copy()
