"""Models judged on rows of groups they never saw."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.config.model_config import EvaluationParameters
from aml_miner.errors import UndefinedMetricError
from aml_miner.evaluation.intervals import Interval, Metric, bootstrap_interval
from aml_miner.evaluation.metrics import (
    Labels,
    Scores,
    average_precision,
    ndcg_at_k,
    roc_auc,
)
from aml_miner.models.metadata import Kind
from aml_miner.training.baselines import logistic_regression_scores
from aml_miner.training.folds import Fold, Folds, make_folds
from aml_miner.training.report import Assessment, Measured, Metrics, Undefined
from aml_miner.training.rows import LabelledRows

type Judge = Callable[[LabelledRows, LabelledRows], NDArray[np.float64]]
"""Learns from the first rows and scores the second."""

METRICS: Final[Mapping[str, Metric]] = {
    "auc": roc_auc,
    "average_precision": average_precision,
    "ndcg_at_10": partial(ndcg_at_k, k=10),
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
    bench = _Bench(rows.take(tested), parameters, seed)
    confidence, volume = bench.rows.keys["confidence"], bench.rows.keys["volume_usd"]
    line = _out_of_fold(logistic_regression_scores, rows, usable)
    baselines = {
        "alert_confidence": bench.measure(confidence.to_numpy()),
        "volume": bench.measure(volume.to_numpy()),
        "logistic_regression": bench.measure(line[tested]),
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
        assessments[kind] = _beside(about, bench, bench.measure(scores[tested]), baselines)
        if len(assessments) < len(judges):
            baselines[kind] = bench.measure(_places(scores, rows, usable)[tested])
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


def _beside(
    about: Assessment, bench: "_Bench", model: "_Recorded", baselines: Mapping[str, "_Recorded"]
) -> Assessment:
    differences = {name: bench.compare(model, baseline) for name, baseline in baselines.items()}
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


@dataclass(frozen=True, slots=True)
class _Recorded:
    """Metrics with intervals, and their value in each resample: a paired difference then costs nothing more."""

    metrics: Metrics
    values: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class _Recorder:
    """A metric that keeps every value it returns, NaN where it has none."""

    metric: Metric
    values: list[float] = field(default_factory=list)

    def __call__(
        self, labels: Labels, scores: Scores, *, weights: NDArray[np.integer] | None = None
    ) -> float:
        self.values.append(np.nan)
        self.values[-1] = self.metric(labels, scores, weights=weights)
        return self.values[-1]


@dataclass(frozen=True, slots=True)
class _Bench:
    """The tested rows; every scoring is measured on the same draws of their addresses."""

    rows: LabelledRows
    parameters: EvaluationParameters
    seed: int

    def measure(self, scores: NDArray[np.float64]) -> _Recorded:
        metrics: dict[str, Measured] = {}
        values = {}
        for name, metric in METRICS.items():
            recorder = _Recorder(metric)
            metrics[name] = self._interval(recorder, name, scores)
            values[name] = np.array(recorder.values)
        return _Recorded(metrics, values)

    def _interval(self, recorder: _Recorder, name: str, scores: NDArray[np.float64]) -> Measured:
        if not self.rows.has_both_classes:  # a perfect average precision would be no achievement
            return Undefined(
                f"needs illicit and licit rows; of {len(self.rows)} tested {self.rows.positives} are illicit"
            )
        try:
            return bootstrap_interval(
                recorder,
                self.rows.grades if name.startswith("ndcg") else self.rows.labels,
                scores,
                self.rows.keys["address"].to_numpy(),
                seed=self.seed,
                resamples=self.parameters.bootstrap_resamples,
                level=self.parameters.interval_level,
            )
        except UndefinedMetricError as error:
            return Undefined(str(error))

    def compare(self, first: _Recorded, second: _Recorded) -> Metrics:
        """Return the differences, as ``bootstrap_difference`` would from the same draws."""
        return {name: self._difference(name, first, second) for name in METRICS}

    def _difference(self, name: str, first: _Recorded, second: _Recorded) -> Measured:
        for measured in (first.metrics[name], second.metrics[name]):
            if isinstance(measured, Undefined):
                return measured
        value, *resampled = first.values[name] - second.values[name]
        known = np.array(resampled)[~np.isnan(resampled)]
        tail = (1.0 - self.parameters.interval_level) / 2.0
        low, high = np.quantile(known, [tail, 1.0 - tail])
        return Interval(
            value=float(value),
            low=float(low),
            high=float(high),
            level=self.parameters.interval_level,
            resamples=len(resampled),
            undefined=len(resampled) - len(known),
        )
