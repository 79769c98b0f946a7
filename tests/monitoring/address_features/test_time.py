from decimal import Decimal
from math import log2

import polars as pl
import pytest

MONDAY_MS = 1_704_067_200_000
HOUR_MS = 3_600_000

DAY_BITS = log2(24)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("activity_days", [3, 2, 2, 1]),
        ("activity_span_days", [6, 5, 1, 1]),  # a: 6 days and 13 hours; d: at least 1
        ("avg_daily_volume_usd", [Decimal("866.666666666666666667"), 300, 1025, 50]),
        ("peak_hour", [12, 12, 13, 13]),
        ("peak_day", [0, 0, 0, 0]),  # c was active on a Sunday and a Monday: Monday comes first
        ("burst_factor", [12, 16, 24, 24]),
        ("first_activity_timestamp", [MONDAY_MS + h * HOUR_MS for h in (0, 0, 157, 181.5)]),
        ("last_activity_timestamp", [MONDAY_MS + h * HOUR_MS for h in (157, 132, 181.5, 181.5)]),
    ],
)
def test_time(
    week_features: pl.DataFrame, column: str, expected: list[int | float | Decimal]
) -> None:
    assert week_features[column].to_list() == expected


def test_regularity_is_what_the_entropy_of_the_hours_leaves(week_features: pl.DataFrame) -> None:
    """By the hour, a has 1, 2 and 1 transfers, b 1 and 2."""
    expected = [1 - 1.5 / DAY_BITS, 1 - (log2(3) - 2 / 3) / DAY_BITS, 1, 1]
    assert week_features["regularity_score"].to_list() == pytest.approx(expected)
