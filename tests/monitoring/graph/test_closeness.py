import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from aml_miner.monitoring.graph.closeness import search_each
from aml_miner.monitoring.graph.graph import Graph
from aml_miner.monitoring.graph.shortest_paths import new_scratch
from aml_miner.monitoring.groups import Floats
from tests.monitoring.graph.drawings import (
    Edges,
    graph_of,
    hub_edges,
    random_edges,
    rows_of,
)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({(0, 1): 4.0}, [0, 1 / 4]),
        # both others reach 1, at distances that add up to 6: 2 / 6 · 2 / 2
        ({(0, 1): 2.0, (2, 1): 4.0}, [0, 1 / 3, 0]),
        # 0 alone of the two others reaches 1; both reach 2, at 2 and 5
        ({(0, 1): 3.0, (1, 2): 2.0}, [0, 1 / 3 / 2, 2 / 7]),
        # over 1 it is 2 to 2, although the payment itself was 9
        ({(0, 1): 1.0, (1, 2): 1.0, (0, 2): 9.0}, [0, 1 / 2, 2 / 3]),
        # 1 lies where 0 lies: no distance, no closeness
        ({(0, 1): 0.0, (0, 2): 5.0}, [0, 0, 1 / 5 / 2]),
    ],
)
def test_closeness_of_small_graphs(edges: Edges, expected: list[float]) -> None:
    np.testing.assert_allclose(graph_of(edges).closeness, expected, rtol=1e-12)


def by_definition(edges: Edges) -> Floats:
    rows = rows_of(edges)
    size = rows.addresses
    far = dijkstra(csr_array((rows.weight, rows.other, rows.start), shape=(size, size)))
    reach = np.isfinite(far).sum(axis=0) - 1
    total = np.where(np.isfinite(far), far, 0).sum(axis=0)
    return np.divide(reach * reach, total * (size - 1), where=total > 0, out=np.zeros(size))


@pytest.mark.parametrize("seed", range(4))
def test_closeness_is_what_its_definition_says(seed: int) -> None:
    edges = random_edges(seed, 80, 50 * (seed + 1))
    np.testing.assert_allclose(graph_of(edges).closeness, by_definition(edges), rtol=1e-12)


def estimated(edges: Edges, **parameters: int) -> Graph:
    return graph_of(edges, path_work=0, **parameters)


ECONOMY = hub_edges(5, 1_500)


def test_the_estimate_is_close_and_its_reported_error_is_the_error() -> None:
    exact = by_definition(ECONOMY)
    graph = estimated(ECONOMY, fewest_pivots=64, path_checks=200, search_work=0)
    some = exact > 0
    errors = np.abs(graph.closeness - exact)[some] / exact[some]
    assert np.median(errors) < 0.05
    (report,) = [each for each in graph.approximations if each.column == "closeness"]
    assert report.compared_with == "exact values"
    assert 150 < report.compared_addresses <= 200
    assert report.median_relative_error == pytest.approx(np.median(errors), rel=0.25)


def test_where_all_ways_lead_over_the_hub_the_estimate_is_exact() -> None:
    """Distances are the way to 0 plus the way from 0, so a line through those of the pivots fits all.

    Amounts differ by six orders of magnitude: the mean distance of the pivots alone would be far off.
    """
    amounts = np.random.default_rng(3).lognormal(5, 4, (2, 400))
    star = {(i, 0): float(amounts[0, i]) for i in range(1, 400)}
    star |= {(0, i): float(amounts[1, i]) for i in range(1, 400)}
    np.testing.assert_allclose(
        estimated(star, fewest_pivots=40).closeness, by_definition(star), rtol=1e-6
    )


def test_an_address_no_hub_reaches_is_solved_exactly() -> None:
    """Beside the economy around 0, 1500 to 1503 pay each other in a line; the last two pay into the economy."""
    line = {(1500, 1501): 3.0, (1501, 1502): 4.0, (1502, 1503): 5.0, (1503, 0): 1.0}
    edges = ECONOMY | line
    graph = estimated(edges)
    apart = by_definition(edges)[1500:1504]
    np.testing.assert_allclose(graph.closeness[1500:1504], apart, rtol=1e-12)
    (report,) = [each for each in graph.approximations if each.column == "closeness"]
    assert report.approximated_addresses <= 1_500


def test_without_work_for_single_addresses_those_apart_are_estimated_plainly() -> None:
    """Eight of the nine others that send are searched from, each as often as every other."""
    fan = {(i, 9): 2.0 for i in range(9)}
    graph = estimated(fan, fewest_pivots=8, search_work=0)
    np.testing.assert_allclose(graph.closeness[9], by_definition(fan)[9], rtol=1e-12)
    assert graph.closeness[:9].tolist() == [0] * 9


def test_senders_that_do_not_reach_the_hub_count_where_they_reach() -> None:
    """5 receives over the hub 0 from 1 and 3, and from 100 payers of its own that reach nobody else."""
    edges = {(1, 0): 2.0, (3, 0): 2.0, (0, 2): 2.0, (0, 4): 2.0, (0, 5): 2.0}
    edges |= {(i, 5): 6.0 for i in range(6, 106)}
    edges |= {(i, 0): 2.0 for i in range(106, 206)}
    graph = estimated(edges, fewest_pivots=150)
    np.testing.assert_allclose(graph.closeness, by_definition(edges), rtol=0.05)


def test_the_kernel_in_python_gives_the_same() -> None:
    into = rows_of(random_edges(6, 30, 90)).reversed()
    arguments = (into.start, into.other, into.weight, np.arange(30), 40)
    compiled = search_each(*arguments, new_scratch(30, len(into.other)))
    python = search_each.py_func(*arguments, new_scratch(30, len(into.other)))
    for one, other in zip(compiled, python, strict=True):
        np.testing.assert_array_equal(one, other)
    assert 0 < compiled[2].sum() < 30
