"""Scorings of the same rows side by side: what they are, how they are measured, and how the tables are printed.

Intervals are 95 % bootstraps over addresses, and of means over batches they draw batches; differences are paired on the
same draws. NDCG of rows of several batches is the mean over the batches.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.evaluation.bench import BINS, Bench, Drawn, Measure
from aml_miner.evaluation.intervals import Groups, Interval, make_interval
from aml_miner.evaluation.measures import CALIBRATION_METRICS
from aml_miner.evaluation.metrics import (
    average_precision,
    brier_score,
    expected_calibration_error,
    ndcg_at_k,
    roc_auc,
)
from aml_miner.models import Models
from aml_miner.training.assessment import METRICS
from aml_miner.training.baselines import severities
from aml_miner.training.folds import group_rows
from aml_miner.training.rows import LabelledRows

SEED, _RESAMPLES, _LEVEL = 42, 1_000, 0.95
_SHARES = (
    "alert_scorer",
    "cluster_scorer",
    "confidence",
    "logistic_regression",
    "previous_alert_scorer",
    "previous_cluster_scorer",
)
LIFT = "average_precision / share"
_TITLES = {
    "auc": "AUC",
    "average_precision": "average precision",
    LIFT: "AP / share",
    "ndcg_at_10": "NDCG@10",
    "brier_score": "Brier score",
    "calibration_error": "calibration error",
}

type Reals = NDArray[np.float64]


def _lift(drawn: Drawn) -> float:
    """Return the average precision over the share of illicit rows, which is what opening at random gives."""
    return drawn.ranked.average_precision() * drawn.weights.sum() / (drawn.weights @ drawn.labels)


_METRICS: Mapping[str, Measure] = {**METRICS, LIFT: _lift}


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The labelled rows of one batch, and what each scoring says of them; batches of one stratum are drawn together."""

    rows: LabelledRows
    scorings: Mapping[str, Reals]
    stratum: object = None


type _Values = tuple[Interval, Reals]
"""A metric, and its value in each draw."""
type Measured = dict[str, dict[str, _Values]]
"""Of each scoring each metric."""
type Points = dict[str, dict[str, float]]
"""Of each scoring each metric."""


def print_beside(one: Judged) -> None:
    """Print each scoring's metrics, with * where it differs from the scorer's by more than chance, † from the ranker's.

    Intervals draw addresses. Below stands by how much the models are above each column where the groups that folds keep
    together are drawn instead: addresses of one scheme or pattern stand or fall together too.
    """
    _print_table([one], measure(one))
    _print_by_group(one)


def print_means(judged: Sequence[Judged]) -> list[Points]:
    """Print the mean of each metric over batches as ``print_beside`` prints those of one; return those of each.

    Intervals draw batches, with replacement and of each stratum one fewer than it has: as many would make them too
    narrow. A stratum has two batches at least.

    Source: Rao and Wu, "Resampling inference with complex survey data", Journal of the American Statistical Association
    83 (1988), section 2 (stratified samples).
    """
    points = [points_of(one) for one in judged]
    draws = _draws([one.stratum for one in judged])
    means: Measured = {name: {} for name in points[0]}
    for name, metrics in points[0].items():
        for metric in metrics:
            values = np.array([each[name][metric] for each in points])
            drawn = draws @ values
            means[name][metric] = (make_interval(float(values.mean()), drawn, _LEVEL), drawn)
    _print_table(judged, means)
    print(f"\nCalibration error of all together: {text_of(_error_of_all(judged, draws))}.")
    return points


def measure(
    one: Judged, groups: Groups | None = None, metrics: Mapping[str, Measure] = _METRICS
) -> Measured:
    """Measure every scoring of a batch, in the order of its scorings; intervals draw addresses, or groups of rows."""
    rows = one.rows
    bench = Bench(
        rows.labels,
        rows.grades,
        rows.keys["address"].to_numpy() if groups is None else groups,
        SEED,
        _RESAMPLES,
        _LEVEL,
        lists=rows.keys["batch"].to_numpy(),
    )
    asked = {
        name: {**metrics, **(CALIBRATION_METRICS if name in _SHARES else {})}
        for name in one.scorings
    }
    found = bench.measure(one.scorings, asked)
    return {
        name: {
            metric: (value, recorded.values[metric])
            for metric, value in recorded.metrics.items()
            if isinstance(value, Interval)
        }
        for name, recorded in found.items()
    }


def points_of(one: Judged) -> Points:
    """Measure every scoring of a batch, without intervals.

    Raises
    ------
    UndefinedMetricError
        If its rows are of one class.
    """
    labels, grades = one.rows.labels, one.rows.grades
    points: Points = {}
    for name, scores in one.scorings.items():
        precision = average_precision(labels, scores)
        points[name] = {
            "auc": roc_auc(labels, scores),
            "average_precision": precision,
            LIFT: precision / labels.mean(),
            "ndcg_at_10": ndcg_at_k(grades, scores, 10),
        }
        if name in _SHARES:
            points[name]["brier_score"] = brier_score(labels, scores)
            points[name]["calibration_error"] = expected_calibration_error(labels, scores)
    return points


def _print_table(judged: Sequence[Judged], measured: Measured) -> None:
    rows, illicit = (
        sum(n) for n in zip(*((len(o.rows), o.rows.positives) for o in judged), strict=True)
    )
    print(f"{rows:,} labelled, {illicit:,} illicit ({illicit / rows:.1%}).\n")
    print("| | " + " | ".join(_TITLES.values()) + " |\n" + "|---" * (1 + len(_TITLES)) + "|")
    model, ranker = next(iter(measured.values())), measured.get("alert_ranker", {})
    for name, metrics in measured.items():
        cells = [
            _cell(metrics.get(metric), model.get(metric), ranker.get(metric)) for metric in _TITLES
        ]
        print(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")


def _print_by_group(one: Judged) -> None:
    groups = group_rows(one.rows)
    measured = measure(one, groups, {"auc": METRICS["auc"]})
    if not all("auc" in metrics for metrics in measured.values()):
        return  # rows of one class
    columns = [name for name in ("severity", "confidence", "volume") if name in measured]
    print(f"\nAbove each column in AUC, drawing {len(np.unique(groups)):,} groups:\n")
    print("| | " + " | ".join(columns) + " |\n" + "|---" * (1 + len(columns)) + "|")
    for name in ("alert_scorer", "alert_ranker", "cluster_scorer"):
        if name in measured:
            told = [_apart(measured[name]["auc"], measured[column]["auc"]) for column in columns]
            cells = [signed(apart) for apart in told]
            print(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")


def _draws(strata: Sequence[object]) -> Reals:
    """Return how much each batch weighs in the mean of each draw, alike for all scorings: differences stay paired."""
    random = np.random.Generator(np.random.PCG64(SEED))
    weights = np.zeros((_RESAMPLES, len(strata)))
    for stratum in dict.fromkeys(strata):
        places = np.flatnonzero([each == stratum for each in strata])
        if len(places) < 2:
            raise ValueError(f"stratum {stratum}: has one batch, and an interval draws from two.")
        chosen = places[random.integers(0, len(places), (_RESAMPLES, len(places) - 1))]
        np.add.at(weights, (np.arange(_RESAMPLES)[:, None], chosen), 1 / (len(places) - 1))
        weights[:, places] *= len(places) / len(strata)
    return weights


def _error_of_all(judged: Sequence[Judged], draws: Reals) -> Interval:
    """Return the calibration error of the first scoring over all rows; a batch drawn twice counts twice."""
    surplus = np.zeros((len(judged), BINS))
    for batch, one in enumerate(judged):
        shares = next(iter(one.scorings.values()))
        place = np.minimum((shares * BINS).astype(np.int64), BINS - 1)
        surplus[batch] = np.bincount(place, shares - one.rows.labels, BINS)
    sizes = np.array([len(one.rows) for one in judged])
    drawn = np.abs(draws @ surplus).sum(axis=1) / (draws @ sizes)
    return make_interval(float(np.abs(surplus.sum(axis=0)).sum() / sizes.sum()), drawn, _LEVEL)


def _cell(values: _Values | None, model: _Values | None, ranker: _Values | None) -> str:
    if values is None:
        return ""
    marks = (("*", model), ("†", None if values is model else ranker))
    told = [mark for mark, other in marks if other is not None and _differ(other, values)]
    return text_of(values[0]) + "".join(told)


def _differ(one: _Values, other: _Values) -> bool:
    apart = _apart(one, other)
    return not apart.low <= 0 <= apart.high


def _apart(one: _Values, other: _Values) -> Interval:
    return make_interval(one[0].value - other[0].value, one[1] - other[1], _LEVEL)


def text_of(metric: Interval) -> str:
    """Return a metric and its interval, as the tables have it."""
    return f"{number_of(metric.value)} ({number_of(metric.low)}–{number_of(metric.high)})"


def signed(difference: Interval) -> str:
    """Return a difference and its interval, each with its sign."""
    value, low, high = (
        f"{'−' if x < 0 else '+'}{number_of(abs(x))}"
        for x in (difference.value, difference.low, difference.high)
    )
    return f"{value} ({low} to {high})"


def number_of(value: float) -> str:
    """Return three digits of a number."""
    return f"{value:.3f}".removeprefix("0") if value < 0.9995 else f"{value:.2f}"


def scorings_of(
    models: Models, rows: LabelledRows, previous: Models | None = None
) -> dict[str, Reals]:
    """Return what the models, the columns and earlier models say of a batch's alerts or clusters, the scorer first."""
    are_alerts = "severity_level" in rows.features.columns
    said = _scores(models, rows, are_alerts=are_alerts)
    if (severity := severities(rows)) is not None:
        said["severity"] = severity
    said["confidence"] = np.clip(rows.keys["confidence"].to_numpy(), 0.0, 1.0)
    said["volume"] = rows.keys["volume_usd"].to_numpy()
    if previous:
        earlier = _scores(previous, rows, are_alerts=are_alerts)
        said |= {f"previous_{name}": scores for name, scores in earlier.items()}
    return said


def _scores(models: Models, rows: LabelledRows, *, are_alerts: bool) -> dict[str, Reals]:
    if not are_alerts:
        return {"cluster_scorer": models.cluster_scorer.predict(rows.features)}
    return {
        "alert_scorer": models.alert_scorer.predict(rows.features),
        "alert_ranker": models.alert_ranker.raw_scores(rows.features),
    }


def together(rows: Sequence[LabelledRows]) -> LabelledRows:
    """Return rows one after the other."""
    return LabelledRows(pl.concat([o.features for o in rows]), pl.concat([o.keys for o in rows]))


def monitor(transfers: Path, out: Path, *options: object) -> None:
    """Make batches of a folder of transfers, with its labels where it has some."""
    labels = transfers / "address_labels.parquet"
    known = ("--labels", labels) if labels.exists() else ()
    run_program("monitor", transfers, "--out", out, "--network", "judged", *known, *options)


def run_program(*arguments: object) -> None:
    """Run a command of the program itself."""
    command = [sys.executable, "-m", "aml_miner", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)
