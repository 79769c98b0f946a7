from collections.abc import Callable
from datetime import date

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.meta import Meta
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES
from aml_miner.errors import InvalidBatchError

pytestmark = pytest.mark.usefixtures("each_way")


Tables = dict[str, pl.DataFrame]


def refusal(tables: Tables, meta: Meta | None = None) -> str:
    with pytest.raises(InvalidBatchError) as refused:
        make_batch(tables, meta)
    return str(refused.value)


def test_rows_keep_their_order(tables: Tables) -> None:
    batch = make_batch({name: table.reverse() for name, table in tables.items()})
    assert batch.alerts["alert_id"].to_list() == [f"alert-{n}" for n in (5, 4, 3, 2, 2, 1)]
    assert batch.clusters["cluster_id"].to_list() == ["cluster-3", "cluster-2", "cluster-1"]
    assert batch.features["address"].to_list() == tables["features"]["address"].to_list()[::-1]


def test_what_is_legal_but_odd_is_counted(batch: Batch) -> None:
    assert batch.report.rows == {"alerts": 6, "features": 5, "clusters": 3}
    assert batch.report.duplicate_alert_ids == 1
    assert batch.report.alerts_on_unknown_addresses == 1
    assert batch.report.clusters_without_known_alerts == 1
    assert batch.report.absent_columns["alerts"] == ("_version",)
    assert batch.report.ignored_columns["alerts"] == ()
    assert batch.report.unknown_severities == {"alerts": 0, "clusters": 0}
    assert batch.report.missing_files == ()
    assert not batch.report.unverified


def test_severity_of_another_name_is_kept_and_counted(tables: Tables) -> None:
    names = ["severe", "LOW", "", "High", None, "critical"]
    tables["alerts"] = tables["alerts"].with_columns(severity=pl.Series(names))
    tables["clusters"] = tables["clusters"].with_columns(severity_max=pl.lit("Unknown"))
    batch = make_batch(tables)
    assert batch.report.unknown_severities == {"alerts": 2, "clusters": 3}
    assert batch.alerts["severity"].to_list()[:3] == ["severe", "low", ""]


def test_features_of_another_day_or_window_are_not_those_of_an_alert(tables: Tables) -> None:
    tables["features"] = tables["features"].with_columns(window_days=7)
    assert make_batch(tables).report.alerts_on_unknown_addresses == 6


def test_cluster_of_no_alerts_at_all_is_counted(tables: Tables) -> None:
    tables["clusters"] = tables["clusters"].with_columns(related_alert_ids=pl.lit("[]"))
    assert make_batch(tables).report.clusters_without_known_alerts == 3


def test_batch_of_nothing_is_legal() -> None:
    batch = make_batch({t.name: t.empty() for t in (ALERTS, FEATURES, CLUSTERS)})
    assert batch.report.rows == {"alerts": 0, "features": 0, "clusters": 0}
    assert batch.report.alerts_on_unknown_addresses == 0
    assert batch.report.clusters_without_known_alerts == 0


def test_batch_of_one_alert_without_features_is_legal(tables: Tables) -> None:
    tables |= {"alerts": tables["alerts"].head(1), "features": FEATURES.empty()}
    report = make_batch(tables).report
    assert (report.rows["alerts"], report.alerts_on_unknown_addresses) == (1, 1)


def test_severity_is_read_in_lower_case(tables: Tables) -> None:
    tables["clusters"] = tables["clusters"].with_columns(severity_max=pl.lit("HIGH"))
    batch = make_batch(tables)
    assert batch.alerts["severity"][5] == "critical"
    assert batch.clusters["severity_max"].to_list() == ["high"] * 3


def test_optional_tables_are_checked_too(tables: Tables) -> None:
    flows = pl.DataFrame(
        {"from_address": ["a"], "to_address": ["b"], "tx_count": [1], "amount_usd_sum": ["5"]}
    )
    labels = pl.DataFrame({"address": ["a"], "risk_level": ["high"]})
    batch = make_batch(tables | {"money_flows": flows, "address_labels": labels})
    assert batch.money_flows is not None
    assert batch.address_labels is not None
    assert batch.address_labels["address_type"].to_list() == ["unknown"]
    assert batch.report.rows["money_flows"] == 1
    assert make_batch(tables).money_flows is None
    wrong = labels.with_columns(confidence_score=2.0)
    assert "address_labels: 'confidence_score'" in refusal(tables | {"address_labels": wrong})


@pytest.mark.parametrize("name", ["alerts", "features", "clusters"])
def test_missing_table_is_named(tables: Tables, name: str) -> None:
    del tables[name]
    assert refusal(tables) == (
        f"{name}: the table is missing; a batch needs alerts, features and clusters, even if they have no rows."
    )


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("alerts", "6 of 6 rows are not, first alert_id 'alert-1'"),
        ("features", "5 of 5 rows are not, first address 'collector'"),
        ("clusters", "3 of 3 rows are not, first cluster_id 'cluster-1'"),
    ],
)
def test_date_or_window_that_disagrees_with_meta_is_named(
    tables: Tables, name: str, first: str
) -> None:
    meta = Meta("torus", date(2025, 11, 20), 30)
    other_day = tables[name].with_columns(processing_date=date(2025, 11, 19))
    assert refusal(tables | {name: other_day}, meta) == (
        f"{name}: 'processing_date' must be 2025-11-20 as META.json says; {first}: 2025-11-19; "
        "the table or META.json is of another batch."
    )
    other_window = tables[name].with_columns(window_days=7)
    assert refusal(tables | {name: other_window}, meta) == (
        f"{name}: 'window_days' must be 30 as META.json says; {first}: 7; "
        "the table or META.json is of another batch."
    )
    assert make_batch(tables, meta).meta == meta


def _as_lists(tables: Tables) -> Tables:
    """Write counts as 64-bit arrays, and lists of texts as JSON."""
    features = tables["features"].with_columns(
        pl.col("hourly_activity").cast(pl.List(pl.Int64)).list.to_array(24)
    )
    alerts = tables["alerts"].with_columns(
        risk_indicators=pl.Series(
            [
                '["structuring"]',
                '["motif_fanin"]',
                '["motif_fanin"]',
                '["cycle_detection"]',
                "[]",
                '["ping_pong"]',
            ]
        )
    )
    return tables | {"features": features, "alerts": alerts}


def _to_arrow(tables: Tables) -> dict[str, pa.Table]:
    return {name: table.to_arrow() for name, table in tables.items()}


def _to_pandas(tables: Tables) -> dict[str, pd.DataFrame]:
    return {name: table.to_pandas() for name, table in tables.items()}


@pytest.mark.parametrize("as_other", [_as_lists, _to_arrow, _to_pandas])
def test_batch_is_the_same_from_every_encoding(
    tables: Tables, batch: Batch, as_other: Callable[[Tables], Tables]
) -> None:
    other = make_batch(as_other(tables))
    for name in ("alerts", "features", "clusters"):
        assert_frame_equal(getattr(other, name), getattr(batch, name))
    assert other.report == batch.report
