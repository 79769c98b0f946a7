"""What a miner hands in: one score per alert, read as it lies, faults and all.

Unlike a table of a batch, a submission is not refused for what its values are: judging them is what it is read for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import orjson
import polars as pl

from aml_miner.batch.reading import read_parquet
from aml_miner.errors import InvalidBatchError

RESULTS_FILE = "alert_scores.parquet"
RANKINGS_FILE = "alert_rankings.parquet"
METADATA_FILE = "processing_metadata.json"
"""The files of a results folder, named here too: who judges results need not wait for what makes them to load."""

PACKAGED_FILE = "scores.parquet"
RECEIPT_FILE = "receipt.json"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a check of a package's receipt found: whether the scores have its hash, and its signature is valid."""

    hash_matches: bool
    signature_valid: bool


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """The rows of a submission, and what is known of it.

    Attributes
    ----------
    name
        What messages call it.
    rows
        ``alert_id`` and ``score`` (Float64, a null as NaN), and whatever other columns there are, in their order.
    processing_date, window_days
        What its rows say, None where they do not.
    ranking
        ``alert_id, rank`` when it came with a ranking, sorted by alert_id.
    latency_ms
        Mean time an alert took, None when nothing says it.
    packaged
        Whether these are the rows as they are sent. A results folder is not: what is added when it is packaged
        cannot be missed in it.
    receipt
        What the check of its receipt found, None when nobody has checked it.
    """

    name: str
    rows: pl.DataFrame
    processing_date: date | None = None
    window_days: int | None = None
    ranking: pl.DataFrame | None = None
    latency_ms: float | None = None
    packaged: bool = False
    receipt: Receipt | None = None

    def sound_scores(self) -> pl.DataFrame:
        """Return ``alert_id, score`` of the rows with a score in 0 to 1, sorted by alert_id.

        Of a repeated alert_id the highest score counts, as for an address.
        """
        sound = self.rows.filter(pl.col("score").is_between(0.0, 1.0))
        return sound.group_by("alert_id").agg(pl.col("score").max()).sort("alert_id")

    def with_column(self, name: str, value: str) -> "Submission":
        """Return the submission with a column that holds one text in every row."""
        return replace(self, rows=self.rows.with_columns(pl.lit(value).alias(name)))


def read_submission(path: Path) -> Submission:
    """Read what a miner hands in.

    Parameters
    ----------
    path
        A results folder as ``aml-miner score`` writes it, a folder with a ``scores.parquet``, or a Parquet file.

    Raises
    ------
    InvalidBatchError
        If there is no such file, it is not Parquet, has no ``alert_id`` or ``score``, or is of several batches.
    """
    file = _scores_file(path)
    submission = make_submission(
        read_parquet(file), name=str(path), packaged=file.name != RESULTS_FILE
    )
    ranking = _read_ranking(file.with_name(RANKINGS_FILE))
    latency = submission.latency_ms
    if latency is None:
        latency = _recorded_latency(file.with_name(METADATA_FILE), submission.rows.height)
    return replace(submission, ranking=ranking, latency_ms=latency)


def make_submission(table: pl.DataFrame, *, name: str, packaged: bool = False) -> Submission:
    """Make a submission of a table held in memory.

    Raises
    ------
    InvalidBatchError
        If it has no ``alert_id`` or ``score``, an alert_id is null, a score is no number, or it is of several batches.
    """
    _check_columns(table, ("alert_id", "score"), name)
    if table["alert_id"].null_count():
        lacking = f"{table['alert_id'].null_count()} of {table.height} rows are not"
        message = f"{name}: 'alert_id' must be present; {lacking}; write each row's alert_id."
        raise InvalidBatchError(message)
    if not (table["score"].dtype.is_numeric() or table["score"].dtype == pl.Null):
        message = f"{name}: 'score' must hold numbers; found {table['score'].dtype}."
        raise InvalidBatchError(message)
    score = pl.col("score").cast(pl.Float64).fill_null(math.nan)
    rows = table.with_columns(pl.col("alert_id").cast(pl.String), score)
    return Submission(
        name=name,
        rows=rows,
        processing_date=_date_of(rows, name),
        window_days=_window_of(rows, name),
        latency_ms=_mean_latency(rows),
        packaged=packaged,
    )


def _scores_file(path: Path) -> Path:
    if path.is_file():
        return path
    for file in (path / RESULTS_FILE, path / PACKAGED_FILE):
        if file.is_file():
            return file
    found = (
        f"holds neither {RESULTS_FILE} nor {PACKAGED_FILE}"
        if path.is_dir()
        else "there is no such folder or file"
    )
    message = f"{path}: {found}; name a results folder, as aml-miner score writes it."
    raise InvalidBatchError(message)


def _check_columns(table: pl.DataFrame, names: Sequence[str], where: str) -> None:
    missing = [name for name in names if name not in table.columns]
    if missing:
        found = ", ".join(table.columns) or "none"
        message = f"{where}: required column(s) missing: {', '.join(missing)}; found {found}."
        raise InvalidBatchError(message)


def _single[Value](rows: pl.DataFrame, column: str, name: str) -> Value | None:
    if column not in rows.columns:
        return None
    values: list[Value] = rows[column].drop_nulls().unique().sort().to_list()
    if len(values) > 1:
        message = (
            f"{name}: '{column}' must be one; found {len(values)}, from {values[0]} to {values[-1]}; "
            "name the results of one batch."
        )
        raise InvalidBatchError(message)
    return values[0] if values else None


def _date_of(rows: pl.DataFrame, name: str) -> date | None:
    value: object = _single(rows, "processing_date", name)
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        message = f"{name}: 'processing_date' must be a date (YYYY-MM-DD); found '{value}'."
        raise InvalidBatchError(message) from error


def _window_of(rows: pl.DataFrame, name: str) -> int | None:
    value: object = _single(rows, "window_days", name)
    try:
        return None if value is None else int(str(value))
    except ValueError as error:
        message = f"{name}: 'window_days' must be a whole number; found '{value}'."
        raise InvalidBatchError(message) from error


def _mean_latency(rows: pl.DataFrame) -> float | None:
    if "latency_ms" not in rows.columns or not rows["latency_ms"].dtype.is_numeric():
        return None
    known = rows["latency_ms"].drop_nulls().to_list()
    return math.fsum(known) / len(known) if known else None


def _recorded_latency(path: Path, alerts: int) -> float | None:
    """Return the time of a whole run by its alerts, as the facts beside its results give it."""
    if not path.is_file() or not alerts:
        return None
    try:
        return float(orjson.loads(path.read_bytes())["latencies_ms"]["total"]) / alerts
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        message = f"{path}: expected latencies_ms with a total; score the batch again."
        raise InvalidBatchError(message) from error


def _read_ranking(path: Path) -> pl.DataFrame | None:
    if not path.is_file():
        return None
    table = read_parquet(path)
    _check_columns(table, ("alert_id", "rank"), str(path))
    return table.group_by("alert_id").agg(pl.col("rank").min()).sort("alert_id")
