from decimal import Decimal

import numpy as np
import pytest

from aml_miner.monitoring.graph.graph import Graph
from aml_miner.monitoring.graph.reach import spread_largest, spread_marks
from aml_miner.monitoring.graph.sketches import sketched_totals
from tests.monitoring.graph.drawings import Edges, graph_of, hub_edges, random_edges

ECONOMY = hub_edges(8, 2_000)
EXACT = graph_of(ECONOMY).reach


def bounded(edges: Edges, **parameters: int) -> Graph:
    return graph_of(edges, search_work=0, **parameters)


def test_volumes_are_exact_sums_of_what_passed_through_others() -> None:
    """0 pays 1, which pays 2 and 0 back: 0 has 0.30, 1 has 0.60 and 2 has 0.30 in all."""
    reach = graph_of({(0, 1): 0.1, (1, 2): 0.3, (1, 0): 0.2}).reach
    assert reach.counts.tolist() == [[1, 2, 2], [2, 2, 2], [0, 0, 0]]
    volumes = [each.to_list() for each in reach.volumes]
    assert volumes[0] == [Decimal("0.6"), Decimal("0.6"), Decimal(0)]
    assert volumes[1] == volumes[2] == [Decimal("0.9"), Decimal("0.6"), Decimal(0)]
    assert reach.approximations == ()


def test_the_first_hop_is_exact_whatever_the_bound() -> None:
    reach = bounded(ECONOMY).reach
    assert reach.counts[:, 0].tolist() == EXACT.counts[:, 0].tolist()
    assert reach.volumes[0].equals(EXACT.volumes[0])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("hop", "bound"), [(1, 0.06), (2, 0.06)])
def test_where_the_bound_bites_estimates_are_close(seed: int, hop: int, bound: float) -> None:
    reach = bounded(ECONOMY, seed=seed).reach
    for estimate, exact in (
        (reach.counts[:, hop], EXACT.counts[:, hop]),
        (reach.volumes[hop].to_numpy(), EXACT.volumes[hop].to_numpy()),
    ):
        some = exact > 0
        errors = np.abs(estimate.astype(float) - exact.astype(float))[some] / exact[some].astype(
            float
        )
        assert np.median(errors) < bound


def test_the_reported_error_is_that_of_the_estimates() -> None:
    reach = bounded(ECONOMY, hop_checks=2_000).reach
    reports = {each.column: each for each in reach.approximations}
    assert list(reports) == [
        "khop2_count",
        "khop2_volume_usd",
        "khop3_count",
        "khop3_volume_usd",
    ]
    exact = EXACT.counts[:, 2]
    errors = np.abs(reach.counts[:, 2] - exact)[exact > 0] / exact[exact > 0]
    report = reports["khop3_count"]
    assert report.approximated_addresses == (graph_of(ECONOMY).out.count > 0).sum()
    assert report.compared_addresses == (exact > 0).sum()
    assert report.median_relative_error == np.median(errors)


def test_a_bound_that_bites_for_some_leaves_the_others_exact() -> None:
    graph = graph_of(ECONOMY, search_work=2_000 * 40)
    (hop2, _, hop3, _) = graph.reach.approximations
    assert 0 < hop2.approximated_addresses < hop3.approximated_addresses < 2_000
    same = graph.reach.counts[:, 2] == EXACT.counts[:, 2]
    assert same.sum() >= 2_000 - hop3.approximated_addresses


def test_a_neighbourhood_around_a_known_hub_is_estimated_by_it() -> None:
    """1 to 99 reach in two hops whom the hub 0 reaches in one, which is known: the sketches' error is taken back.

    What is left is the address itself, which most registers do not notice among 2 901 others.
    """
    star = {(i, 0): 1.0 for i in range(1, 100)} | {(0, i): 1.0 for i in range(100, 3_000)}
    graph = bounded(star, sketch_size=64, seed=3)
    sketched = sketched_totals(graph.out, np.ones(3_000), 64, 3)[1:100, 1]
    assert np.median(np.abs(sketched - 2_902)) > 150
    assert np.median(np.abs(graph.reach.counts[1:100, 1] - 2_901)) <= 1
    volume = graph.reach.volumes[1].to_numpy().astype(float)[1:100]
    exact = graph_of(star).reach.volumes[1].to_numpy().astype(float)[1:100]
    assert np.median(np.abs(volume - exact) / exact) < 0.001


def test_only_the_third_hop_can_be_missing() -> None:
    """From 1 two hops take 38 edges, which are just allowed, from 0 three take 39."""
    chain = {(0, 1): 1.0, (1, 2): 1.0} | {(2, i): 1.0 for i in range(3, 40)}
    reports = graph_of(chain, search_work=40 * 38).reach.approximations
    assert [each.column for each in reports] == ["khop3_count", "khop3_volume_usd"]
    assert [each.approximated_addresses for each in reports] == [1, 1]


def test_estimates_of_volume_are_whole_cents_and_exact_values_as_exact_as_ever() -> None:
    parts = {(0, 1): 1 / 3, (1, 2): 0.125} | {(3, 0): 0.0625}
    wide = parts | {(2, i): 7.5 for i in range(4, 400)}
    _, two, three = bounded(wide).reach.volumes
    assert [amount % Decimal("0.01") for amount in two[[0, 1, 3]]] == [0, 0, 0]
    assert three[0] % Decimal("0.01") == 0
    assert three[2] == 396 * Decimal("7.5")


@pytest.mark.parametrize("seed", range(3))
def test_more_hops_never_reach_less_nor_more_than_there_is(seed: int) -> None:
    reach = bounded(random_edges(seed, 200, 500), seed=seed, sketch_size=64).reach
    assert (np.diff(reach.counts, axis=1) >= 0).all()
    assert reach.counts.max() <= 199
    one, two, three = (each.to_numpy() for each in reach.volumes)
    assert (one <= two).all()
    assert (two <= three).all()


def test_the_kernels_in_python_give_the_same() -> None:
    rows = graph_of(random_edges(2, 12, 30)).out
    marks = 1 << np.arange(12)
    joined = spread_marks(rows.start, rows.other, marks)
    assert joined.tolist() == spread_marks.py_func(rows.start, rows.other, marks).tolist()
    size, ratio = np.arange(12.0) % 5, np.arange(12.0)
    compiled = spread_largest(rows.start, rows.other, size, ratio)
    python = spread_largest.py_func(rows.start, rows.other, size, ratio)
    for one, other in zip(compiled, python, strict=True):
        assert one.tolist() == other.tolist()
    line = graph_of({(0, 1): 1.0, (1, 2): 1.0}).out
    largest, taken = spread_largest(
        line.start, line.other, np.array([1.0, 1.0, 7.0]), np.array([0.1, 0.2, 0.3])
    )
    assert (largest.tolist(), taken.tolist()) == ([1, 7, 7], [0.1, 0.3, 0.3])
