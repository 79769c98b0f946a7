"""What a feature says of itself."""

import polars as pl
import pytest

from aml_miner.features.feature import (
    Feature,
    known_text,
    larger_of,
    severity_level,
    smaller_of,
)

SENT = Feature("sent_usd", pl.col("a") + pl.col("b") - pl.col("a"), "usd", "sent {value:,.0f} USD")
HUB = Feature("is_hub", pl.col("hub"), "flag", "is {value}a hub")
KIND = Feature("kind", pl.col("kind"), "category", "is of type {value}")


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        (SENT, 1234567.0, "sent 1,234,567 USD"),
        (SENT, None, "sent usd is not known"),
        (HUB, 1.0, "is a hub"),
        (HUB, 0.0, "is not a hub"),
        (KIND, "cycle", "is of type cycle"),
        (KIND, "{value}", "is of type {value}"),  # a category's text is never a format
    ],
)
def test_describe(feature: Feature, value: float | str | None, words: str) -> None:
    assert feature.describe(value) == words


def test_columns_are_sorted_and_named_once() -> None:
    assert SENT.columns == ("a", "b")


@pytest.mark.parametrize(
    ("first", "second", "smaller", "larger"),
    [(1.0, 2.0, 1.0, 2.0), (2.0, 1.0, 1.0, 2.0), (1.0, None, None, None), (None, 1.0, None, None)],
)
def test_smaller_and_larger_of_an_unknown_are_unknown(
    first: float | None, second: float | None, smaller: float | None, larger: float | None
) -> None:
    row = pl.DataFrame({"a": [first], "b": [second]}, schema={"a": pl.Float64, "b": pl.Float64})
    found = row.select(
        smaller=smaller_of(pl.col("a"), pl.col("b")), larger=larger_of(pl.col("a"), pl.col("b"))
    )
    assert found.row(0) == (smaller, larger)


def test_severity_levels_rise_and_unknown_ones_are_null() -> None:
    row = pl.DataFrame({"s": ["low", "medium", "high", "critical", "other", None]})
    levels = row.select(severity_level("s")).to_series().to_list()
    assert levels == [0.0, 1.0, 2.0, 3.0, None, None]


def test_known_text_of_an_empty_text_is_null() -> None:
    row = pl.DataFrame({"s": ["", "cycle", None]})
    assert row.select(known_text("s")).to_series().to_list() == [None, "cycle", None]
