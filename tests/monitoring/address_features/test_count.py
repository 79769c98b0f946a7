import polars as pl
import pytest


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("tx_in_count", [1, 2, 1, 1]),
        ("tx_out_count", [3, 1, 1, 0]),
        ("tx_total_count", [4, 3, 2, 1]),
    ],
)
def test_count(week_features: pl.DataFrame, column: str, expected: list[int]) -> None:
    assert week_features[column].to_list() == expected
