"""The graph's columns in the five transfers of `week_rows`, and on the reference's network.

Edges of the week: a to b 400 USD, b to a 200, a to c 1000, c to d 0.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_columns, graph
from aml_miner.monitoring.transfers import make_transfers, read_transfers_file

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]


def test_pagerank_follows_the_usd(week_features: pl.DataFrame) -> None:
    """With e = (.15 + .85·(c + d)) / 4: a = e + .85·b, b = e + .85·a·2/7, c = e + .85·a·5/7, d = e.

    "c" sends no USD on, so what it holds is spread like what "d" holds.
    """
    matrix = np.array([[0, 2 / 7, 5 / 7, 0], [1, 0, 0, 0], [0.25] * 4, [0.25] * 4])
    limit = np.linalg.solve(np.eye(4) - 0.85 * matrix.T, np.full(4, 0.15 / 4))
    np.testing.assert_allclose(week_features["pagerank"], limit, atol=1e-5)


def test_closeness_of_the_week(week_features: pl.DataFrame) -> None:
    """To "a" it is 200 from "b"; to "b" 400 from "a"; to "c" 1000 and 1200; to "d" 0, 1000 and 1200."""
    expected = [1 / 200 / 3, 1 / 400 / 3, 2 / 2200 * 2 / 3, 3 / 2200]
    np.testing.assert_allclose(week_features["closeness"], expected, rtol=1e-12)


def test_betweenness_of_the_week(week_features: pl.DataFrame) -> None:
    """From "b" to "c" and "d" it leads through "a", from "a" and "b" to "d" through "c": 2 of 6 pairs each."""
    np.testing.assert_allclose(week_features["betweenness"], [1 / 3, 0, 1 / 3, 0], rtol=1e-12)


def test_without_triangles_there_is_no_clustering(week_features: pl.DataFrame) -> None:
    assert week_features["clustering_coefficient"].to_list() == [0, 0, 0, 0]
    assert week_features["kcore"].to_list() == [1, 1, 1, 1]


def test_communities_of_the_week(week_features: pl.DataFrame) -> None:
    """ "d" was paid nothing of value, which joins nobody; the others are not worth parting."""
    assert week_features["community_id"].to_list() == [0, 0, 0, 1]


def test_centrality_is_the_weighted_sum(week_features: pl.DataFrame) -> None:
    pagerank, betweenness = week_features["pagerank"], week_features["betweenness"]
    expected = 0.4 * pagerank + 0.3 * betweenness  # of clustering there is none
    np.testing.assert_allclose(week_features["centrality_score"], expected, rtol=1e-12)


def test_a_triangle_of_equal_payments_is_clustered(activity_of: MakeActivity) -> None:
    day = ("5", "5", "1 00:00")
    rows = [("a", "b", *day), ("b", "c", *day), ("c", "a", *day), ("c", "d", *day)]
    activity = activity_of(rows)
    np.testing.assert_allclose(graph.clustering_coefficient(activity), [1, 1, 1 / 3, 0])
    assert graph.kcore(activity).tolist() == [2, 2, 2, 1]


@pytest.fixture(scope="module")
def torus(shared_data: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    reference = pl.read_parquet(shared_data / "torus" / "features_reference.parquet")
    transfers = make_transfers(read_transfers_file(shared_data / "torus"))
    return reference.sort("address"), build_columns(Activity.of(transfers))


def test_betweenness_of_torus_is_what_the_reference_estimates(
    torus: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    """It searched from 1 000 of 1 974 addresses: the sum is right to a few per cent, and the order nearly the same."""
    reference, ours = (table["betweenness"].to_numpy() for table in torus)
    assert ours.sum() == pytest.approx(reference.sum(), rel=0.1)
    assert np.corrcoef(ours, reference)[0, 1] > 0.98


def test_communities_of_torus_are_about_those_of_the_reference(
    torus: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    """Of two addresses the reference puts together, nine in ten are together here, and the other way round."""
    reference, ours = (table["community_id"].to_numpy() for table in torus)
    theirs, own = (labels[:, None] == labels for labels in (reference, ours))
    both = (theirs & own).sum()
    assert both / theirs.sum() > 0.9
    assert both / own.sum() > 0.9
