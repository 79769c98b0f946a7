from collections.abc import Callable, Sequence

import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import (
    DERIVED_FAMILIES,
    FAMILIES,
    build_address_features,
)
from aml_miner.monitoring.transfers import make_transfers

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]

COUNTED = sum(
    len(columns)
    for families in (FAMILIES, DERIVED_FAMILIES)
    for name, columns in families.items()
    if name != "quality"
)
"""How many features there are, those of this family left out."""


def test_a_feature_that_is_unknown_is_missing(week_features: pl.DataFrame) -> None:
    """Nothing is known from before the window; "d" sent no asset."""
    unknown = [2, 2, 2, 3]
    assert week_features["completeness_score"].to_list() == pytest.approx(
        [1 - missing / COUNTED for missing in unknown], rel=1e-12
    )


def test_an_address_of_which_all_is_known_is_complete(
    transfers_table: Callable[[Sequence[tuple[str, ...]]], pl.DataFrame],
) -> None:
    rows = [
        ("a", "b", "1", "1", "1 00:00"),
        ("a", "b", "1", "1", "2 00:00"),
        ("b", "a", "1", "1", "2 00:01"),
    ]
    features = build_address_features(Activity.of(make_transfers(transfers_table(rows), None, 1)))
    assert features["completeness_score"].to_list() == [1, 1]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("outlier_score", [0, 0, 0, 0]),
        ("confidence_score", [4 / 14, 3 / 13, 2 / 12, 1 / 11]),
        (
            "quality_score",
            [
                (1 - missing / COUNTED + count / (count + 10) + 1) / 3
                for missing, count in ((2, 4), (2, 3), (2, 2), (3, 1))
            ],
        ),
    ],
)
def test_quality(week_features: pl.DataFrame, column: str, expected: list[float]) -> None:
    assert week_features[column].to_list() == pytest.approx(expected, rel=1e-12)


def test_outliers_are_a_share_of_the_transfers_and_lower_the_quality(
    activity_of: MakeActivity,
) -> None:
    usd = ["10", "20", "30", "40", "101"]
    rows = [("a", "b", "1", amount, f"1 00:0{i}") for i, amount in enumerate(usd)]
    a = build_address_features(activity_of(rows)).row(0, named=True)
    assert a["outlier_score"] == 1 / 5
    expected = (a["completeness_score"] + 5 / 15 + 4 / 5) / 3
    assert a["quality_score"] == pytest.approx(expected, rel=1e-12)
