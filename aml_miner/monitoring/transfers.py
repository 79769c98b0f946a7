"""Transfers: what monitoring starts from, in one canonical order and cut to windows.

A file is checked once, whatever windows are cut from it afterwards; `docs/monitoring.md` says what becomes of rows that
are odd. A window knows of the time before it, and nothing of the time after it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from aml_miner.batch.checking import check_table
from aml_miner.batch.faults import offenders
from aml_miner.batch.reading import read_parquet
from aml_miner.batch.schemas import TRANSFERS
from aml_miner.errors import ConfigurationError, InvalidBatchError
from aml_miner.monitoring.transfer_checks import (
    FIRST_DAY,
    LAST_DAY,
    check_times,
    check_totals,
)

if TYPE_CHECKING:
    from aml_miner.batch.checking import AnyTable

MS_PER_HOUR = 3_600_000
MS_PER_DAY = 24 * MS_PER_HOUR

MOST_WINDOW_DAYS = 65_535
"""The contract holds a window's length in 16 bits."""

_EPOCH = date(1970, 1, 1)
_CANONICAL_ORDER = ["block_timestamp", "tx_id", "event_index", "edge_index"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All transfers there are of a network, each once, sorted by time and then by key.

    Attributes
    ----------
    rows
        As `TRANSFERS` in the schemas; never empty.
    duplicate_times, self_transfer_times
        Times of the rows that were left out for each reason, ascending.
    """

    rows: pl.DataFrame
    duplicate_times: pl.Series
    self_transfer_times: pl.Series

    @property
    def first_day(self) -> date:
        """Day (UTC) of the first transfer."""
        return _date(self.rows["block_timestamp"][0] // MS_PER_DAY)

    @property
    def last_day(self) -> date:
        """Day (UTC) of the last transfer."""
        return _date(self.rows["block_timestamp"][-1] // MS_PER_DAY)


@dataclass(frozen=True, slots=True)
class Transfers:
    """The transfers of one window, each once, sorted by time and then by key.

    Attributes
    ----------
    rows
        As `TRANSFERS` in the schemas; never empty.
    processing_date
        The last day (UTC) whose transfers are in.
    window_days
        How many days the window has, `processing_date` included.
    duplicates, self_transfers
        How many rows of the window were left out for each reason.
    outside_window
        How many rows of the ledger lie outside it.
    last_before
        What is known of the time before the window: ``address last_timestamp``, the last transfer of each address that
        had one, sorted by address; none of an address that the window does not see. None where the ledger begins with
        the window, so that nothing is known.
    """

    rows: pl.DataFrame
    processing_date: date
    window_days: int
    duplicates: int = 0
    self_transfers: int = 0
    outside_window: int = 0
    last_before: pl.DataFrame | None = None


def read_transfers_file(path: Path) -> pl.DataFrame:
    """Read a transfers file, or the ``transfers.parquet`` of a folder.

    Raises
    ------
    InvalidBatchError
        If it is missing or not readable Parquet.
    """
    return read_parquet(path / TRANSFERS.file_name if path.is_dir() else path)


def make_ledger(source: "AnyTable") -> Ledger:
    """Check a table of transfers and put it in canonical order.

    Parameters
    ----------
    source
        A table as `TRANSFERS` in the schemas, in any row order.

    Raises
    ------
    InvalidBatchError
        If the table breaks its schema or a rule of docs/monitoring.md, or holds no transfer between two addresses.
    """
    checked = check_table(source, TRANSFERS).rows
    check_times(checked)
    unique = checked.unique(maintain_order=False)
    _check_keys(checked, unique)
    between = unique.filter(pl.col("from_address") != pl.col("to_address"))
    if between.is_empty():
        message = "transfers: no transfer between two different addresses."
        raise InvalidBatchError(message)
    check_totals(between)
    ledger = Ledger(
        rows=between.sort(_CANONICAL_ORDER),
        duplicate_times=_times_left_out(checked, unique),
        self_transfer_times=_times_left_out(unique, between),
    )
    pa.default_memory_pool().release_unused()  # what reading took, a fifth of all at millions of rows
    return ledger


def _check_keys(checked: pl.DataFrame, unique: pl.DataFrame) -> None:
    """Check that no two different rows share a key; rows are named by their place in the table as it came."""
    key = list(TRANSFERS.key)
    repeated = unique.filter(unique.select(key).is_duplicated()).select(key).unique()
    if repeated.height:
        mine = checked.select(key).join(
            repeated.with_columns(_shared=True), on=key, how="left", maintain_order="left"
        )
        names = ", ".join(f"'{name}'" for name in key)
        message = (
            f"transfers: {names} must be unique among rows that differ; "
            f"{offenders(checked, TRANSFERS, mine['_shared'].fill_null(value=False))}; "
            "number the events and edges of a transaction, or leave one of the rows out."
        )
        raise InvalidBatchError(message)


def _times_left_out(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    """Return the times of the rows that are in one table and not in the other, ascending."""
    time = "block_timestamp"
    if before.height == after.height:
        return before[time].clear()
    kept = after.group_by(time).agg(kept=pl.len())
    lost = before.group_by(time).agg(all=pl.len()).join(kept, on=time, how="left").sort(time)
    lost = lost.with_columns(lost=pl.col("all") - pl.col("kept").fill_null(0))
    return lost.select(pl.col(time).repeat_by("lost").explode()).to_series().drop_nulls()


def cut_window(
    ledger: Ledger, processing_date: date | None = None, window_days: int | None = None
) -> Transfers:
    """Cut a window from a ledger; what comes after it is not looked at.

    Parameters
    ----------
    ledger
        All transfers there are.
    processing_date
        Last day of the window (UTC); the day of the ledger's last transfer when not given.
    window_days
        Length of the window, 1 to 65535; back to the ledger's first transfer when not given.

    Raises
    ------
    ConfigurationError
        If the date lies outside 1973 to 2099, or the length outside its range.
    InvalidBatchError
        If no transfer lies in the window.
    """
    check_window(processing_date, window_days)
    last = processing_date or ledger.last_day
    days = window_days or max((last - ledger.first_day).days + 1, 1)
    start, end = _bounds(ledger.rows["block_timestamp"], last, days)
    if start == end:
        first = last - timedelta(days=days - 1)
        message = (
            f"transfers: none of the {ledger.rows.height} lie between {first} and {last}; "
            f"they go from {ledger.first_day} to {ledger.last_day}."
        )
        raise InvalidBatchError(message)
    inside = ledger.rows.slice(start, end - start)
    return Transfers(
        rows=inside,
        processing_date=last,
        window_days=days,
        duplicates=_count(ledger.duplicate_times, last, days),
        self_transfers=_count(ledger.self_transfer_times, last, days),
        outside_window=ledger.rows.height - inside.height,
        last_before=_last_before(ledger.rows.head(start), inside) if start else None,
    )


def count_transfers(ledger: Ledger, processing_date: date, window_days: int) -> int:
    """Count the transfers of a window."""
    return _count(ledger.rows["block_timestamp"], processing_date, window_days)


def make_transfers(
    source: "AnyTable", processing_date: date | None = None, window_days: int | None = None
) -> Transfers:
    """Check a table of transfers, put it in canonical order and cut it to a window.

    Parameters
    ----------
    source
        As `make_ledger` takes it.
    processing_date, window_days
        As `cut_window` takes them.

    Raises
    ------
    ConfigurationError
        If the window is none.
    InvalidBatchError
        If the table breaks its schema or a rule of docs/monitoring.md, or no transfer lies in the window.
    """
    return cut_window(make_ledger(source), processing_date, window_days)


def check_window(processing_date: date | None, window_days: int | None) -> None:
    """Check that a window's date and length are possible; None is.

    Raises
    ------
    ConfigurationError
        If the date lies outside 1973 to 2099, or the length outside 1 to 65535.
    """
    if processing_date is not None and not FIRST_DAY <= processing_date <= LAST_DAY:
        message = (
            f"the processing date must lie between {FIRST_DAY} and {LAST_DAY}; "
            f"found {processing_date}."
        )
        raise ConfigurationError(message)
    if window_days is not None and not 1 <= window_days <= MOST_WINDOW_DAYS:
        message = f"a window must have 1 to {MOST_WINDOW_DAYS} days; found {window_days}."
        raise ConfigurationError(message)


def _count(times: pl.Series, last: date, days: int) -> int:
    """Count the times, ascending, that lie in a window."""
    start, end = _bounds(times, last, days)
    return end - start


def _bounds(time: pl.Series, last: date, days: int) -> tuple[int, int]:
    """Find where the times of a window begin and end among ascending ones."""
    after = _days(last) + 1
    edges = (max(after - days, 0), after)
    start, end = (int(time.search_sorted(day * MS_PER_DAY, side="left")) for day in edges)
    return start, end


def _last_before(earlier: pl.DataFrame, inside: pl.DataFrame) -> pl.DataFrame:
    """Find the last of the earlier transfers of each address inside."""
    ends = ("from_address", "to_address")
    seen = pl.concat([inside[end].alias("address") for end in ends]).unique()
    both = [earlier.select(last_timestamp="block_timestamp", address=end) for end in ends]
    return (
        pl.concat(both)
        .join(seen.to_frame(), on="address", how="semi")
        .group_by("address")
        .agg(pl.col("last_timestamp").max())
        .sort("address")
    )


def _days(day: date) -> int:
    return (day - _EPOCH).days


def _date(day_number: int) -> date:
    return _EPOCH + timedelta(days=day_number)
