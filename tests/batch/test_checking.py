from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.checking import check_table
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, MONEY_FLOW_TRANSACTIONS
from aml_miner.errors import InvalidBatchError

pytestmark = pytest.mark.usefixtures("each_way")


NAN, INFINITY = float("nan"), float("inf")


def refusal(table: pl.DataFrame, schema: object = ALERTS) -> str:
    with pytest.raises(InvalidBatchError) as refused:
        check_table(table, schema)  # type: ignore[arg-type]
    return str(refused.value)


def test_every_column_of_the_schema_is_there_in_its_order(features: pl.DataFrame) -> None:
    checked = check_table(features.select(sorted(features.columns)), FEATURES)
    assert checked.rows.schema == pl.Schema(FEATURES.schema)


def test_absent_optional_column_is_null_and_named(features: pl.DataFrame) -> None:
    checked = check_table(features.drop("pagerank"), FEATURES)
    assert checked.rows["pagerank"].to_list() == [None] * 5
    assert "pagerank" in checked.absent_columns
    assert "betweenness" not in checked.absent_columns


def test_column_that_is_null_throughout_counts_as_absent(features: pl.DataFrame) -> None:
    checked = check_table(features.with_columns(pagerank=None), FEATURES)
    assert "pagerank" in checked.absent_columns


def test_absent_column_and_null_take_the_default(alerts: pl.DataFrame) -> None:
    without = check_table(alerts.drop("severity", "volume_usd"), ALERTS).rows
    assert without["severity"].to_list() == ["medium"] * 6
    assert without["volume_usd"].to_list() == [Decimal(0)] * 6
    with_null = check_table(alerts.with_columns(severity=None), ALERTS).rows
    assert with_null["severity"].to_list() == ["medium"] * 6


def test_column_beyond_the_contract_is_ignored_and_named(alerts: pl.DataFrame) -> None:
    checked = check_table(alerts.with_columns(z=1, row=2), ALERTS)
    assert checked.ignored_columns == ("row", "z")
    assert checked.rows.columns == [column.name for column in ALERTS.columns]


def test_empty_table_is_legal() -> None:
    checked = check_table(ALERTS.empty(), ALERTS)
    assert checked.rows.height == 0
    assert checked.absent_columns == ()


def test_missing_columns_are_named_with_what_is_like_them(alerts: pl.DataFrame) -> None:
    renamed = alerts.rename({"alert_id": "alertid"}).drop("address")
    assert refusal(renamed) == (
        "alerts: required column(s) missing: 'alert_id', 'address'; found 'alertid'; did you mean 'alert_id'? "
        "Rename or add them (docs/tables.md says what each must hold)."
    )


def test_missing_columns_are_named_alone_where_none_is_like_them(alerts: pl.DataFrame) -> None:
    assert refusal(alerts.drop("address")) == (
        "alerts: required column(s) missing: 'address'; "
        "rename or add them (docs/tables.md says what each must hold)."
    )


def test_mistyped_column_is_named_with_both_types_and_its_first_value(alerts: pl.DataFrame) -> None:
    assert refusal(alerts.with_columns(alert_id=1)) == (
        "alerts: 'alert_id' must be text, but the column holds whole numbers (convert it); "
        "6 of 6 rows are not, first alert_id '1' (row 0): '1'."
    )
    assert refusal(alerts.with_columns(risk_indicators=pl.lit(1.5))) == (
        "alerts: 'risk_indicators' must be lists or JSON arrays of text, but the column holds numbers (convert it); "
        "6 of 6 rows are not, first alert_id 'alert-1' (row 0): '1.5'."
    )


@pytest.mark.parametrize("value", [NAN, INFINITY, -INFINITY])
def test_value_that_is_not_finite_is_named(features: pl.DataFrame, value: float) -> None:
    at_splitter = pl.when(address="splitter").then(value).otherwise("pagerank")
    assert refusal(features.with_columns(pagerank=at_splitter), FEATURES) == (
        "features: 'pagerank' must be finite (an unknown value is null); 1 of 5 rows are not, "
        "first address 'splitter', processing_date '2025-11-20', window_days '30' (row 4): "
        f"'{value}'."
    )


def test_amount_that_is_not_finite_is_named(alerts: pl.DataFrame) -> None:
    assert "'volume_usd' must be finite" in refusal(alerts.with_columns(volume_usd=pl.lit(NAN)))


def test_negative_count_is_named(features: pl.DataFrame) -> None:
    negative = pl.Series([40, -1, -2, 600, 0])
    assert refusal(features.with_columns(tx_in_count=negative), FEATURES) == (
        "features: 'tx_in_count' must be whole numbers of 0 or more (64 bits); "
        "2 of 5 rows are not, first address 'courier', processing_date '2025-11-20', "
        "window_days '30' (row 1): '-1'."
    )


def test_amount_of_25_digits_is_named(alerts: pl.DataFrame) -> None:
    message = refusal(alerts.with_columns(volume_usd=pl.lit("1234567890123456789012345")))
    assert "'volume_usd' must be decimal amounts of at most 20 digits before the point" in message
    assert "6 of 6 rows are not, first alert_id 'alert-1' (row 0)" in message


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("alert_confidence_score", 1.5, "between 0 and 1"),
        ("alert_confidence_score", -0.5, "between 0 and 1"),
        ("alert_confidence_score", 1e300, "numbers"),
        ("window_days", 0, "1 or more"),
        ("window_days", 65536, "whole numbers from 0 to 65535"),
        ("processing_date", "20.11.2025", "dates (YYYY-MM-DD)"),
        ("risk_indicators", "a, b", "lists or JSON arrays of text"),
    ],
)
def test_value_out_of_range_is_named(
    alerts: pl.DataFrame, column: str, value: object, expected: str
) -> None:
    message = refusal(alerts.with_columns(pl.lit(value).alias(column)))
    assert message.startswith(f"alerts: '{column}' must be {expected}; 6 of 6 rows are not")


def test_hour_above_23_is_named(features: pl.DataFrame) -> None:
    message = refusal(features.with_columns(peak_hour=24), FEATURES)
    assert "'peak_hour' must be 23 or less; 5 of 5 rows are not" in message


@pytest.mark.parametrize("column", ["total_in_usd", "min_tx_usd", "avg_daily_volume_usd"])
def test_negative_amount_is_named(features: pl.DataFrame, column: str) -> None:
    negative = features.with_columns(pl.lit("-0.000000000000000001").alias(column))
    message = refusal(negative, FEATURES)
    assert f"'{column}' must be 0 or more; 5 of 5 rows are not, first address 'coll" in message
    assert message.endswith(": '-0.000000000000000001'.")


def test_negative_volume_of_an_alert_is_named(alerts: pl.DataFrame) -> None:
    message = refusal(alerts.with_columns(volume_usd=-pl.col("volume_usd")))
    assert (
        "alerts: 'volume_usd' must be 0 or more; 5 of 6 rows are not, first alert_id 'alert-1'"
        in message
    )


@pytest.mark.parametrize("column", ["net_flow_usd", "amount_skewness", "amount_kurtosis"])
def test_what_may_be_negative_is_kept(features: pl.DataFrame, column: str) -> None:
    negative = features.with_columns(pl.lit(-1.5).alias(column))
    assert float(check_table(negative, FEATURES).rows[column][0]) == -1.5


@pytest.mark.parametrize("value", [-0.5, 1.5, 100.0])
def test_share_outside_0_and_1_is_named(features: pl.DataFrame, value: float) -> None:
    at_courier = pl.when(address="courier").then(value).otherwise("concentration_ratio")
    assert refusal(features.with_columns(concentration_ratio=at_courier), FEATURES) == (
        "features: 'concentration_ratio' must be between 0 and 1; 1 of 5 rows are not, "
        f"first address 'courier', processing_date '2025-11-20', window_days '30' (row 1): '{value}'."
    )


@pytest.mark.parametrize("dtype", [pl.Float32, pl.Float64])
@pytest.mark.parametrize(
    ("value", "legal"),
    [(1 + 9e-7, True), (-9e-7, True), (-0.0, True), (1 + 2e-6, False), (-2e-6, False)],
)
def test_rounding_past_a_bound_is_kept_as_it_is(
    features: pl.DataFrame, dtype: type[pl.DataType], value: float, *, legal: bool
) -> None:
    column = pl.lit(value).cast(dtype)
    rounded = features.with_columns(flow_diversity=column)
    if not legal:
        assert "'flow_diversity' must be between 0 and 1" in refusal(rounded, FEATURES)
        return
    expected = rounded["flow_diversity"].cast(pl.Float64).to_list()
    assert check_table(rounded, FEATURES).rows["flow_diversity"].to_list() == expected


def test_whole_numbers_and_amounts_have_exact_bounds(features: pl.DataFrame) -> None:
    assert "'peak_day' must be 6 or less" in refusal(features.with_columns(peak_day=7), FEATURES)


@pytest.mark.parametrize("column", ["alert_id", "address"])
def test_empty_identifier_is_named(alerts: pl.DataFrame, column: str) -> None:
    empty = alerts.with_columns(
        pl.when(alert_id="alert-3").then(pl.lit("")).otherwise(column).alias(column)
    )
    key = "" if column == "alert_id" else "alert-3"
    assert refusal(empty) == (
        f"alerts: '{column}' must be filled; 1 of 6 rows are not, first alert_id '{key}' (row 3): ''."
    )


def test_empty_identifier_of_a_cluster_or_address_is_named(
    clusters: pl.DataFrame, features: pl.DataFrame
) -> None:
    nameless = clusters.with_columns(cluster_id=pl.lit(""))
    assert "clusters: 'cluster_id' must be filled; 3 of 3" in refusal(nameless, CLUSTERS)
    assert "features: 'address' must be filled; 1 of 1 rows" in refusal(
        features.head(1).with_columns(address=pl.lit("")), FEATURES
    )


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "NaN", '{"a": 1} {"b": 2}', "[" * 5000])
def test_evidence_that_is_not_json_is_named(alerts: pl.DataFrame, text: str) -> None:
    at_courier = pl.when(address="courier").then(pl.lit(text)).otherwise("evidence_json")
    message = refusal(alerts.with_columns(evidence_json=at_courier))
    assert message.startswith(
        "alerts: 'evidence_json' must be valid JSON; 1 of 6 rows are not, first alert_id 'alert-3' (row 3): "
    )


@pytest.mark.parametrize(
    "text", ["{}", "[]", "null", '"a"', " 1.5e300 ", '{"a": {"b": [1, null]}}']
)
def test_evidence_may_be_any_json(alerts: pl.DataFrame, text: str) -> None:
    checked = check_table(alerts.with_columns(evidence_json=pl.lit(text)), ALERTS)
    assert checked.rows["evidence_json"].to_list() == [text] * 6


def test_null_evidence_is_absent_and_not_broken(alerts: pl.DataFrame) -> None:
    message = refusal(alerts.with_columns(evidence_json=None))
    assert "'evidence_json' must be present; 6 of 6 rows are not" in message


@pytest.mark.parametrize("dtype", [pl.Float64, pl.Float32])
def test_published_values_are_within_every_bound(shared_data: Path, dtype: pl.DataType) -> None:
    published = pl.read_parquet(shared_data / "torus" / "features_reference.parquet")
    as_stored = published.with_columns(
        pl.col(pl.Float64).cast(dtype),
        window_days=300,
        processing_date=pl.lit(date(2025, 11, 20)),
    )
    assert check_table(as_stored, FEATURES).rows.height == 1974


def test_list_of_another_length_is_named(features: pl.DataFrame) -> None:
    message = refusal(features.with_columns(daily_activity=[1, 2]), FEATURES)
    assert "'daily_activity' must be lists of 7 values; 5 of 5 rows are not" in message
    assert message.endswith(": '[1, 2]'.")


def test_empty_list_where_a_length_is_given_is_unknown(features: pl.DataFrame) -> None:
    checked = check_table(features.with_columns(hourly_activity=pl.lit("[]")), FEATURES)
    assert checked.rows["hourly_activity"].to_list() == [None] * 5


def test_null_in_a_required_column_is_named(alerts: pl.DataFrame) -> None:
    unnamed = alerts.with_columns(
        alert_id=pl.when(alert_id="alert-3").then(None).otherwise("alert_id")
    )
    assert refusal(unnamed) == (
        "alerts: 'alert_id' must be present; 1 of 6 rows are not, first alert_id null (row 3): null."
    )


def test_repeated_key_is_named(features: pl.DataFrame) -> None:
    message = refusal(pl.concat([features, features.tail(1)]), FEATURES)
    assert message == (
        "features: 'address', 'processing_date', 'window_days' must be unique; 2 of 6 rows are not, "
        "first address 'splitter', processing_date '2025-11-20', window_days '30' (row 4)."
    )


def test_first_offender_is_first_by_key_in_any_order_of_rows(alerts: pl.DataFrame) -> None:
    wrong = alerts.with_columns(alert_confidence_score=2.0).reverse()
    assert "first alert_id 'alert-1' (row 5)" in refusal(wrong)


def test_message_shows_a_row_even_where_its_key_is_no_text(alerts: pl.DataFrame) -> None:
    wrong = alerts.with_columns(window_days=0, alert_id=pl.lit([1, 2]), row=7)
    assert "first alert_id '[1, 2]' (row 0)" in refusal(wrong)


def test_row_of_a_table_without_its_key_is_shown_by_number() -> None:
    transaction = {"source_address": "a", "dest_address": "b", "amount_usd": "1", "timestamp": -1}
    message = refusal(pl.DataFrame([transaction]), MONEY_FLOW_TRANSACTIONS)
    assert "1 of 1 rows are not, first row 0: '-1'." in message


def test_long_value_is_cut_in_a_message(alerts: pl.DataFrame) -> None:
    message = refusal(alerts.with_columns(volume_usd=pl.lit("x" * 1000)))
    assert f"'{'x' * 59}…." in message
    assert len(message) < 300


def test_something_else_than_a_table_is_named() -> None:
    with pytest.raises(
        InvalidBatchError, match="expected a Polars, Arrow or pandas table, found dict"
    ):
        check_table({"alert_id": ["a"]}, ALERTS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "table",
    [
        pa.table([pa.array([1]), pa.array([2])], names=["alert_id", "alert_id"]),
        pa.table({"volume_usd": pa.array([Decimal(1)], pa.decimal256(60, 18))}),
        pa.table(
            {"alert_id": pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())}
        ),
    ],
)
def test_table_that_polars_cannot_hold_is_named(table: object) -> None:
    with pytest.raises(InvalidBatchError, match=r"^alerts: a column occurs twice, is damaged or"):
        check_table(table, ALERTS)  # type: ignore[arg-type]


def _as_pandas(table: pl.DataFrame) -> pd.DataFrame:
    return table.to_pandas()


def _as_pandas_of_python_values(table: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(table.to_dicts())


@pytest.mark.parametrize(
    "as_other", [pl.DataFrame.to_arrow, _as_pandas, _as_pandas_of_python_values]
)
def test_table_is_the_same_from_every_library(
    features: pl.DataFrame, alerts: pl.DataFrame, as_other: Callable[[pl.DataFrame], pa.Table]
) -> None:
    for table, schema in ((alerts, ALERTS), (features, FEATURES)):
        expected, found = check_table(table, schema), check_table(as_other(table), schema)
        assert_frame_equal(found.rows, expected.rows)
        assert found.absent_columns == expected.absent_columns


@pytest.mark.parametrize("column", ["is_whale", "pagerank", "total_in_usd", "degree_in"])
def test_column_of_pandas_with_nothing_but_none_is_absent(
    features: pl.DataFrame, column: str
) -> None:
    table = features.to_pandas()
    table[column] = None
    checked = check_table(table, FEATURES)
    assert column in checked.absent_columns
    assert_frame_equal(
        checked.rows, check_table(features.drop(column, strict=False), FEATURES).rows
    )


def test_empty_table_of_pandas_is_an_empty_table() -> None:
    for table in (ALERTS, FEATURES, CLUSTERS):
        checked = check_table(pd.DataFrame(columns=list(table.schema)), table)
        assert_frame_equal(checked.rows, table.empty())


def test_nan_of_pandas_is_null(features: pl.DataFrame) -> None:
    table = features.to_pandas()
    table["pagerank"] = NAN
    table["processing_date"] = pd.Timestamp(date(2025, 11, 20))
    checked = check_table(table, FEATURES)
    assert checked.rows["pagerank"].to_list() == [None] * 5


@pytest.mark.parametrize("days", [10_000_000, -1_000_000, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("rows", [1, 20])
def test_a_date_python_has_none_for_is_refused(days: int, rows: int) -> None:
    far = pl.Series("processing_date", [days] * rows, dtype=pl.Int32).cast(pl.Date)
    frame = pl.DataFrame({name: [None] * rows for name in ALERTS.schema}, schema=ALERTS.schema)
    with pytest.raises(InvalidBatchError, match=f"years 1 to 9999; {rows} of {rows} rows are not"):
        check_table(frame.with_columns(far), ALERTS)
