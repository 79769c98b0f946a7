"""Many batches one after the other in worker processes: the same results as one at a time, and a run can be resumed."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

import orjson

from aml_miner.batch.meta import META_FILE, read_meta
from aml_miner.batch.reading import find_batches, read_batch_to_score
from aml_miner.errors import AmlMinerError, InvalidBatchError
from aml_miner.features.builder import address_columns
from aml_miner.models import Models, load_models
from aml_miner.models.artifact import METADATA_FILE as MODEL_METADATA
from aml_miner.scoring.results import METADATA_FILE, write_results
from aml_miner.scoring.scoring import score_batch
from aml_miner.utils.workers import worker_pool


@dataclass(frozen=True, slots=True)
class Day:
    """A batch to be scored, the models' folder, and where the results go."""

    batch: Path
    models: Path
    out: Path
    allow_unverified: bool = False


@dataclass(frozen=True, slots=True)
class ScoredDay:
    """What became of a day.

    Attributes
    ----------
    status
        ``"scored"``; ``"kept"`` where the results were there already, of the same batch and models; ``"failed"``.
    alerts, clusters
        Rows scored; 0 where none were.
    error
        Why it failed.
    """

    day: Day
    status: Literal["scored", "kept", "failed"]
    alerts: int = 0
    clusters: int = 0
    error: str = ""


def plan_days(
    root: Path,
    models: Path,
    out: Path,
    *,
    since: date | None = None,
    until: date | None = None,
    allow_unverified: bool = False,
) -> list[Day]:
    """Return the batches at or below a folder, by path; each one's results go to the same place below ``out``.

    Parameters
    ----------
    root, models, out
        Folders of batches, models and results.
    since, until
        First and last processing date, as META.json says it; a batch that does not is left out when they are given.
    allow_unverified
        As in `read_batch_to_score`.

    Raises
    ------
    InvalidBatchError
        If there is no batch, or none of these dates.
    """
    batches = find_batches(root)
    if since or until:
        first, last = since or date.min, until or date.max
        batches = [path for path in batches if first <= (_date(path) or date.min) <= last]
    if not batches:
        raise InvalidBatchError(
            f"{root}: no batch from {since or 'the first'} to {until or 'the last'}; see the dates in META.json."
        )
    return [Day(path, models, out / path.relative_to(root), allow_unverified) for path in batches]


def _date(batch: Path) -> date | None:
    meta = read_meta(batch)
    return meta.processing_date if meta else None


def score_days(
    days: Sequence[Day], workers: int, done: Callable[[ScoredDay], None]
) -> list[ScoredDay]:
    """Score each day into its folder, whole or not at all; what is there already, of the same input, is kept.

    A day that fails does not stop the others.

    Parameters
    ----------
    days
        What to score.
    workers
        Processes, each with models of its own and one thread.
    done
        Told of each day as it ends, in any order.

    Returns
    -------
    list
        In the order of the days.
    """
    if workers == 1 or len(days) == 1:
        return [_told(score_day(day), done) for day in days]
    with worker_pool(min(workers, len(days))) as pool:
        running = {pool.submit(score_day, day): day for day in days}
        ended = {running[each]: _told(each.result(), done) for each in as_completed(running)}
    return [ended[day] for day in days]


def _told(scored: ScoredDay, done: Callable[[ScoredDay], None]) -> ScoredDay:
    done(scored)
    return scored


def score_day(day: Day) -> ScoredDay:
    """Score one day on one thread, unless its results are there."""
    try:
        made_of = _digest_input(day)
        if made_of is not None and _made_of(day.out) == made_of:
            return ScoredDay(day, "kept")
        batch = read_batch_to_score(
            day.batch, address_columns(), allow_unverified=day.allow_unverified
        )
        results = score_batch(batch, _models(day.models, _digest_models(day.models)))
        write_results(results, day.out, made_of)
    except AmlMinerError as error:
        return ScoredDay(day, "failed", error=str(error))
    return ScoredDay(day, "scored", batch.alerts.height, batch.clusters.height)


@lru_cache(maxsize=1)
def _models(folder: Path, digest: str) -> Models:
    """Load the models of a folder, once for as long as they are the same."""
    del digest
    return load_models(folder)


def _digest_input(day: Day) -> str | None:
    """Return a hash of what vouches for batch and models; None where nothing vouches for the batch."""
    meta = day.batch / META_FILE
    if day.allow_unverified or not meta.is_file():
        return None
    vouched = hashlib.sha256(meta.read_bytes()).hexdigest() + _digest_models(day.models)
    return hashlib.sha256(vouched.encode()).hexdigest()


def _digest_models(folder: Path) -> str:
    """Return a hash of what the models' metadata say, their trees' hashes among it."""
    found = sorted(folder.glob(f"*/{MODEL_METADATA}"))
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in found]
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _made_of(results: Path) -> object:
    path = results / METADATA_FILE
    if not path.is_file():
        return None
    document = orjson.loads(path.read_bytes())
    return document.get("made_of") if isinstance(document, dict) else None
