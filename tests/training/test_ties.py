"""Whose an alert or a cluster is, and what it shares with others, by tables worked out by hand."""

import polars as pl
import pytest

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.training.ties import tie_alerts, tie_clusters
from aml_miner.training.truth import Truth, check_truth


@pytest.fixture
def scheme() -> Truth:
    """ "splitter" and "courier" are in one laundering scheme."""
    return check_truth(
        pl.DataFrame({"address": ["splitter", "courier"], "pattern_instance_id": "scheme"})
    )


def test_alert_belongs_to_the_scheme_or_else_the_address_and_is_tied_by_its_pattern(
    batch: Batch, scheme: Truth
) -> None:
    assert tie_alerts(batch, scheme).rows() == [
        (["instance:scheme"], []),
        (["address:collector"], ["pattern:fan-in-1"]),
        (["address:collector"], ["pattern:fan-in-2"]),
        (["instance:scheme"], ["pattern:cycle-1"]),  # known to truth, and tied all the same
        (["address:dormant"], []),
        (["address:stranger"], []),
    ]


def test_alert_with_truth_of_its_own_belongs_to_its_address_and_pattern(batch: Batch) -> None:
    truth = check_truth(
        pl.DataFrame(
            {
                "alert_id": ["alert-3"],
                "processing_date": ["2025-11-20"],
                "confirmed_illicit": [True],
            }
        )
    )
    assert tie_alerts(batch, truth).row(3) == (["address:courier"], ["pattern:cycle-1"])


def test_cluster_belongs_to_all_of_its_addresses_and_is_tied_by_its_patterns(
    batch: Batch, scheme: Truth
) -> None:
    assert tie_clusters(batch, scheme).rows() == [
        (["address:collector"], ["pattern:fan-in-1", "pattern:fan-in-2"]),
        (
            ["address:collector", "instance:scheme"],
            ["pattern:cycle-1", "pattern:fan-in-1", "pattern:fan-in-2"],
        ),
        (
            ["address:elsewhere"],
            ["pattern:cycle-9"],
        ),  # named by the cluster; its alerts are unknown
    ]


def test_pattern_a_cluster_names_stands_for_those_of_its_alerts(
    tables: dict[str, pl.DataFrame], scheme: Truth
) -> None:
    clusters = tables["clusters"].with_columns(pattern_id=pl.lit("named"))
    ties = tie_clusters(make_batch({**tables, "clusters": clusters}), scheme)["ties"]
    assert ties[0].to_list() == ["pattern:named"]


def test_cluster_without_a_pattern_is_a_tie_of_its_own(
    tables: dict[str, pl.DataFrame], scheme: Truth
) -> None:
    bare = {
        name: tables[name].with_columns(pattern_id=pl.lit("")) for name in ("alerts", "clusters")
    }
    assert tie_clusters(make_batch({**tables, **bare}), scheme).row(1) == (
        ["address:collector", "instance:scheme"],
        ["cluster:cluster-2"],
    )


def test_cluster_without_any_address_belongs_to_itself(tables: dict[str, pl.DataFrame]) -> None:
    empty = pl.lit([], pl.List(pl.String))
    clusters = tables["clusters"].with_columns(
        primary_address=pl.lit(""), addresses_involved=empty, related_alert_ids=empty
    )
    batch = make_batch({**tables, "clusters": clusters})
    owners = tie_clusters(batch, check_truth(pl.DataFrame({"address": ["courier"]})))["owners"]
    assert owners.to_list() == [["address:cluster-1"], ["address:cluster-2"], ["address:cluster-3"]]


def test_empty_batch_has_no_ties(tables: dict[str, pl.DataFrame], scheme: Truth) -> None:
    batch = make_batch({name: table.clear() for name, table in tables.items()})
    for frame in (tie_alerts(batch, scheme), tie_clusters(batch, scheme)):
        assert frame.rows() == []
        assert frame.schema == {"owners": pl.List(pl.String), "ties": pl.List(pl.String)}
