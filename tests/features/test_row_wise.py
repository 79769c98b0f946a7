"""A feature's expression evaluated in Python for one row gives the bits Polars gives for many."""

import math
from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aml_miner.batch.schemas import ALERTS, CLUSTERS
from aml_miner.batch.schemas import FEATURES as ADDRESSES
from aml_miner.features.builder import ALERT_LEVEL_FEATURES, CLUSTER_LEVEL_FEATURES
from aml_miner.features.feature import Feature, known_text, larger_of, smaller_of
from aml_miner.features.row_wise import LeftToPolarsError, Value, read_expression

FEATURES = {feature.name: feature for feature in (*ALERT_LEVEL_FEATURES, *CLUSTER_LEVEL_FEATURES)}
TYPES = {
    column.name: column.dtype for table in (CLUSTERS, ADDRESSES, ALERTS) for column in table.columns
}
NUMBERS = st.one_of(
    st.floats(allow_nan=False),
    st.sampled_from([0.0, -0.0, 1.0, math.inf, -math.inf, 5e-324, 1e308]),
)
TEXTS = st.sampled_from(["", "low", "medium", "high", "critical", "cycle", "other"])


def values_of(name: str) -> st.SearchStrategy[Value]:
    """Draw what a column may hold once the builder has made floats of its numbers."""
    dtype = TYPES.get(name, pl.Float64())
    if dtype == pl.String:
        return st.none() | TEXTS
    if dtype == pl.Date:
        return st.dates(date(1970, 1, 1), date(2100, 1, 1))
    if isinstance(dtype, pl.List):
        return st.none() | st.lists(TEXTS, max_size=3)
    return st.none() | NUMBERS


def frame_of(rows: list[dict[str, Value]]) -> pl.DataFrame:
    types = {name: TYPES.get(name, pl.Float64()) for name in rows[0]}
    kept = {
        name: dtype if dtype in (pl.String, pl.Date) or isinstance(dtype, pl.List) else pl.Float64
        for name, dtype in types.items()
    }
    return pl.DataFrame(rows, schema=kept, orient="row")


def bits(value: object) -> object:
    """Tell −0 from 0, which are equal, and find NaN, which equals nothing."""
    return np.float64(value).tobytes() if isinstance(value, float) else value


def assert_alike(expression: pl.Expr, rows: list[dict[str, Value]]) -> None:
    """Of rows without infinities and zeros every one is evaluated; others may be left to Polars."""
    evaluate = read_expression(expression)
    expected = frame_of(rows).select(value=expression)["value"].to_list()
    for row, value in zip(rows, expected, strict=True):
        try:
            found = evaluate(row)
        except LeftToPolarsError:
            numbers = [each for each in row.values() if isinstance(each, float)]
            assert not all(math.isfinite(each) and each for each in numbers)
            continue
        assert bits(found) == bits(value) or (found != found and value != value)  # noqa: PLR0124


@pytest.mark.parametrize("name", FEATURES)
@settings(max_examples=30)
@given(draws=st.data())
def test_a_row_has_the_bits_polars_gives(name: str, draws: st.DataObject) -> None:
    feature = FEATURES[name]
    row = st.fixed_dictionaries({column: values_of(column) for column in feature.columns})
    assert_alike(feature.expression, draws.draw(st.lists(row, min_size=2, max_size=6)))


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_of_ours_is_read(name: str) -> None:
    assert callable(read_expression(FEATURES[name].expression))


A, B = pl.col("a"), pl.col("b")


@pytest.mark.parametrize(
    "expression",
    [
        A + B,
        A - B,
        A * B,
        A / B,
        pl.when(A > B).then(A).otherwise(B),
        pl.when((A >= 1) | (B < 2.5)).then(A),
        pl.when((A == B) & (A != 0.0) & (B <= A)).then(pl.lit(1.0)),
        pl.when(A.is_null()).then(B).otherwise(A / B),
        smaller_of(A, B),
        larger_of(A, pl.lit(1.0)),
        pl.max_horizontal(A, B) - pl.min_horizontal(A, B),
        (A / B) / (B / A),
    ],
)
@given(draws=st.lists(st.tuples(st.none() | NUMBERS, st.none() | NUMBERS), min_size=2))
def test_each_form_has_the_bits_polars_gives(
    expression: pl.Expr, draws: list[tuple[float | None, float | None]]
) -> None:
    assert_alike(expression, [{"a": a, "b": b} for a, b in draws])


@pytest.mark.parametrize(
    "expression",
    [
        A.cast(pl.Decimal(20, 2)),
        A / pl.len(),
        A + pl.lit(pl.Series([1.0])),
        A > 2**53 + 1,
        A.is_in([1.0]),
        A.log(),
        A**2.0,
        A.rank(),
        A.mean(),
        A // B,
        pl.lit(value=True),
        A.cast(pl.Int8),
        ~(A > B),
    ],
)
def test_other_forms_are_left_to_polars(expression: pl.Expr) -> None:
    with pytest.raises(LeftToPolarsError):
        read_expression(expression)


@pytest.mark.parametrize(
    ("expression", "row"),
    [
        (pl.when(A > B).then(A), {"a": math.nan, "b": 1.0}),  # Polars takes NaN for the largest
        (pl.max_horizontal(A, B), {"a": math.nan, "b": 1.0}),  # and passes over it here
        (A + B, {"a": 1, "b": 2}),  # small whole numbers wrap around
        (A + B, {"a": True, "b": 2.0}),
        (A == B, {"a": 1.0, "b": "1"}),
        (pl.min_horizontal(A, B), {"a": "x", "b": 1.0}),
        (pl.when(A).then(1.0).otherwise(0.0), {"a": 1.0, "b": None}),  # a flag is no truth there
        (pl.when((A > 0.0) & B).then(1.0), {"a": 1.0, "b": 0.0}),
        (pl.when((A < 0.0) | B).then(1.0), {"a": 1.0, "b": 1.0}),
        (A.cast(pl.Int32), {"a": 1.5, "b": None}),
        (A.cast(pl.Float64), {"a": "1", "b": None}),
    ],
)
def test_rows_that_turn_on_polars_ways_are_left_to_it(
    expression: pl.Expr, row: dict[str, Value]
) -> None:
    with pytest.raises(LeftToPolarsError):
        read_expression(expression)(row)


def test_texts_and_lengths() -> None:
    assert read_expression(known_text("a"))({"a": ""}) is None
    assert read_expression(known_text("a"))({"a": "cycle"}) == "cycle"
    assert read_expression(pl.col("a").list.len())({"a": ["x", "y"]}) == 2
    assert read_expression(pl.col("a").list.len())({"a": None}) is None


def test_and_and_or_know_the_unknown() -> None:
    """Null and false is false, null or true is true; otherwise nothing is known."""
    expressions = {"and": (A == B) & (A != B), "or": (A == B) | (A != B)}
    evaluate: dict[str, Callable[[dict[str, Value]], Value]] = {
        name: read_expression(expression) for name, expression in expressions.items()
    }
    unknown: dict[str, Value] = {"a": None, "b": 1.0}
    assert (evaluate["and"](unknown), evaluate["or"](unknown)) == (None, None)
    kleene = read_expression((pl.col("x") == pl.lit(1.0)) & (A == B))
    assert kleene({"x": 2.0} | unknown) is False
    assert read_expression((pl.col("x") == pl.lit(1.0)) | (A == B))({"x": 1.0} | unknown) is True


def test_the_name_of_a_feature_is_no_form() -> None:
    feature = Feature("share", A / B, "ratio", "{value}")
    assert read_expression(feature.expression)({"a": 1.0, "b": 4.0}) == 0.25
