from collections.abc import Callable, Sequence
from decimal import Decimal

import polars as pl
import pytest

from aml_miner.batch.schemas import MONEY
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features, volume

type MakeActivity = Callable[[Sequence[tuple[str, ...]]], Activity]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("total_in_usd", [200, 400, 1000, 0]),
        ("total_out_usd", [1400, 200, 0, 0]),
        ("net_flow_usd", [-1200, 200, 1000, 0]),
        ("total_volume_usd", [1600, 600, 1000, 0]),
        ("avg_tx_in_usd", [200, 400, 1000, 0]),  # b got 100 and 300 from one sender
        ("avg_tx_out_usd", [700, 200, 0, 0]),  # d sent nothing: 0, as in the reference
        ("median_tx_in_usd", [200, 400, 1000, 0]),
        ("median_tx_out_usd", [700, 200, 0, 0]),  # between 400 and 1000
        ("max_tx_usd", [1000, 400, 1000, 0]),
        ("min_tx_usd", [200, 200, 0, 0]),
    ],
)
def test_volume(week_features: pl.DataFrame, column: str, expected: list[int]) -> None:
    assert week_features[column].dtype == MONEY
    assert week_features[column].to_list() == expected


def test_every_volume_is_an_exact_decimal(week: Activity) -> None:
    """Before the cast to the schema, which would hide a double."""
    for column in volume.COLUMNS:
        values = column(week)
        assert isinstance(values, pl.Series)
        assert values.dtype == MONEY


@pytest.mark.parametrize(
    ("received", "average", "median"),
    [
        (["1", "0", "0"], "0.333333333333333333", "0"),
        (["1", "1", "0"], "0.666666666666666667", "1"),
        (["5", "1", "2"], "2.666666666666666667", "2"),
        (["0.000000000000000001", "0"], "0", "0"),  # half a unit: to the even 0
        (
            ["0.000000000000000002", "0.000000000000000001"],
            *["0.000000000000000002"] * 2,
        ),  # to the even 2
    ],
)
def test_averages_and_medians_round_half_to_even(
    activity_of: MakeActivity, received: list[str], average: str, median: str
) -> None:
    rows = [(f"sender-{i}", "a", "1", usd, f"1 00:0{i}") for i, usd in enumerate(received)]
    a = build_address_features(activity_of(rows)).row(0, named=True)
    assert a["avg_tx_in_usd"] == Decimal(average)
    assert a["median_tx_in_usd"] == Decimal(median)
