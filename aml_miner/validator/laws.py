"""The laws a model and its features must keep on anybody's batch, each a function; a fork adds its own to `LAWS`.

A law is asked of one model and one batch, and answers None when it holds, else a sentence about the first row that
breaks it. The tests of this package ask the same functions.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from aml_miner.batch.batch import Batch
from aml_miner.models import RiskModel
from aml_miner.validator.draws import PLAIN, draw_afresh, draw_here, laid_out
from aml_miner.validator.outcome import (
    joined,
    outcome_of,
    outcome_of_features,
    told_difference,
)
from aml_miner.validator.sample import key_of, request_of, rows_of, with_rows

ITERATIONS: Final = 100
_PARTS: Final = 7
_THREADS: Final = (2, 3)
_MOST_ALONE: Final = 200
"""Rows that are scored alone, spread over the batch: a request of one row takes milliseconds."""
_SUM_TOLERANCE: Final = 1e-9
"""Contributions are exact up to the last digits of some hundred additions."""

type Breach = str | None


@dataclass(frozen=True, slots=True)
class Law:
    """A law, and what to do when it is broken.

    Attributes
    ----------
    breach
        Returns None when the law holds for a model and a batch.
    starts_process
        Whether it starts a process, which takes seconds.
    """

    name: str
    breach: Callable[[RiskModel, Batch], Breach]
    remedy: str
    starts_process: bool = False


def row_order(model: RiskModel, batch: Batch) -> Breach:
    """Rows of every table may come in any order."""
    rows = rows_of(model, batch)
    order = np.random.Generator(np.random.PCG64(1)).permutation(rows.height).tolist()
    shuffled = replace(with_rows(model, batch, rows[order]), features=batch.features.reverse())
    return told_difference(outcome_of(model, batch).take(order), outcome_of(model, shuffled))


def column_order(model: RiskModel, batch: Batch) -> Breach:
    """Columns of every table, and of the features built from them, may come in any order."""
    turned = replace(
        batch,
        alerts=batch.alerts.select(reversed(batch.alerts.columns)),
        features=batch.features.select(reversed(batch.features.columns)),
        clusters=batch.clusters.select(reversed(batch.clusters.columns)),
    )
    features = model.prepare_features(turned)
    features = features.select(sorted(features.columns, reverse=True))
    found = outcome_of_features(model, rows_of(model, batch), features)
    return told_difference(outcome_of(model, batch), found)


def alone(model: RiskModel, batch: Batch) -> Breach:
    """A row has the same features, score and reasons alone, with nothing but its addresses, as among the others."""
    rows = rows_of(model, batch)
    places = range(0, rows.height, max(1, -(-rows.height // _MOST_ALONE)))
    parts = [outcome_of(model, request_of(model, batch, rows[place])) for place in places]
    expected = outcome_of(model, batch).take(places)
    return told_difference(expected, joined(parts)) if parts else None


def split(model: RiskModel, batch: Batch) -> Breach:
    """A batch may be sent in parts."""
    rows, whole = rows_of(model, batch), outcome_of(model, batch)
    places = [range(part, rows.height, _PARTS) for part in range(min(_PARTS, rows.height))]
    parts = [outcome_of(model, request_of(model, batch, rows[list(part)])) for part in places]
    expected = joined([whole.take(part) for part in places]) if places else whole
    return told_difference(expected, joined(parts) if parts else whole)


def threads(model: RiskModel, batch: Batch) -> Breach:
    """Any number of threads gives the same bits."""
    expected = outcome_of(model, batch)
    return _first(
        told_difference(expected, outcome_of(model, batch, threads=count)) for count in _THREADS
    )


def iterations(model: RiskModel, batch: Batch) -> Breach:
    """The same is answered a hundred times."""
    expected = outcome_of(model, batch)
    return _first(
        told_difference(expected, outcome_of(model, batch)) for _ in range(ITERATIONS - 1)
    )


def saved_and_loaded(model: RiskModel, batch: Batch) -> Breach:
    """A model that is saved and loaded is the same, and is saved as the same bytes again."""
    with tempfile.TemporaryDirectory() as scratch:
        first, second = Path(scratch, "first"), Path(scratch, "second")
        model.save(first)
        loaded = type(model).load(first)
        loaded.save(second)
        for path in sorted(first.iterdir()):
            if path.read_bytes() != (second / path.name).read_bytes():
                return f"{path.name} has other bytes when it is saved again"
    return told_difference(outcome_of(model, batch), outcome_of(loaded, batch))


def fresh_process(model: RiskModel, batch: Batch) -> Breach:
    """A process that has just started, with another hash seed, gives the same bits."""
    expected = draw_here([model], batch, PLAIN)
    with laid_out([model], batch) as folder:
        found = draw_afresh(folder, PLAIN).sha256
    return None if found == expected else f"its digest is {found}, expected {expected}"


def additivity(model: RiskModel, batch: Batch) -> Breach:
    """Base value and contributions of a row add up to its raw score."""
    features = model.prepare_features(batch)
    found = model.contributions(features)
    off = np.abs(found.base_value + found.values.sum(axis=1) - model.raw_scores(features))
    if not off.size or off.max() <= _SUM_TOLERANCE:
        return None
    row = _told_row(model, batch, int(off.argmax()))
    return f"contributions of row {row} miss its raw score by {off.max():.3g}"


def score_range(model: RiskModel, batch: Batch) -> Breach:
    """Every score lies in 0 to 1, and a higher raw score never gives a lower one."""
    features = model.prepare_features(batch)
    scores, raw = model.predict(features), model.raw_scores(features)
    outside = np.flatnonzero(~((scores >= 0.0) & (scores <= 1.0)))
    if outside.size:
        return f"row {_told_row(model, batch, int(outside[0]))} has the score {scores[outside[0]]}"
    order = np.argsort(raw, kind="stable")
    falls = np.flatnonzero(np.diff(scores[order]) < 0.0)
    if falls.size:
        row = _told_row(model, batch, int(order[falls[0] + 1]))
        return f"row {row} has a higher raw score than another and a lower score"
    return None


def _told_row(model: RiskModel, batch: Batch, place: int) -> str:
    return f"'{rows_of(model, batch)[key_of(model)][place]}'"


def _first(breaches: Iterator[Breach]) -> Breach:
    return next(filter(None, breaches), None)


_LOOKS_AROUND = (
    "a feature looks at the other rows of a request (a rank, a mean, a count): fit what it compares with in training "
    "and keep it with the model"
)

LAWS: Final = (
    Law(
        "rows in another order",
        row_order,
        "sort by a unique key before anything is added up, and break ties by it",
    ),
    Law(
        "columns in another order",
        column_order,
        "choose columns by name, in features and wherever a matrix is made",
    ),
    Law("each row alone", alone, _LOOKS_AROUND),
    Law("a batch in parts", split, _LOOKS_AROUND),
    Law(
        "threads",
        threads,
        "add nothing up across rows or threads; a sum of floats follows their order",
    ),
    Law(
        f"{ITERATIONS} iterations",
        iterations,
        "look for a clock, a draw without a seed, or a set that is gone through, in a feature",
    ),
    Law(
        "saved and loaded",
        saved_and_loaded,
        "keep everything a score needs in model.txt and metadata.json, and write both in one fixed form",
    ),
    Law(
        "contributions add up",
        additivity,
        "a model that changes raw scores must change its contributions with them",
    ),
    Law(
        "scores in range and order",
        score_range,
        "score_of must lie in 0 to 1 and never fall as the raw score rises",
    ),
    Law(
        "a fresh process",
        fresh_process,
        "look for what depends on hash order, the environment or what was scored before",
        starts_process=True,
    ),
)
"""Every law, in the order they are asked; each name once."""
