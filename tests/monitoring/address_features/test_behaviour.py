from collections.abc import Callable, Sequence
from math import log2

import numpy as np
import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features
from aml_miner.monitoring.address_features.behaviour import _counts

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]

ONE_AND_TWO = log2(3) - 2 / 3
"""Entropy of three transfers, one in one place and two in another."""


def hours(**counts: int) -> list[int]:
    return [counts.get(f"h{hour}", 0) for hour in range(24)]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("peak_activity_hour", [12, 12, 13, 13]),
        ("peak_activity_day", [0, 0, 0, 0]),
        ("hourly_entropy", [1.5, ONE_AND_TWO, 0, 0]),
        ("hourly_transaction_entropy", [1.5, ONE_AND_TWO, 0, 0]),
        ("daily_entropy", [1.5, ONE_AND_TWO, 1, 0]),
        ("weekend_transaction_ratio", [0.5, 1 / 3, 0.5, 0]),
        ("night_transaction_ratio", [0.25, 1 / 3, 0, 0]),
        ("unusual_timing_score", [0.75, 2 / 3, 0.5, 0]),
        ("small_transaction_ratio", [1, 1, 0.5, 1]),
        ("consistency_score", [(1 - 1.5 / log2(24)) ** 2, (1 - ONE_AND_TWO / log2(24)) ** 2, 1, 1]),
        ("round_number_ratio", [1, 1, 0.5, 0]),
        # by the hour, a moved 100, 500 and 2000, b 100 and 500
        ("hourly_volume_variance", [6_020_000 / 9, 40_000, 0, 0]),
        ("peak_volume_hour", [13, 12, 13, 13]),
        ("intraday_volume_ratio", [240 / 13, 20, 24, 24]),
    ],
)
def test_behaviour(week_features: pl.DataFrame, column: str, expected: list[float]) -> None:
    assert week_features[column].to_list() == pytest.approx(expected, rel=1e-12)


def test_activity_by_the_hour_and_by_the_weekday(week_features: pl.DataFrame) -> None:
    assert week_features["hourly_activity"].to_list() == [
        hours(h0=1, h12=2, h13=1),
        hours(h0=1, h12=2),
        hours(h13=2),
        hours(h13=1),
    ]
    assert week_features["daily_activity"].to_list() == [
        [2, 0, 0, 0, 0, 1, 1],
        [2, 0, 0, 0, 0, 1, 0],
        [1, 0, 0, 0, 0, 0, 1],
        [1, 0, 0, 0, 0, 0, 0],
    ]


def test_a_count_beyond_16_bits_stays_at_the_largest() -> None:
    assert _counts(np.array([[65_535.0, 65_536.0, 3.0]])).to_list() == [[65_535, 65_535, 3]]


@pytest.mark.parametrize(
    ("when", "night", "weekend", "unusual"),
    [
        ("1 05:59", 1, 0, 1),
        ("1 06:00", 0, 0, 0),
        ("5 23:59", 0, 0, 0),  # a Friday
        ("6 00:00", 1, 1, 1),  # a Saturday night counts once
        ("7 23:59", 0, 1, 1),
    ],
)
def test_night_and_weekend(
    activity_of: MakeActivity, when: str, night: int, weekend: int, unusual: int
) -> None:
    a = build_address_features(activity_of([("a", "b", "1", "1", when)])).row(0, named=True)
    assert a["night_transaction_ratio"] == night
    assert a["weekend_transaction_ratio"] == weekend
    assert a["unusual_timing_score"] == unusual


@pytest.mark.parametrize(
    ("amount", "is_round"),
    [
        ("100", 1),
        ("100.99", 1),  # by its whole part
        ("150", 0),
        ("99.99", 0),
        ("0", 0),  # divisible, but below 100
        ("1000000", 1),
    ],
)
def test_round_number_ratio(activity_of: MakeActivity, amount: str, is_round: int) -> None:
    features = build_address_features(activity_of([("a", "b", amount, "1", "1 00:00")]))
    assert features["round_number_ratio"].to_list() == [is_round, is_round]


def test_hours_without_volume_are_0(activity_of: MakeActivity) -> None:
    features = build_address_features(activity_of([("a", "b", "0", "1", "1 09:00")]))
    a = features.row(0, named=True)
    assert (a["hourly_volume_variance"], a["intraday_volume_ratio"]) == (0.0, 0.0)
    assert (a["peak_volume_hour"], a["peak_hour"]) == (0, 9)
