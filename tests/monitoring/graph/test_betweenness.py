import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from aml_miner.monitoring.graph.betweenness import betweenness_approximation
from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.groups import Floats
from tests.monitoring.graph.drawings import Edges, graph_of, random_edges, rows_of


def betweenness(edges: Edges) -> list[float]:
    return graph_of(edges).betweenness.tolist()


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({(0, 1): 5.0}, [0, 0]),
        # one of the two ordered pairs of the others: from 0 to 2
        ({(0, 1): 5.0, (1, 2): 5.0}, [0, 1 / 2, 0]),
        # the direct payment is the longer way
        ({(0, 1): 5.0, (1, 2): 5.0, (0, 2): 11.0}, [0, 1 / 2, 0]),
        # as long as the way over 1: half of the paths
        ({(0, 1): 5.0, (1, 2): 5.0, (0, 2): 10.0}, [0, 1 / 4, 0]),
        # from 0 to 3 over 1 or 2, half each, of 3 · 2 pairs
        (
            {(0, 1): 1.0, (0, 2): 1.0, (1, 3): 1.0, (2, 3): 1.0},
            [0, 1 / 12, 1 / 12, 0],
        ),
        # of no length: 0 to 3 over 1 and over 2, of two hops each; 1 to 2 to 3 is no detour
        (
            {(0, 1): 0.0, (0, 2): 0.0, (1, 2): 0.0, (1, 3): 0.0, (2, 3): 0.0, (3, 4): 1.0},
            [0, 1 / 12, 1 / 12, 3 / 12, 0],
        ),
    ],
)
def test_betweenness_of_small_graphs(edges: Edges, expected: list[float]) -> None:
    np.testing.assert_allclose(betweenness(edges), expected, rtol=1e-12)


def by_definition(rows: Rows) -> Floats:
    """Share of the shortest paths between all pairs, counted pair by pair."""
    size = rows.addresses
    matrix = csr_array((rows.weight, rows.other, rows.start), shape=(size, size))
    far = dijkstra(matrix)
    paths = np.zeros((size, size))
    for source in range(size):
        paths[source, source] = 1
        for address in np.argsort(far[source], kind="stable")[1:]:
            into = np.flatnonzero(rows.other == address)
            before = rows.owner[into]
            last = far[source, before] + rows.weight[into] == far[source, address]
            paths[source, address] = paths[source, before[last]].sum()
    total = np.zeros(size)
    for one in range(size):
        for two in np.flatnonzero(np.isfinite(far[one])):
            through = far[one] + far[:, two] == far[one, two]
            through[[one, two]] = False
            total += np.where(through, paths[one] * paths[:, two], 0) / paths[one, two]
    return total / ((size - 1) * (size - 2))


@pytest.mark.parametrize("seed", range(4))
def test_betweenness_is_what_its_definition_says(seed: int) -> None:
    edges = random_edges(seed, 40, 60 * (seed + 1))
    np.testing.assert_allclose(
        betweenness(edges), by_definition(rows_of(edges)), rtol=1e-12, atol=1e-15
    )


def test_more_paths_than_a_float_can_count_leave_shares_right() -> None:
    """A thousand diamonds in a row: 2 to the power of 1 100 paths, half of them over either side of each diamond.

    Before diamond i lie 3i + 1 addresses, and so many of the others behind it.
    """
    diamonds = 1_100
    edges = {
        edge: 1.0
        for i in range(0, 3 * diamonds, 3)
        for edge in ((i, i + 1), (i, i + 2), (i + 1, i + 3), (i + 2, i + 3))
    }
    graph = graph_of(edges)
    i = np.arange(diamonds)
    pairs = 3 * diamonds * (3 * diamonds - 1)
    expected = (3 * i + 1) * (3 * (diamonds - 1 - i) + 1) / 2 / pairs
    np.testing.assert_allclose(graph.betweenness[1::3], expected[:diamonds], rtol=1e-9)
    np.testing.assert_allclose(graph.betweenness[2::3], expected[:diamonds], rtol=1e-9)


ECONOMY = random_edges(11, 300, 1_200)


def test_the_estimate_from_some_senders_is_right_on_average() -> None:
    exact = graph_of(ECONOMY).betweenness
    estimates = [
        graph_of(ECONOMY, path_work=0, fewest_pivots=30, seed=seed).betweenness
        for seed in range(200)
    ]
    deviation = np.mean(estimates, axis=0) - exact
    standard_error = np.std(estimates, axis=0) / np.sqrt(200)
    assert np.abs(deviation / np.maximum(standard_error, 1e-12)).max() < 5
    assert abs(deviation.sum()) < 0.02 * exact.sum()


def test_what_bites_is_reported_with_the_deviation_of_both_halves() -> None:
    """For as many pivots, the halves' deviation is of the size of the estimate's true error."""
    exact = graph_of(ECONOMY)
    some = graph_of(ECONOMY, path_work=0, fewest_pivots=64)
    assert betweenness_approximation(exact._paths) is None
    report = betweenness_approximation(some._paths)
    assert report is not None
    assert report.column == "betweenness"
    assert report.approximated_addresses == 300
    assert report.compared_addresses > 200
    both = exact.betweenness > 0
    errors = np.abs(some.betweenness - exact.betweenness)[both] / exact.betweenness[both]
    assert report.median_relative_error == pytest.approx(np.median(errors), rel=0.3)
