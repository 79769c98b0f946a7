from datetime import date
from pathlib import Path

import polars as pl
import pytest

from aml_miner.errors import InvalidBatchError
from aml_miner.monitoring.transfers import make_transfers, read_transfers_file
from tests.monitoring.graphs import draw


def test_rows_are_sorted_by_time_whatever_their_order() -> None:
    rows = draw(("a", "b", 1, 2), ("b", "c", 2, 1), ("c", "a", 3, 3))
    shuffled = make_transfers(rows.reverse())
    assert shuffled.rows["amount"].cast(pl.Float64).to_list() == [2.0, 1.0, 3.0]
    assert shuffled.rows.equals(make_transfers(rows).rows)


def test_the_same_row_twice_is_kept_once_and_counted() -> None:
    rows = draw(("a", "b", 1, 0), ("b", "c", 2, 1))
    transfers = make_transfers(pl.concat([rows, rows.head(1)]))
    assert (transfers.rows.height, transfers.duplicates) == (2, 1)


def test_one_key_with_different_contents_is_an_error() -> None:
    rows = draw(("a", "b", 1, 0), ("b", "c", 2, 1)).with_columns(tx_id=pl.lit("same"))
    with pytest.raises(InvalidBatchError, match="must be unique; 2 of 2 rows are not"):
        make_transfers(rows)


def test_self_transfers_are_left_out_and_counted() -> None:
    transfers = make_transfers(draw(("a", "a", 1, 0), ("a", "b", 2, 1)))
    assert (transfers.rows.height, transfers.self_transfers) == (1, 1)


def test_only_self_transfers_is_an_error() -> None:
    with pytest.raises(InvalidBatchError, match="no transfer between two different addresses"):
        make_transfers(draw(("a", "a", 1, 0)))


def test_a_zero_amount_is_an_event() -> None:
    assert make_transfers(draw(("a", "b", 0, 0))).rows.height == 1


def test_a_negative_amount_is_an_error() -> None:
    with pytest.raises(InvalidBatchError, match="'amount' must be 0 or more; 1 of 2"):
        make_transfers(draw(("a", "b", -1, 0), ("a", "b", 1, 1)))


def test_seconds_instead_of_milliseconds_are_an_error() -> None:
    rows = draw(("a", "b", 1, 0)).with_columns(pl.col("block_timestamp") // 1000)
    with pytest.raises(InvalidBatchError, match="1 of 1 rows look like seconds, first tx_id 't0'"):
        make_transfers(rows)


@pytest.mark.parametrize(
    ("processing_date", "window_days", "kept", "outside", "window"),
    [
        (None, None, 3, 0, 11),  # from the first transfer's day to the last one's
        (None, 3, 1, 2, 3),  # back from the last transfer's day
        (date(2025, 3, 4), 2, 2, 1, 2),
        (date(2025, 3, 4), None, 2, 1, 2),  # a later transfer is not seen
        (date(2025, 3, 20), 30, 3, 0, 30),
    ],
)
def test_window(
    processing_date: date | None, window_days: int | None, kept: int, outside: int, window: int
) -> None:
    rows = draw(("a", "b", 1, 0), ("b", "c", 2, 47), ("c", "a", 3, 240))
    transfers = make_transfers(rows, processing_date, window_days)
    assert transfers.rows.height == kept
    assert transfers.outside_window == outside
    assert transfers.window_days == window


def test_an_empty_window_is_an_error() -> None:
    with pytest.raises(
        InvalidBatchError, match="none of the 1 lie between 2024-12-31 and 2025-01-01"
    ):
        make_transfers(draw(("a", "b", 1, 0)), date(2025, 1, 1), 2)


def test_a_folder_stands_for_the_transfers_file_in_it(tmp_path: Path) -> None:
    rows = draw(("a", "b", 1, 0))
    rows.write_parquet(tmp_path / "transfers.parquet")
    assert read_transfers_file(tmp_path).equals(rows)
    assert read_transfers_file(tmp_path / "transfers.parquet").equals(rows)
