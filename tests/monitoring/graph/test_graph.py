import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.graph.graph import Graph
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.simulation import SimulationConfig, simulate_economy
from tests.monitoring.graph.drawings import graph_of, hub_edges, random_edges

ECONOMY = hub_edges(3, 400)
BOUNDED = {"path_work": 0, "search_work": 0}
REPORTED = [
    "closeness",
    "betweenness",
    "khop2_count",
    "khop2_volume_usd",
    "khop3_count",
    "khop3_volume_usd",
]


def columns(graph: Graph) -> list[list[float]]:
    return [
        graph.pagerank.tolist(),
        graph.betweenness.tolist(),
        graph.closeness.tolist(),
        graph.clustering.tolist(),
        graph.core_numbers.tolist(),
        graph.communities.tolist(),
        graph.reach.counts.ravel().tolist(),
        *(each.to_list() for each in graph.reach.volumes),
    ]


def test_nothing_is_estimated_where_the_work_suffices() -> None:
    assert graph_of(ECONOMY).approximations == ()


def test_every_column_with_estimates_is_reported() -> None:
    reported = [each.column for each in graph_of(ECONOMY, **BOUNDED).approximations]
    assert reported == REPORTED


def test_estimates_depend_on_the_seed_alone_and_other_columns_not_even_on_that() -> None:
    one, again, other = (graph_of(ECONOMY, **BOUNDED, seed=seed) for seed in (1, 1, 2))
    assert columns(one) == columns(again)
    assert one.approximations == again.approximations
    assert one.betweenness.tolist() != other.betweenness.tolist()
    assert one.reach.counts.tolist() != other.reach.counts.tolist()
    assert columns(one)[3:6] == columns(other)[3:6]


def test_where_nothing_has_a_value_every_edge_weighs_1() -> None:
    edges = random_edges(6, 40, 120)
    without = graph_of(dict.fromkeys(edges, 0.0))
    ones = graph_of(dict.fromkeys(edges, 1.0))
    assert columns(without)[:6] == columns(ones)[:6]
    assert without.pagerank.tolist() != graph_of(edges).pagerank.tolist()


def test_clustering_counts_triangles_where_the_directions_kept_have_no_value() -> None:
    """Of each pair the second direction is kept, and worth nothing."""
    circle = {(0, 1): 5.0, (1, 0): 0.0, (1, 2): 5.0, (2, 1): 0.0, (0, 2): 5.0, (2, 0): 0.0}
    assert graph_of(circle).clustering.tolist() == [1, 1, 1]


PROGRAM = """
import hashlib, sys
import polars as pl
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import graph, neighbourhood
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.transfers import make_transfers
parameters = GraphParameters(path_work=0, search_work=0)
activity = Activity.of(make_transfers(pl.read_parquet(sys.argv[1])), parameters)
values = [str(list(column(activity))) for column in graph.COLUMNS + neighbourhood.COLUMNS]
print(hashlib.sha256("".join([*values, str(activity.graph.approximations)]).encode()).hexdigest())
"""


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_fresh_process_with_any_number_of_threads_and_any_order_gives_the_same_bits(
    tmp_path: Path, threads: str
) -> None:
    economy = simulate_economy(SimulationConfig(accounts=300, days=7)).transfers
    economy.sample(fraction=1, shuffle=True, seed=int(threads)).write_parquet(tmp_path / "t")
    limits = {
        "POLARS_MAX_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "NUMBA_NUM_THREADS": threads,
    }
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "t")],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | limits,
    ).stdout.strip()
    assert printed == digest(economy)


def digest(economy: pl.DataFrame) -> str:
    from aml_miner.monitoring.address_features import graph, neighbourhood

    parameters = GraphParameters(path_work=0, search_work=0)
    activity = Activity.of(make_transfers(economy), parameters)
    values = [str(list(column(activity))) for column in graph.COLUMNS + neighbourhood.COLUMNS]
    text = "".join([*values, str(activity.graph.approximations)])
    return hashlib.sha256(text.encode()).hexdigest()


def test_monitoring_measures_by_the_profile_and_reports_what_it_estimated() -> None:
    profile = load_profile()
    bounded = profile.model_copy(update={"graph": GraphParameters(path_work=0, search_work=0)})
    economy = simulate_economy(SimulationConfig(accounts=200, days=7))
    transfers = make_transfers(economy.transfers)
    assert monitor_transfers(transfers, profile, network="simulated").approximations == ()
    found = monitor_transfers(transfers, bounded, network="simulated").approximations
    assert [each.column for each in found] == REPORTED
    assert all(each.median_relative_error is not None for each in found)


def test_estimates_are_finite_for_an_economy_that_is_all_apart() -> None:
    """Pairs that know nobody else: no pivot reaches more than one address."""
    pairs = {(2 * i, 2 * i + 1): float(i) for i in range(100)}
    graph = graph_of(pairs, **BOUNDED)
    for values in columns(graph)[:7]:
        assert np.isfinite(values).all()
