"""Graphs for tests: drawn by hand as a dictionary of edges, or at random from a seed."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from aml_miner.batch.schemas import MONEY
from aml_miner.monitoring.graph.graph import Graph
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.graph.undirected import Undirected, undirected
from aml_miner.monitoring.groups import Floats

type Edges = Mapping[tuple[int, int], float]
"""Weight of each edge by its ends, which are numbered from 0."""


def rows_of(edges: Edges, addresses: int | None = None) -> Rows:
    ordered = sorted(edges)
    owner = np.array([one for one, _ in ordered], np.int64)
    other = np.array([two for _, two in ordered], np.int64)
    weight = np.array([float(edges[pair]) for pair in ordered])
    count = addresses or int(max(owner.max(), other.max())) + 1
    return Rows.of(owner, other, weight, count)


def undirected_of(edges: Edges) -> Undirected:
    out = rows_of(edges)
    return undirected(out, out.reversed())


def random_edges(
    seed: int, addresses: int, edges: int, *, least: int = 1, most: int = 5
) -> dict[tuple[int, int], float]:
    """Draw edges of whole weights, few enough for many paths of equal length."""
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, addresses, (edges, 2))
    weights = rng.integers(least, most + 1, edges)
    drawn = {
        (int(one), int(two)): float(weight)
        for (one, two), weight in zip(ends, weights, strict=True)
        if one != two
    }
    return {**drawn, (addresses - 1, 0): 1.0}  # so that the last address is in


def hub_edges(seed: int, addresses: int) -> dict[tuple[int, int], float]:
    """Draw an economy around address 0, which a third of all pay and which pays a third of all."""
    rng = np.random.default_rng(seed)
    edges = random_edges(seed, addresses, 2 * addresses)
    amounts = rng.lognormal(5, 2, (2, addresses)).round(2)
    for address in range(1, addresses):
        if address % 3 == 0:
            edges[address, 0] = float(amounts[0, address])
        if address % 3 == 1:
            edges[0, address] = float(amounts[1, address])
    return edges


def dense(rows: Rows) -> Floats:
    """Matrix of weights; not a number where there is no edge."""
    matrix = np.full((rows.addresses, rows.addresses), np.nan)
    matrix[rows.owner, rows.other] = rows.weight
    return matrix


def graph_of(edges: Edges, **parameters: int) -> Graph:
    out = rows_of(edges)
    table = pl.DataFrame(
        {
            "source": out.owner,
            "target": out.other,
            "amount_usd": pl.Series(out.weight).cast(MONEY),
        }
    )
    return Graph.of(table, volume_of(out), GraphParameters(**parameters))


def volume_of(out: Rows) -> pl.Series:
    sent = np.bincount(out.owner, out.weight, out.addresses)
    received = np.bincount(out.other, out.weight, out.addresses)
    return pl.Series((sent + received).round(2)).cast(MONEY)
