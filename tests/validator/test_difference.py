"""Two tables part where a bit does."""

import math

import polars as pl
import pytest

from aml_miner.validator.difference import Difference, count_differing, first_difference

COLUMNS = ("version", "score")
TABLE = pl.DataFrame({"version": ["a", "a", "b"], "score": [0.5, 0.0, math.nan]})


def changed(column: str, row: int, value: float | str | None) -> pl.DataFrame:
    values = TABLE[column].to_list()
    values[row] = value
    return TABLE.with_columns(pl.Series(column, values, TABLE[column].dtype))


def test_equal_tables_do_not_part() -> None:
    assert first_difference(TABLE, TABLE.clone(), COLUMNS) is None
    assert count_differing(TABLE, TABLE.clone(), COLUMNS) == 0


@pytest.mark.parametrize(
    ("column", "row", "value"),
    [
        ("score", 0, math.nextafter(0.5, 1.0)),
        ("score", 1, -0.0),  # another bit, and so another answer
        ("score", 2, None),
        ("score", 0, math.nan),
        ("version", 2, "a"),
        ("version", 1, None),
    ],
)
def test_one_other_value_is_found(column: str, row: int, value: float | str | None) -> None:
    other = changed(column, row, value)
    found = first_difference(TABLE, other, COLUMNS)
    assert found is not None
    assert (found.row, found.column) == (row, column)
    assert count_differing(TABLE, other, COLUMNS) == 1


def test_the_first_row_counts_and_then_the_first_column() -> None:
    other = changed("score", 1, 0.25).with_columns(version=pl.Series(["a", "x", "y"]))
    assert first_difference(TABLE, other, COLUMNS) == Difference(1, "version", "a", "x")
    assert count_differing(TABLE, other, COLUMNS) == 2


def test_both_values_are_told_with_every_bit() -> None:
    found = first_difference(TABLE, changed("score", 0, math.nextafter(0.5, 1.0)), COLUMNS)
    assert found is not None
    assert (found.expected_hex, found.found_hex) == (
        "0x1.0000000000000p-1",
        "0x1.0000000000001p-1",
    )


def test_a_number_stored_as_a_whole_one_is_another_value() -> None:
    whole = pl.DataFrame({"score": [0, 1]})
    found = first_difference(whole, pl.DataFrame({"score": [0.0, 1.0]}), ("score",))
    assert found == Difference(0, "score", "0", 0.0)


def test_empty_tables_are_equal() -> None:
    assert first_difference(TABLE.clear(), TABLE.clear(), COLUMNS) is None
    assert count_differing(TABLE.clear(), TABLE.clear(), ()) == 0
