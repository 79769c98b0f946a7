"""Results in from folders, whole: what `write_results` wrote, also while it is being written anew.

A run that replaces a folder renames two; between them there is none. So a folder is opened once, and its files through
that: they are all of one run, or gone, and then the new ones are opened.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import orjson
import polars as pl
from loguru import logger

from aml_miner.errors import UnknownResultError
from aml_miner.scoring.results import METADATA_FILE

type ResultTable = Literal["alert_scores", "alert_rankings", "cluster_scores", "address_risk"]

_PAUSES: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064)
"""Seconds before a folder is opened anew that was replaced while it was read. A writer can be held up between its two
renames, so to ask again at once is to ask while nothing is there."""


@dataclass(frozen=True, slots=True)
class StoredResult:
    """Results of one batch, as they lie in a folder.

    Attributes
    ----------
    written_at
        When the run ended, UTC.
    facts
        What stands in ``processing_metadata.json``.
    """

    folder: Path
    network: str | None
    processing_date: date
    window_days: int
    written_at: datetime
    facts: Mapping[str, Any]


def find_results(root: Path) -> list[StoredResult]:
    """Return what is stored at or below a folder: newest date first, then by network and window.

    A folder that cannot be read, or has neither an alert nor a cluster to tell its date by, is left out and logged.
    """
    found: list[StoredResult] = []
    for path in sorted(root.rglob(METADATA_FILE)):
        if any(part.startswith(".") for part in path.relative_to(root).parts):
            continue  # being written, or being removed
        try:
            found.append(read_result(path.parent))
        except (OSError, KeyError, ValueError, pl.exceptions.PolarsError) as error:
            logger.warning("a folder of results is left out: {}: {}", path.parent, error)
    by_name = sorted(found, key=lambda result: (result.network or "", result.window_days))
    return sorted(by_name, key=lambda result: result.processing_date, reverse=True)


def read_result(folder: Path) -> StoredResult:
    """Return what is stored in a folder.

    Raises
    ------
    OSError, PolarsError
        If it is not there or cannot be read.
    ValueError
        If it has no rows to tell its date by, or is not what `write_results` writes.
    """
    return _whole(folder, lambda opened: _described(folder, opened))


def read_result_table(
    result: StoredResult, table: ResultTable
) -> tuple[StoredResult, pl.DataFrame]:
    """Return a table, and the result it belongs to: a later one when the folder was replaced since.

    Raises
    ------
    UnknownResultError
        If the folder is gone, or holds something else now.
    """
    try:
        return _whole(
            result.folder, lambda opened: (_described(result.folder, opened), opened.table(table))
        )
    except (OSError, KeyError, ValueError, pl.exceptions.PolarsError) as error:
        logger.warning("stored results cannot be read: {}: {}", result.folder, error)
        message = f"The results of {result.processing_date} are no longer stored; POST /refresh."
        raise UnknownResultError(message) from error


@dataclass(frozen=True, slots=True)
class _Opened:
    """A folder held open: its files are those of one run, whatever takes its place."""

    descriptor: int

    @contextmanager
    def file(self, name: str) -> Iterator[Any]:
        with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=self.descriptor), "rb") as file:
            yield file

    def table(self, name: str, rows: int | None = None) -> pl.DataFrame:
        with self.file(f"{name}.parquet") as file:
            return pl.read_parquet(file.read(), n_rows=rows)


def _whole[T](folder: Path, read: Callable[[_Opened], T]) -> T:
    """Read of a folder what is all of one run; a folder that is replaced meanwhile is opened again."""
    for pause in _PAUSES:
        with suppress(FileNotFoundError):
            return _read_opened(folder, read)
        time.sleep(pause)
    return _read_opened(folder, read)


def _read_opened[T](folder: Path, read: Callable[[_Opened], T]) -> T:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return read(_Opened(descriptor))
    finally:
        os.close(descriptor)


def _described(folder: Path, opened: _Opened) -> StoredResult:
    with opened.file(METADATA_FILE) as file:
        facts = orjson.loads(file.read())
        written = os.fstat(file.fileno()).st_mtime
    first = opened.table("alert_scores", 1)
    if not first.height:
        first = opened.table("cluster_scores", 1)
    if not first.height:
        raise ValueError("neither an alert nor a cluster")
    row = first.row(0, named=True)
    return StoredResult(
        folder,
        row["network"],
        row["processing_date"],
        row["window_days"],
        datetime.fromtimestamp(written, UTC),
        facts,
    )
