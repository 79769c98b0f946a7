"""Random draws of how the same batch is scored: shuffled, split, on some threads, here or in a fresh process."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.batch.digests import digest_table
from aml_miner.batch.writing import write_batch
from aml_miner.errors import PredictionError
from aml_miner.models import RiskModel
from aml_miner.validator.outcome import joined, outcome_of
from aml_miner.validator.sample import request_of, rows_of

MODELS, BATCH = "models", "batch"
"""Where a folder for a fresh process holds them."""

_MOST_PARTS: Final = 8
_MOST_THREADS: Final = 4
_THREADS: Final = ("PYTHON_CPU_COUNT", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Draw:
    """One way to score a batch.

    Attributes
    ----------
    seed
        Of the order of rows and columns, and of which row is in which part; also the hash seed of a fresh process.
    parts, threads
        Requests the batch is sent in, and threads it is scored on.
    fresh
        Whether in a process of its own.
    """

    seed: int
    parts: int
    threads: int
    fresh: bool


PLAIN: Final = Draw(seed=12_345, parts=1, threads=1, fresh=True)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw gave: the digest of everything scored, and of a fresh process its largest memory in 2**20 bytes."""

    sha256: str
    peak_memory_mb: float | None = None


def make_draw(number: int, seed: int) -> Draw:
    """Return the draw of a number; the same for the same seed."""
    random = np.random.Generator(np.random.PCG64([seed, number]))
    return Draw(
        seed=int(random.integers(2**32)),
        parts=int(random.integers(1, _MOST_PARTS + 1)),
        threads=int(random.integers(1, _MOST_THREADS + 1)),
        fresh=bool(random.integers(2)),
    )


def make_draws(count: int, seed: int) -> list[Draw]:
    """Return the first draws; of two or more at least one is in a fresh process, and at least one is not."""
    draws = [make_draw(number, seed) for number in range(count)]
    if count >= 2 and len({draw.fresh for draw in draws}) == 1:
        draws[-1] = replace(draws[-1], fresh=not draws[-1].fresh)
    return draws


def digest_plain(models: Sequence[RiskModel], batch: Batch) -> str:
    """Return what every draw must give: the digest of the batch as it lies, in one request and on one thread.

    Raises
    ------
    FeatureComputationError, PredictionError
        If a model needs a feature that cannot be built.
    """
    return _digest([outcome_of(model, batch).table() for model in models])


def draw_here(models: Sequence[RiskModel], batch: Batch, draw: Draw) -> str:
    """Score a batch in this process, and return the SHA-256 over identifiers, scores and reasons of every model.

    Raises
    ------
    FeatureComputationError, PredictionError
        If a model needs a feature that cannot be built.
    """
    random = np.random.Generator(np.random.PCG64(draw.seed))
    shuffled = replace(
        batch,
        alerts=_shuffled(batch.alerts, random),
        features=_shuffled(batch.features, random),
        clusters=_shuffled(batch.clusters, random),
    )
    return _digest([_scored(model, shuffled, draw, random) for model in models])


def draw_afresh(folder: Path, draw: Draw) -> Drawn:
    """Score the batch of a folder by its models in a process of its own; see `laid_out`.

    Raises
    ------
    PredictionError
        If that process fails; its last words are told.
    """
    threads = dict.fromkeys(_THREADS, str(draw.threads))
    done = subprocess.run(  # noqa: S603 - this package's own program
        [sys.executable, "-m", "aml_miner.validator.fresh", folder, json.dumps(asdict(draw))],
        env={**os.environ, **threads, "PYTHONHASHSEED": str(draw.seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise PredictionError(f"a fresh process failed with code {done.returncode}: {words}")
    return Drawn(**json.loads(done.stdout))


@contextmanager
def laid_out(models: Sequence[RiskModel], batch: Batch) -> Iterator[Path]:
    """Write models and a batch into a folder for fresh processes, and remove it at the end."""
    tables = {"alerts": batch.alerts, "features": batch.features, "clusters": batch.clusters}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / MODELS).mkdir()
        for model in models:
            model.save(folder / MODELS / model.kind)
        write_batch(tables, batch.meta, folder / BATCH)
        yield folder


def _shuffled(table: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    columns = [table.columns[place] for place in random.permutation(table.width)]
    return table[random.permutation(table.height)].select(columns)


def _scored(
    model: RiskModel, batch: Batch, draw: Draw, random: np.random.Generator
) -> pl.DataFrame:
    """Score the parts one by one."""
    rows = rows_of(model, batch)
    part_of = random.integers(0, draw.parts, rows.height)
    places = [np.flatnonzero(part_of == part) for part in range(draw.parts)]
    outcomes = [
        outcome_of(model, request_of(model, batch, rows[part]), threads=draw.threads)
        for part in places
        if part.size or not rows.height
    ]
    return joined(outcomes).table()


def _digest(tables: Sequence[pl.DataFrame]) -> str:
    """Return one digest of several tables, each sorted by everything in it: no order of rows counts."""
    digests = [digest_table(table.sort(table.columns)) for table in tables]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
