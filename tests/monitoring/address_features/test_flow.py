from collections.abc import Callable, Sequence
from math import log2

import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]


def entropy(*shares: float) -> float:
    return -sum(share * log2(share) for share in shares)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("reciprocity_ratio", [3 / 13, 1, 0, 0]),  # a: 600 of 2600 with b
        ("flow_diversity", [entropy(1 / 8, 1 / 4, 5 / 8) / log2(3), entropy(1 / 3, 2 / 3), 0, 0]),
        ("counterparty_concentration", [0.875, 0, 0.5, 0]),  # a: 600 and 1000; c: 0 and 1000
        ("concentration_ratio", [0.625, 1, 1, 0]),
        ("velocity_score", [0.04, 0.03, 0.02, 0.01]),
        ("structuring_score", [1, 1, 0.5, 1]),
        ("in_out_ratio", [0.125, 2 / 3, 1, 0.5]),  # d moved nothing of worth
        ("flow_asymmetry", [0.75, 1 / 3, 1, 0]),
        ("flow_direction_entropy", [entropy(1 / 3, 2 / 3), 1, 1, 0]),
        ("counterparty_overlap_ratio", [0.5, 1, 0, 0]),
    ],
)
def test_flow(week_features: pl.DataFrame, column: str, expected: list[float]) -> None:
    assert week_features[column].to_list() == pytest.approx(expected, rel=1e-12)


def test_dominant_flow_direction(week_features: pl.DataFrame) -> None:
    expected = ["outgoing", "incoming", "incoming", "balanced"]
    assert week_features["dominant_flow_direction"].to_list() == expected


@pytest.mark.parametrize(
    ("received", "sent", "direction"),
    [
        ("1.5", "1", "balanced"),  # exactly half as much again is not more
        ("1.500000000000000001", "1", "incoming"),
        ("0.1", "0.15", "balanced"),  # as doubles, 1.5 · 0.1 is above 0.15
        ("1", "1.500000000000000001", "outgoing"),
    ],
)
def test_the_limits_of_a_direction_are_exact(
    activity_of: MakeActivity, received: str, sent: str, direction: str
) -> None:
    rows = [("b", "a", "1", received, "1 00:00"), ("a", "b", "1", sent, "1 00:01")]
    a = build_address_features(activity_of(rows)).row(0, named=True)
    assert a["dominant_flow_direction"] == direction


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (["999.99", "1000"], 0.5),  # 1000 is not small
        (["1", "2", "5000"], 2 / 3),  # most are small, but only two
        (["1", "2", "3", "5000", "6000"], 0.9),  # 0.6, raised by half
        (["1", "2", "3", "5000", "6000", "7000"], 0.5),  # three, but not most
        (["1", "2", "3"], 1.0),
    ],
)
def test_structuring_score(activity_of: MakeActivity, amounts: list[str], expected: float) -> None:
    rows = [("a", "b", amount, "1", f"1 00:0{i}") for i, amount in enumerate(amounts)]
    a = build_address_features(activity_of(rows)).row(0, named=True)
    assert a["structuring_score"] == pytest.approx(expected)
    assert a["small_transaction_ratio"] == a["structuring_score"]


def test_reciprocity_without_native_amounts_falls_back_on_usd(activity_of: MakeActivity) -> None:
    rows = [("b", "a", "0", "10", "1 00:00"), ("a", "b", "0", "30", "1 00:01")]
    features = build_address_features(activity_of(rows))
    assert features["reciprocity_ratio"].to_list() == [0.25, 0.25]


def test_velocity_stops_at_a_hundred_transfers(activity_of: MakeActivity) -> None:
    rows = [("a", "b", "1", "1", f"1 {i // 60}:{i % 60:02}") for i in range(101)]
    assert build_address_features(activity_of(rows))["velocity_score"].to_list() == [1.0, 1.0]
