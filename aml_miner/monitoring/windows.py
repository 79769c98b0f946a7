"""Several windows of one ledger: which they are, and a batch folder for each.

A ledger is read and checked once. A window sees no transfer later than its processing date, so the batch of a backtest
is the one that would have been made on that day.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from aml_miner.errors import ConfigurationError, InvalidBatchError
from aml_miner.monitoring.graph.approximation import Approximation
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import MonitoringProfile
from aml_miner.monitoring.progress import Progress, silent
from aml_miner.monitoring.transfers import Ledger, check_window, count_transfers, cut_window
from aml_miner.utils.folders import check_replaceable

_FOLDER_NAME = re.compile(r"\w[\w.-]{0,127}")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The last day (UTC) of a window, and how many days it has, that one included."""

    processing_date: date
    window_days: int

    @property
    def first_day(self) -> date:
        """The first day (UTC) of the window."""
        return self.processing_date - timedelta(days=self.window_days - 1)

    def folder(self, root: Path, network: str) -> Path:
        """Return where the window's batch lies: ``{root}/{network}/{processing_date}/{window_days}``.

        Raises
        ------
        ConfigurationError
            If the network's name cannot be that of a folder.
        """
        if not _FOLDER_NAME.fullmatch(network):
            message = (
                f"the network's name becomes a folder's and must be of letters, digits, '_', '-' and '.', "
                f"128 at most and not beginning with '.' or '-'; found {network[:150]!r}."
            )
            raise ConfigurationError(message)
        return root / network / str(self.processing_date) / str(self.window_days)

    def __str__(self) -> str:
        return f"{self.processing_date}, {self.window_days} days"


@dataclass(frozen=True, slots=True)
class WrittenBatch:
    """Where the batch of a window lies, what monitoring counted, and what it estimated."""

    window: Window
    folder: Path
    counts: dict[str, int]
    approximations: tuple[Approximation, ...]


def date_range(first: date, last: date, every_days: int = 1) -> list[date]:
    """Return the dates of a backtest: the first, and one every so many days up to the last.

    Raises
    ------
    ConfigurationError
        If the last lies before the first, or the step is not a day or more.

    Examples
    --------
    >>> [str(day) for day in date_range(date(2025, 2, 27), date(2025, 3, 3), 2)]
    ['2025-02-27', '2025-03-01', '2025-03-03']
    """
    if last < first:
        message = f"a range of dates must not end before it begins; found {first} to {last}."
        raise ConfigurationError(message)
    if every_days < 1:
        message = f"the dates of a range must be 1 day or more apart; found {every_days}."
        raise ConfigurationError(message)
    days = range(0, (last - first).days + 1, every_days)
    return [first + timedelta(days=day) for day in days]


def windows(processing_dates: Iterable[date], window_days: Iterable[int]) -> list[Window]:
    """Return every length of window on every date, each once, by date and then length.

    Raises
    ------
    ConfigurationError
        If a date or a length is impossible, or there is none.

    Examples
    --------
    >>> [str(window) for window in windows([date(2025, 3, 9)], [30, 7, 7])]
    ['2025-03-09, 7 days', '2025-03-09, 30 days']
    """
    lengths = set(window_days)
    chosen = sorted({Window(day, length) for day in processing_dates for length in lengths})
    if not chosen:
        message = "windows: expected a processing date and a number of days at least; found none."
        raise ConfigurationError(message)
    for window in chosen:
        check_window(window.processing_date, window.window_days)
    return chosen


def count_covered_days(ledger: Ledger, window: Window) -> int:
    """Count the days of a window that lie between the first transfer's day and the last's, both included."""
    first = max(window.first_day, ledger.first_day)
    last = min(window.processing_date, ledger.last_day)
    return max((last - first).days + 1, 0)


def count_days_after(ledger: Ledger, window: Window) -> int:
    """Count the days of a window that lie after the last transfer's day."""
    return min(max((window.processing_date - ledger.last_day).days, 0), window.window_days)


def monitor_windows(  # noqa: PLR0913 - four are keywords, three of them with defaults
    ledger: Ledger,
    profile: MonitoringProfile,
    chosen: Sequence[Window],
    root: Path,
    *,
    network: str,
    labels: pl.DataFrame | None = None,
    labels_as_of_date: bool = True,
    progress: Progress = silent,
) -> list[WrittenBatch]:
    """Monitor windows one after the other, and write the batch of each into a folder of its own.

    A batch appears whole or not at all; one that is there already is made anew and replaced, with the same bytes where
    nothing has changed. Whoever is stopped keeps the batches finished before.

    Parameters
    ----------
    ledger
        All transfers there are; those before a window tell which of its addresses are new.
    profile, labels, labels_as_of_date
        As `monitor_transfers` takes them.
    chosen
        As `windows` returns them.
    root
        Where ``{network}/{processing_date}/{window_days}`` is written below.
    progress
        Called with the window and the name of each stage as it begins.

    Raises
    ------
    ConfigurationError
        If the network's name cannot be that of a folder.
    InvalidBatchError
        If a window holds no transfer; nothing is written then.
    OutputError
        If a folder exists and was not written by this package, or cannot be written.
    """
    folders = [window.folder(root, network) for window in chosen]
    for folder in folders:
        check_replaceable(folder, "batch")
    _check_not_empty(ledger, chosen)
    written = []
    for window, folder in zip(chosen, folders, strict=True):
        begin = _in_window(window, progress)
        begin("earlier transfers")
        transfers = cut_window(ledger, window.processing_date, window.window_days)
        monitored = monitor_transfers(
            transfers,
            profile,
            network=network,
            labels=labels,
            labels_as_of_date=labels_as_of_date,
            progress=begin,
        )
        begin("writing")
        monitored.write(folder)
        written.append(WrittenBatch(window, folder, monitored.counts(), monitored.approximations))
        del transfers, monitored  # before the next window is in memory
    return written


def _check_not_empty(ledger: Ledger, chosen: Sequence[Window]) -> None:
    empty = [w for w in chosen if not count_transfers(ledger, w.processing_date, w.window_days)]
    if empty:
        message = (
            f"transfers: {len(empty)} of {len(chosen)} windows hold none, first {empty[0]}; "
            f"they go from {ledger.first_day} to {ledger.last_day}: choose dates and lengths that reach them."
        )
        raise InvalidBatchError(message)


def _in_window(window: Window, progress: Progress) -> Progress:
    return lambda stage: progress(f"{window}: {stage}")
