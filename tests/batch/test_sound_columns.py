"""A column is passed over only when nothing at all is to be said of it."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from aml_miner.batch.schemas import FEATURES
from aml_miner.batch.sound_columns import sound_columns

pytestmark = pytest.mark.usefixtures("each_way")


ROWS = pl.DataFrame(
    {
        "address": ["a", "b"],
        "window_days": [30, 30],
        "processing_date": [date(2025, 1, 20)] * 2,
        "degree_in": [1, None],
        "total_in_usd": [Decimal(1), None],
        "pagerank": [0.5, None],
        "amount_skewness": [-1e300, None],
        "peak_hour": [23, None],
        "hourly_activity": [[0] * 24, None],
        "is_whale": [True, None],
        "dominant_asset_in": ["", None],
    },
    schema_overrides=FEATURES.schema,
)


def test_every_column_in_order_is_sound_and_one_that_is_absent_is_not() -> None:
    assert sound_columns(ROWS, FEATURES) == set(ROWS.columns)
    assert sound_columns(ROWS.clear(), FEATURES) == set(ROWS.columns)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("address", ""),
        ("address", None),
        ("window_days", 0),
        ("processing_date", None),
        ("total_in_usd", Decimal(-1)),
        ("pagerank", 1.1),
        ("pagerank", -0.1),
        ("pagerank", float("nan")),
        ("amount_skewness", float("inf")),
        ("amount_skewness", float("-inf")),
        ("amount_skewness", float("nan")),
        ("peak_hour", 24),
        ("hourly_activity", []),  # read as unknown
        ("hourly_activity", [0] * 23),
        ("hourly_activity", [None] * 24),
    ],
)
def test_one_value_that_is_not_in_order_makes_its_column_unsound(name: str, value: object) -> None:
    odd = pl.Series(name, [ROWS[name][0], value], dtype=ROWS.schema[name], strict=False)
    assert sound_columns(ROWS.with_columns(odd), FEATURES) == set(ROWS.columns) - {name}


@pytest.mark.parametrize("dtype", [pl.Float32, pl.Int64, pl.Null, pl.String])
def test_a_column_of_another_type_is_not_sound(dtype: pl.DataType) -> None:
    other = ROWS.with_columns(pl.lit(None, dtype).alias("degree_in"))
    assert "degree_in" not in sound_columns(other, FEATURES)


def test_a_share_may_pass_its_bound_by_rounding() -> None:
    within = ROWS.with_columns(pagerank=pl.lit(1.0 + 5e-7))
    assert "pagerank" in sound_columns(within, FEATURES)
