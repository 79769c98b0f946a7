"""Models judged on rows of groups they never saw."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.config.model_config import EvaluationParameters
from aml_miner.evaluation.bench import Bench, Measure, Metrics, Recorded
from aml_miner.evaluation.intervals import Interval
from aml_miner.models.metadata import Kind
from aml_miner.training.baselines import logistic_regression_scores
from aml_miner.training.folds import Fold, Folds, make_folds
from aml_miner.training.report import Assessment
from aml_miner.training.rows import LabelledRows

type Judge = Callable[[LabelledRows, LabelledRows], NDArray[np.float64]]
"""Learns from the first rows and scores the second."""

METRICS: Final[Mapping[str, Measure]] = {
    "auc": lambda drawn: drawn.ranked.roc_auc(),
    "average_precision": lambda drawn: drawn.ranked.average_precision(),
    "ndcg_at_10": lambda drawn: drawn.ranked.ndcg_at_k(10),
}


def assess(
    judges: Mapping[Kind, Judge], rows: LabelledRows, parameters: EvaluationParameters, seed: int
) -> dict[Kind, Assessment]:
    """Judge models on the same folds, each beside the same baselines and the models before it.

    As a ranker's scores mean something within one batch only, an earlier model stands beside it by its places there.
    A fold whose rows to learn from are of one class is left out, and said so.

    Parameters
    ----------
    judges
        The models by kind.
    rows
        Labelled rows.
    parameters
        Number of folds, resamples, level.
    seed
        Seed of the folds and of the bootstrap.
    """
    folds = make_folds(rows, parameters.cv_folds, seed)
    usable = [fold for fold in folds.folds if rows.take(fold.train).has_both_classes]
    tested = np.sort(np.concatenate([np.zeros(0, np.int64), *(fold.test for fold in usable)]))
    seen = rows.take(tested)
    bench = _bench(seen, parameters, seed)
    confidence, volume = seen.keys["confidence"], seen.keys["volume_usd"]
    line = _out_of_fold(logistic_regression_scores, rows, usable)
    baselines = {
        "alert_confidence": _measure(bench, confidence.to_numpy()),
        "volume": _measure(bench, volume.to_numpy()),
        "logistic_regression": _measure(bench, line[tested]),
    }
    about = Assessment(
        rows=len(rows),
        positives=rows.positives,
        unlabelled=rows.unlabelled,
        groups=folds.groups,
        largest_group=folds.largest_group,
        folds=len(usable),
        split="grouped and by time" if folds.by_time else "grouped",
        tested_rows=len(tested),
        straddling=folds.straddling,
        notes=tuple(_notes(parameters.cv_folds, folds, len(usable), len(rows))),
    )
    assessments: dict[Kind, Assessment] = {}
    for kind, judge in judges.items():
        scores = _out_of_fold(judge, rows, usable)
        assessments[kind] = _beside(about, _measure(bench, scores[tested]), baselines)
        if len(assessments) < len(judges):
            baselines[kind] = _measure(bench, _places(scores, rows, usable)[tested])
    return assessments


def within_batches(scores: NDArray[np.float64], rows: LabelledRows) -> NDArray[np.float64]:
    """Return each score's place in its batch, 0 (lowest) to 1: what a ranker's scores mean beyond one batch.

    Equal scores share the middle of their places.
    """
    batch = rows.keys["batch"]
    frame = pl.DataFrame({"batch": batch, "score": scores})
    rank = pl.col("score").rank("average").over("batch")
    return frame.select((rank - 0.5) / pl.len().over("batch")).to_series().to_numpy()


def _out_of_fold(judge: Judge, rows: LabelledRows, folds: list[Fold]) -> NDArray[np.float64]:
    scores = np.full(len(rows), np.nan)
    for fold in folds:
        scores[fold.test] = judge(rows.take(fold.train), rows.take(fold.test))
    return scores


def _places(
    scores: NDArray[np.float64], rows: LabelledRows, folds: list[Fold]
) -> NDArray[np.float64]:
    places = np.full(len(rows), np.nan)
    for fold in folds:
        places[fold.test] = within_batches(scores[fold.test], rows.take(fold.test))
    return places


def _beside(about: Assessment, model: Recorded, baselines: Mapping[str, Recorded]) -> Assessment:
    differences = {name: model.minus(baseline) for name, baseline in baselines.items()}
    return replace(
        about,
        metrics=model.metrics,
        baselines={name: baseline.metrics for name, baseline in baselines.items()},
        differences=differences,
        notes=(*about.notes, *_beaten(differences)),
    )


def _beaten(differences: Mapping[str, Metrics]) -> Iterator[str]:
    """Say where a baseline is better by more than chance."""
    for name, metrics in differences.items():
        worse = [m for m, d in metrics.items() if isinstance(d, Interval) and d.high < 0]
        if worse:
            yield f"worse than {name} in {', '.join(worse)}"


def _notes(asked: int, folds: Folds, usable: int, rows: int) -> Iterator[str]:
    made = len(folds.folds)
    if folds.groups < 2:
        yield f"not measured: all rows belong to {folds.groups} group(s), and a test needs 2"
    elif folds.groups < asked:
        yield f"{folds.groups} folds instead of {asked}: there are no more groups"
    if usable < made:
        yield f"{made - usable} of {made} folds left out: one class only to learn from"
    if folds.groups > 1 and 2 * folds.largest_group > rows:
        yield (
            f"not to be relied on: one group has {folds.largest_group} of {rows} rows, "
            f"so most rows are judged by models that learned from few"
        )
    if folds.straddling:
        yield (
            f"{folds.straddling} of {rows} rows not tested: they have owners or patterns in several folds, "
            f"and are not learned from where one of these is tested"
        )
    tested = sum(len(fold.test) for fold in folds.folds)
    if folds.by_time and 4 * tested < rows:
        yield (
            f"{tested} of {rows} rows tested: split by time, only the latest dates are; "
            f"batches of more dates would leave more"
        )


def _bench(rows: LabelledRows, parameters: EvaluationParameters, seed: int) -> Bench:
    return Bench(
        rows.labels,
        rows.grades,
        rows.keys["address"].to_numpy(),
        seed,
        parameters.bootstrap_resamples,
        parameters.interval_level,
    )


def _measure(bench: Bench, scores: NDArray[np.float64]) -> Recorded:
    return bench.measure({"": scores}, {"": METRICS})[""]
