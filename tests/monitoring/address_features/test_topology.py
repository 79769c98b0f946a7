import polars as pl
import pytest


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("degree_in", [1, 1, 1, 1]),
        ("degree_out", [2, 1, 1, 0]),
        ("degree_total", [2, 1, 2, 1]),  # b is one counterparty of a, though both pay
        ("degree", [3, 2, 2, 1]),  # and two edges
        ("unique_counterparties", [2, 1, 2, 1]),
        ("unique_recipients_count", [2, 1, 1, 0]),
        ("unique_senders_count", [1, 1, 1, 1]),
    ],
)
def test_topology(week_features: pl.DataFrame, column: str, expected: list[int]) -> None:
    assert week_features[column].to_list() == expected
