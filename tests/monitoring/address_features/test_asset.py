from collections.abc import Callable, Sequence
from math import log2

import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("unique_assets_in", [1, 1, 1, 1]),
        ("unique_assets_out", [2, 1, 1, 0]),
        ("dominant_asset_in", ["TOR", "TOR", "XYZ", "XYZ"]),  # d: worth nothing, but all it got
        ("dominant_asset_out", ["XYZ", "TOR", "XYZ", None]),  # d sent nothing: unknown
    ],
)
def test_asset(
    week_features: pl.DataFrame, column: str, expected: list[int] | list[str | None]
) -> None:
    assert week_features[column].to_list() == expected


def test_diversity_is_the_entropy_of_the_assets(week_features: pl.DataFrame) -> None:
    """Of a's 1600 dollars, 600 were in TOR."""
    expected = [-3 / 8 * log2(3 / 8) - 5 / 8 * log2(5 / 8), 0, 0, 0]
    assert week_features["asset_diversity_score"].to_list() == pytest.approx(expected)


def test_two_contracts_of_one_symbol_are_two_assets(activity_of: MakeActivity) -> None:
    rows = [
        ("a", "b", "1", "3", "1 00:00", "USDT/x"),
        ("a", "b", "1", "3", "1 00:01", "USDT/y"),
        ("a", "b", "1", "4", "1 00:02", "TOR"),
    ]
    a = build_address_features(activity_of(rows)).row(0, named=True)
    assert a["unique_assets_out"] == 3
    assert a["dominant_asset_out"] == "TOR"


def test_of_assets_with_the_same_volume_the_first_by_name_dominates(
    activity_of: MakeActivity,
) -> None:
    rows = [
        ("a", "b", "1", "5", "1 00:00", "XYZ"),
        ("a", "b", "1", "5", "1 00:01", "ABC"),
    ]
    b = build_address_features(activity_of(rows)).row(1, named=True)
    assert b["dominant_asset_in"] == "ABC"
    assert b["asset_diversity_score"] == 1.0
