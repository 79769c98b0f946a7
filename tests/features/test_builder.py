"""The matrices: which rows, which columns, what unknown becomes, and that no row looks at another."""

import math
import string
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES
from aml_miner.errors import FeatureComputationError
from aml_miner.features import alert
from aml_miner.features.builder import (
    ALERT_LEVEL_FEATURES,
    CLUSTER_LEVEL_FEATURES,
    build_alert_features,
    build_all_features,
    build_cluster_features,
    build_features,
    build_network_features,
    build_statistical_features,
    build_temporal_features,
    feature_reasons,
)
from aml_miner.features.cluster import MEMBER_STATISTICS
from aml_miner.features.feature import Feature
from aml_miner.features.few import build_few
from aml_miner.utils import few

pytestmark = pytest.mark.usefixtures("each_way")


type Build = Callable[[Batch], pl.DataFrame]

ALL_FEATURES = (*ALERT_LEVEL_FEATURES, *CLUSTER_LEVEL_FEATURES)
FROM_ALERTS = {
    "severity", "alert_confidence_score", "volume_usd", "risk_indicators", "pattern_id",
    "pattern_type", "typology_type", "processing_date", "window_days",
}  # fmt: skip
FROM_CLUSTERS = {
    "cluster_type", "severity_max", "confidence_avg", "total_alerts", "total_volume_usd",
    "earliest_alert_timestamp", "latest_alert_timestamp", "window_days",
}  # fmt: skip
NEVER = {
    "address", "is_exchange_like", "is_mixer_like", "is_contract_like",
    "betweenness", "community_id", "centrality_score",
}  # fmt: skip
CALENDAR = {"peak_hour", "peak_day", "peak_activity_hour", "peak_activity_day", "peak_volume_hour"}


def test_families_make_up_all_alert_features_in_order(batch: Batch) -> None:
    families = (
        build_alert_features,
        build_network_features,
        build_temporal_features,
        build_statistical_features,
    )
    side_by_side = pl.concat([build(batch) for build in families], how="horizontal")
    assert_frame_equal(side_by_side, build_all_features(batch))


def test_columns_are_the_declared_features(batch: Batch) -> None:
    assert build_all_features(batch).columns == [f.name for f in ALERT_LEVEL_FEATURES]
    assert build_cluster_features(batch).columns == [f.name for f in CLUSTER_LEVEL_FEATURES]


def test_names_are_unique_over_both_levels() -> None:
    assert list(feature_reasons()) == [feature.name for feature in ALL_FEATURES]


def test_alert_features_read_no_label_no_identifier_and_no_calendar() -> None:
    allowed = (FROM_ALERTS | set(FEATURES.schema)) - NEVER - CALENDAR
    read = {column for feature in ALERT_LEVEL_FEATURES for column in feature.columns}
    assert read <= allowed
    assert not read & {"suspected_address_type", "suspected_address_subtype"}


def test_dates_are_read_as_times_before_the_end_of_the_processing_date_only() -> None:
    dated = [f.name for f in ALERT_LEVEL_FEATURES if "processing_date" in f.columns]
    stamped = [f.name for f in ALERT_LEVEL_FEATURES if any("timestamp" in c for c in f.columns)]
    assert dated == stamped == ["days_since_first_activity", "days_since_last_activity"]


def test_cluster_features_read_no_label_and_no_alert() -> None:
    computed = {"address_count", "known_address_count", *(m.column for m in MEMBER_STATISTICS)}
    read = {column for feature in CLUSTER_LEVEL_FEATURES for column in feature.columns}
    members = {column for member in MEMBER_STATISTICS for column in member.feature.columns}
    assert read <= FROM_CLUSTERS | computed
    assert members <= set(FEATURES.schema) - NEVER - CALENDAR


@pytest.mark.parametrize("feature", ALL_FEATURES, ids=lambda feature: feature.name)
def test_reason_shows_the_value_and_nothing_else(feature: Feature) -> None:
    fields = [field for _, field, _, _ in string.Formatter().parse(feature.reason) if field]
    assert fields == ["value"]
    sentence = feature.describe("fan_in" if feature.unit == "category" else 1.0)
    assert not set("{}") & set(sentence)
    assert not sentence.endswith(".")


@pytest.mark.parametrize("feature", ALL_FEATURES, ids=lambda feature: feature.name)
def test_name_carries_its_unit(feature: Feature) -> None:
    assert (feature.unit == "usd") == feature.name.endswith("_usd")
    assert feature.unit == "flag" or not feature.name.startswith("is_")


def test_rows_keep_the_order_of_the_batch(batch: Batch) -> None:
    assert build_all_features(batch)["alert_volume_usd"].to_list() == [
        45000.5, 120000.0, 30000.0, 30000.0, 0.0, 1e-18,
    ]  # fmt: skip
    types = build_cluster_features(batch)["cluster_type"].to_list()
    assert types == ["same_entity", "related_network", "same_pattern"]


def test_alert_on_unknown_address_is_kept_with_nulls(batch: Batch) -> None:
    stranger = build_all_features(batch).row(5, named=True)
    known = {name for name, value in stranger.items() if value is not None}
    assert known == {
        "severity_level", "alert_confidence_score", "alert_volume_usd", "risk_indicator_count",
        "is_in_pattern", "typology_type",
    }  # fmt: skip


def test_address_with_a_row_of_another_window_is_unknown(batch: Batch) -> None:
    other = batch.features.with_columns(window_days=pl.lit(7, dtype=pl.UInt16))
    found = build_network_features(replace(batch, features=other))
    assert found.null_count().row(0) == (batch.alerts.height,) * found.width


@pytest.mark.parametrize("build", [build_all_features, build_cluster_features])
def test_types_are_float_or_text_and_values_are_finite(build: Build, batch: Batch) -> None:
    features = build(batch)
    for name, dtype in features.schema.items():
        is_category = feature_reasons()[name].unit == "category"
        assert dtype == (pl.String if is_category else pl.Float64)
        if not is_category:
            assert features[name].is_finite().all()  # null is neither true nor false


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nan_and_infinity_become_null(value: float) -> None:
    odd = Feature("odd", pl.col("a"), "score", "{value}")
    assert build_features(pl.DataFrame({"a": [value]}), [odd]).item() is None


def test_minus_zero_becomes_zero() -> None:
    zero = Feature("zero", pl.col("a"), "score", "{value}")
    assert str(build_features(pl.DataFrame({"a": [-0.0]}), [zero]).item()) == "0.0"


def test_absent_columns_become_nulls_not_zeros(tables: dict[str, pl.DataFrame]) -> None:
    bare = tables["features"].select("address", "processing_date", "window_days", "degree_in")
    features = build_network_features(make_batch(tables | {"features": bare}))
    assert features["degree_in"].to_list() == [0.0, 20.0, 20.0, 1.0, None, None]
    others = features.drop("degree_in")
    assert others.null_count().row(0) == (6,) * others.width


@pytest.mark.parametrize("build", [build_all_features, build_cluster_features])
def test_order_of_rows_and_columns_does_not_matter(
    build: Build, tables: dict[str, pl.DataFrame]
) -> None:
    turned = {
        name: table.reverse().select(reversed(table.columns)) for name, table in tables.items()
    }
    assert_frame_equal(
        build(make_batch(turned)).reverse(), build(make_batch(tables)), check_exact=True
    )


def test_an_alert_alone_gets_the_row_it_has_among_all(batch: Batch) -> None:
    together = build_all_features(batch)
    for row in range(batch.alerts.height):
        alone = build_all_features(replace(batch, alerts=batch.alerts[row : row + 1]))
        assert_frame_equal(alone, together[row : row + 1], check_exact=True)


@pytest.mark.parametrize("rows", [1, 2, 6])
def test_a_few_alerts_get_the_rows_they_have_among_all(batch: Batch, rows: int) -> None:
    built = build_all_features(replace(batch, alerts=batch.alerts[:rows]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(few, "FEW", -1)
        assert_frame_equal(built, build_all_features(batch)[:rows], check_exact=True)


def test_a_few_alerts_find_their_addresses_among_many(batch: Batch) -> None:
    """However many addresses are sent along, and whichever of their rows are of other windows."""
    others = pl.concat(
        [
            batch.features.with_columns(address=pl.lit(f"other-{each}"), window_days=window)
            for each, window in enumerate([7, 30, 90] * 20)
        ]
        + [batch.features.with_columns(window_days=pl.col("window_days") + 1)],
        how="vertical_relaxed",
    ).cast({"window_days": batch.features["window_days"].dtype})
    alerts = batch.alerts[:3]
    many = replace(batch, alerts=alerts, features=pl.concat([others, batch.features]))
    assert_frame_equal(build_all_features(many), build_all_features(batch)[:3])


def test_a_feature_polars_alone_can_evaluate_is_built_for_a_few_alerts_too(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    cubed = Feature("cubed", pl.col("volume_usd") ** 3.0, "usd", "{value}")
    monkeypatch.setattr(alert, "FEATURES", (*alert.FEATURES, cubed))
    one = replace(batch, alerts=batch.alerts[:1])
    assert_frame_equal(build_alert_features(one), build_alert_features(batch)[:1])
    assert build_alert_features(one)["cubed"].item() is not None


def test_our_features_of_a_few_alerts_are_built_row_by_row(batch: Batch) -> None:
    """The second way is there: were it gone, all else would still agree."""
    built = build_few(batch, ALERT_LEVEL_FEATURES)
    assert built is not None
    assert_frame_equal(built, build_all_features(batch))


def test_a_flag_that_is_no_truth_is_refused_for_a_few_alerts_too(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    whale = Feature(
        "whale", pl.when(pl.col("is_whale")).then(1.0).otherwise(0.0), "flag", "{value}"
    )
    monkeypatch.setattr(alert, "FEATURES", (whale,))
    for alerts in (batch.alerts[:1], pl.concat([batch.alerts] * 3)):
        with pytest.raises(FeatureComputationError, match="'whale'"):
            build_alert_features(replace(batch, alerts=alerts))


def test_a_row_with_nan_is_built_as_among_others(batch: Batch) -> None:
    odd = replace(batch, features=batch.features.with_columns(reciprocity_ratio=math.nan))
    one = replace(odd, alerts=odd.alerts[:1])
    assert_frame_equal(build_all_features(one), build_all_features(odd)[:1])


def test_a_cluster_alone_and_without_its_alerts_gets_the_row_it_has_among_all(
    batch: Batch,
) -> None:
    together = build_cluster_features(batch)
    for row in range(batch.clusters.height):
        part = replace(batch, clusters=batch.clusters[row : row + 1], alerts=batch.alerts[:0])
        assert_frame_equal(build_cluster_features(part), together[row : row + 1], check_exact=True)


def test_empty_tables_give_empty_matrices_with_all_columns() -> None:
    empty = make_batch({t.name: t.empty() for t in (ALERTS, FEATURES, CLUSTERS)})
    assert build_all_features(empty).shape == (0, len(ALERT_LEVEL_FEATURES))
    assert build_cluster_features(empty).shape == (0, len(CLUSTER_LEVEL_FEATURES))


def test_member_statistics_by_hand(batch: Batch) -> None:
    row = build_cluster_features(batch).row(1, named=True)  # collector and courier
    assert row["cluster_address_count"] == 2.0
    assert row["cluster_known_address_ratio"] == 1.0
    assert row["cluster_min_pass_through_ratio"] == 147000 / 150000
    assert row["cluster_mean_pass_through_ratio"] == (147000 / 150000 + 29500 / 30000) / 2
    assert row["cluster_mean_counterparty_count"] == (21 + 2) / 2
    assert row["cluster_max_counterparty_count"] == 21.0
    assert row["cluster_max_total_in_usd"] == 150000.0
    assert row["cluster_max_burst_ratio"] == 2.0 / 24.0


def test_cluster_of_unknown_addresses_has_none_known_and_null_statistics(batch: Batch) -> None:
    row = build_cluster_features(batch).row(2, named=True)
    assert row["cluster_known_address_ratio"] == 0.0
    assert row["cluster_mean_pass_through_ratio"] is None
    assert row["cluster_max_total_in_usd"] is None


@pytest.mark.parametrize(
    ("addresses", "count", "known"),
    [
        (["collector", "collector", "nobody"], 2.0, 0.5),  # named twice, counted once
        ([], 0.0, None),
        (["courier", "collector"], 2.0, 1.0),
    ],
)
def test_addresses_involved_are_a_set(
    addresses: list[str], count: float, known: float | None, batch: Batch
) -> None:
    involved = pl.Series([addresses], dtype=pl.List(pl.String))
    clusters = batch.clusters[:1].with_columns(addresses_involved=involved)
    row = build_cluster_features(replace(batch, clusters=clusters)).row(0, named=True)
    assert row["cluster_address_count"] == count
    assert row["cluster_known_address_ratio"] == known


def test_a_mean_does_not_depend_on_the_order_of_the_addresses(batch: Batch) -> None:
    names = [f"a{place}" for place in range(40)]
    features = pl.concat([batch.features[:1]] * 40).with_columns(
        address=pl.Series(names), reciprocity_ratio=pl.Series([0.1 * n for n in range(40)])
    )
    rows = []
    for order in (names, names[::-1], names[7:] + names[:7]):
        involved = pl.Series([order], dtype=pl.List(pl.String))
        clusters = batch.clusters[:1].with_columns(addresses_involved=involved)
        rows.append(build_cluster_features(replace(batch, clusters=clusters, features=features)))
    assert_frame_equal(rows[0], rows[1], check_exact=True)
    assert_frame_equal(rows[0], rows[2], check_exact=True)


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        (pl.col("no_such_column"), "no_such_column"),
        (pl.col("a").filter(pl.col("a") > 1.0), "length|height|shape"),
        (pl.col("typology") / 2.0, "arithmetic|not supported|cannot|invalid"),
    ],
)
def test_a_feature_that_fails_is_named(expression: pl.Expr, what: str) -> None:
    good = Feature("good", pl.col("a"), "score", "{value}")
    bad = Feature("mine", expression, "score", "{value}")
    rows = pl.DataFrame({"a": [1.0, 2.0, 3.0], "typology": ["cycle"] * 3})
    with pytest.raises(FeatureComputationError, match=rf"feature 'mine': .*({what})"):
        build_features(rows, [good, bad])
