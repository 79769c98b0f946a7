"""What a feature says of itself."""

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.features.builder import feature_reasons
from aml_miner.features.feature import (
    Feature,
    known_text,
    larger_of,
    severity_level,
    smaller_of,
)

SENT = Feature("sent_usd", pl.col("a") + pl.col("b") - pl.col("a"), "usd", "sent {value:,.0f} USD")
HUB = Feature("is_hub", pl.col("hub"), "flag", "is {value}a hub")
SHARE = Feature("share", pl.col("share"), "ratio", "{value:.0%} of it")
TIMES = Feature("times", pl.col("times"), "ratio", "{value:,.1f} times")
TINY = Feature("tiny", pl.col("tiny"), "score", "weight {value:.2e}")
KIND = Feature("kind", pl.col("kind"), "category", "is of type {value}", absent="is of no type")
DAYS = Feature(
    "days", pl.col("d"), "days", "was active on {value:,.0f} days", one="on a single day"
)
LEVEL = Feature("level", pl.col("l"), "score", "is {value}", levels=("low", "high"))
RANK = Feature("rank", pl.col("r"), "score", "{value:,.0f} in a million", scale=1e6)


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        (SENT, 1234567.0, "sent 1,234,567 USD"),
        (SENT, None, "sent usd is not known"),
        (HUB, 1.0, "is a hub"),
        (HUB, 0.0, "is not a hub"),
        (KIND, "cycle", "is of type cycle"),
        (KIND, "{value}", "is of type {value}"),  # a category's text is never a format
        (KIND, None, "is of no type"),
        (DAYS, 2.0, "was active on 2 days"),
        (DAYS, 1.0, "on a single day"),
        (DAYS, 0.99, "on a single day"),  # told as it is shown
        (DAYS, None, "days is not known"),
        (LEVEL, 0.0, "is low"),
        (LEVEL, 1.0, "is high"),
        (RANK, 0.00123, "1,230 in a million"),
        (RANK, 1e-10, "almost 0 in a million"),
        (SHARE, 0.25, "25% of it"),
        (SHARE, 0.0, "0% of it"),
        (SHARE, 0.0051, "1% of it"),
        (SHARE, 0.0049, "0.5% of it"),  # one digit, where a whole percentage would be 0
        (SHARE, -0.0032, "-0.3% of it"),
        (SHARE, 0.00001, "0.001% of it"),
        (SHARE, 0.000009, "almost 0% of it"),
        (SHARE, -1e-12, "almost 0% of it"),
        (SENT, 0.0, "sent 0 USD"),
        (SENT, 0.42, "sent 0.4 USD"),
        (SENT, 1e-18, "sent almost 0 USD"),
        (TIMES, 0.04, "0.04 times"),
        (TIMES, 1e-4, "almost 0 times"),
        (TINY, 1.5e-9, "weight 1.50e-09"),  # a form that shows any size is left alone
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


@given(
    value=st.floats(-1e300, 1e300).filter(lambda value: value != 0.0),
    feature=st.sampled_from([f for f in feature_reasons().values() if "{value:" in f.reason]),
)
def test_a_number_that_is_not_0_is_never_shown_as_0(value: float, feature: Feature) -> None:
    told = feature.describe(value)
    if feature.one and told == feature.one:
        return  # one of a thing is told in words
    template = re.escape(feature.reason)
    slot = re.escape(re.search(r"\{value:[^}]*\}", feature.reason).group())  # type: ignore[union-attr]
    shown = re.fullmatch(template.replace(slot, "(.*)"), told)
    assert shown is not None
    assert "almost 0" in shown[1] or re.search("[1-9]", shown[1])
