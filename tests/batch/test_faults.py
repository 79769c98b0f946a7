from pathlib import Path

import polars as pl
import pytest

from aml_miner.batch.faults import expectation, naming_file, type_name
from aml_miner.batch.schemas import Column
from aml_miner.errors import InvalidBatchError

pytestmark = pytest.mark.usefixtures("each_way")


FAULT = "alerts: 'alert_id' must be filled."


def test_fault_of_a_file_begins_with_its_path() -> None:
    with (
        pytest.raises(InvalidBatchError) as refused,
        naming_file(Path("batch") / "alerts.parquet"),
    ):
        raise InvalidBatchError(FAULT)
    assert str(refused.value) == f"batch/alerts.parquet: {FAULT}"


def test_fault_of_a_table_in_memory_names_no_file() -> None:
    with pytest.raises(InvalidBatchError) as refused, naming_file(None):
        raise InvalidBatchError(FAULT)
    assert str(refused.value) == FAULT


def test_another_error_is_left_alone() -> None:
    with pytest.raises(KeyError), naming_file(Path("alerts.parquet")):
        raise KeyError


@pytest.mark.parametrize(
    ("minimum", "maximum", "words"),
    [(0, None, "0 or more"), (None, 23, "23 or less"), (-1, 1, "between -1 and 1")],
)
def test_range_in_words(minimum: float | None, maximum: float | None, words: str) -> None:
    assert expectation(Column("a", pl.Float64(), minimum=minimum, maximum=maximum)) == words


@pytest.mark.parametrize(
    ("dtype", "words"),
    [
        (pl.List(pl.String()), "lists or JSON arrays of text"),
        (pl.UInt8(), "whole numbers from 0 to 255"),
        (pl.Duration("ms"), "Duration(time_unit='ms')"),  # of no column, but a file may hold it
    ],
)
def test_type_in_words(dtype: pl.DataType, words: str) -> None:
    assert type_name(dtype) == words
