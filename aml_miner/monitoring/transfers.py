"""Transfers: what monitoring starts from, in one canonical order and cut to a window.

Treatment of what real files contain:

* the same row twice (every column equal): kept once, the rest counted;
* one key (tx_id, event_index, edge_index) with different contents: an error;
* a transfer from an address to itself: moves nothing between parties, left out and counted;
* an amount of zero: kept, it is an event; a negative amount: an error;
* timestamps in seconds instead of milliseconds: an error that says so;
* rows in any order: sorted, so that the order cannot matter.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from aml_miner.batch.checking import check_table, check_unique
from aml_miner.batch.reading import read_parquet
from aml_miner.batch.schemas import TRANSFERS
from aml_miner.errors import InvalidBatchError

if TYPE_CHECKING:
    from aml_miner.batch.checking import AnyTable

MS_PER_DAY = 86_400_000

_EARLIEST_MS = 100_000_000_000
"""March 1973 in milliseconds, the year 5138 in seconds: a time below it is not in milliseconds."""

_CANONICAL_ORDER = ["block_timestamp", "tx_id", "event_index", "edge_index"]


@dataclass(frozen=True, slots=True)
class Transfers:
    """The transfers of one window, each once, sorted by time and then by key.

    Attributes
    ----------
    rows
        As `TRANSFERS` in the schemas.
    processing_date
        The last day (UTC) whose transfers are in.
    window_days
        How many days the window has, `processing_date` included.
    duplicates, self_transfers, outside_window
        How many rows were left out for each reason.
    """

    rows: pl.DataFrame
    processing_date: date
    window_days: int
    duplicates: int = 0
    self_transfers: int = 0
    outside_window: int = 0


def read_transfers_file(path: Path) -> pl.DataFrame:
    """Read a transfers file, or the ``transfers.parquet`` of a folder.

    Raises
    ------
    InvalidBatchError
        If it is missing or not readable Parquet.
    """
    return read_parquet(path / TRANSFERS.file_name if path.is_dir() else path)


def make_transfers(
    source: "AnyTable", processing_date: date | None = None, window_days: int | None = None
) -> Transfers:
    """Check a table of transfers, put it in canonical order and cut it to a window.

    Parameters
    ----------
    source
        A table as `TRANSFERS` in the schemas, in any row order.
    processing_date
        Last day of the window (UTC); the day of the last transfer when not given.
    window_days
        Length of the window; back to the first transfer when not given.

    Raises
    ------
    InvalidBatchError
        If the table breaks its schema, or no transfer lies in the window.
    """
    checked = check_table(source, TRANSFERS).rows
    _check_milliseconds(checked)
    unique = checked.unique(maintain_order=False)
    check_unique(unique, TRANSFERS)
    between = unique.filter(pl.col("from_address") != pl.col("to_address"))
    if between.is_empty():
        message = "transfers: no transfer between two different addresses."
        raise InvalidBatchError(message)
    _check_totals(between)
    day = pl.col("block_timestamp") // MS_PER_DAY
    last = _day_number(processing_date) if processing_date else _int(between.select(day.max()))
    first = last - window_days + 1 if window_days else _int(between.select(day.min()))
    inside = between.filter(day.is_between(first, last)).sort(_CANONICAL_ORDER)
    if inside.is_empty():
        message = (
            f"transfers: none of the {between.height} lie between {_date(first)} and {_date(last)}."
        )
        raise InvalidBatchError(message)
    return Transfers(
        rows=inside,
        processing_date=_date(last),
        window_days=last - first + 1,
        duplicates=checked.height - unique.height,
        self_transfers=unique.height - between.height,
        outside_window=between.height - inside.height,
    )


def _check_milliseconds(rows: pl.DataFrame) -> None:
    early = rows.filter(pl.col("block_timestamp") < _EARLIEST_MS)
    if early.height:
        first = early.sort("tx_id").row(0, named=True)
        message = (
            f"transfers: 'block_timestamp' must be in milliseconds since 1970; {early.height} of "
            f"{rows.height} rows look like seconds, first tx_id '{first['tx_id']}': "
            f"{first['block_timestamp']}."
        )
        raise InvalidBatchError(message)


def _check_totals(rows: pl.DataFrame) -> None:
    """Refuse amounts whose total does not fit: a grouped decimal sum wraps in silence, a whole column's raises."""
    for name in ("amount", "amount_usd"):
        try:
            rows[name].sum()
        except pl.exceptions.ComputeError as error:
            message = (
                f"transfers: the '{name}' of all {rows.height} rows add up to 20 digits or more."
            )
            raise InvalidBatchError(message) from error


def _int(frame: pl.DataFrame) -> int:
    return int(frame.item())


def _day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _date(day_number: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day_number)).date()
