"""Scorings of the same rows side by side: what they are, how they are measured, and how the tables are printed.

Intervals are 95 % bootstraps over addresses, and over batches where there are several; differences are paired on the
same draws.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.evaluation.bench import Bench, Measure, Recorded
from aml_miner.evaluation.intervals import Interval, make_interval
from aml_miner.models import Models
from aml_miner.training.assessment import CALIBRATION_METRICS, METRICS
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


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The labelled rows of one batch, and what each scoring says of them."""

    rows: LabelledRows
    scorings: Mapping[str, Reals]


type _Values = tuple[Interval, Reals]
"""A metric, and its value in each draw."""
type Measured = dict[str, dict[str, _Values]]
"""What each scoring's metrics are."""


def print_beside(judged: Sequence[Judged]) -> list[Measured]:
    """Print each scoring's metrics, with * where it differs from the scorer's by more than chance.

    Returns
    -------
    list of Measured
        What was measured of each batch.
    """
    rows, illicit = (
        sum(n) for n in zip(*((len(o.rows), o.rows.positives) for o in judged), strict=True)
    )
    print(f"{rows:,} labelled, {illicit:,} illicit ({illicit / rows:.1%}).\n")
    print("| | " + " | ".join(_TITLES.values()) + " |\n" + "|---" * (1 + len(_TITLES)) + "|")
    each = [measure(one) for one in judged]
    means = _mean(each)
    model = next(iter(means.values()))
    for name, metrics in means.items():
        cells = [_cell(metrics.get(metric), model.get(metric)) for metric in _TITLES]
        print(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")
    if len(judged) > 1:
        shares = np.concatenate([next(iter(one.scorings.values())) for one in judged])
        whole = Judged(together([one.rows for one in judged]), {"alert_scorer": shares})
        print(
            f"\nCalibration error of all together: {text_of(measure(whole)['alert_scorer']['calibration_error'][0])}."
        )
    return each


def measure(one: Judged) -> Measured:
    """Measure every scoring of a batch, in the order of its scorings."""
    rows = one.rows
    bench = Bench(
        rows.labels, rows.grades, rows.keys["address"].to_numpy(), SEED, _RESAMPLES, _LEVEL
    )
    asked: dict[str, Mapping[str, Measure]] = {
        name: {**METRICS, **(CALIBRATION_METRICS if name in _SHARES else {})}
        for name in one.scorings
    }
    found = bench.measure(one.scorings, asked)
    share = rows.positives / len(rows)
    return {name: dict(_values(recorded, share)) for name, recorded in found.items()}


def _values(recorded: Recorded, share: float) -> Iterator[tuple[str, _Values]]:
    for name, metric in recorded.metrics.items():
        if isinstance(metric, Interval):
            yield name, (metric, recorded.values[name])
            if name == "average_precision":
                lifts = recorded.values[name] / share
                yield LIFT, (make_interval(metric.value / share, lifts, _LEVEL), lifts)


def _mean(measured: Sequence[Measured]) -> Measured:
    """Return the mean of each metric over batches; in each draw so many batches are drawn, and addresses of each.

    Source: Davison and Hinkley, "Bootstrap Methods and their Application" (1997), section 3.8 (hierarchical data).
    """
    count = len(measured)
    random = np.random.Generator(np.random.PCG64(SEED))
    drawn = random.integers(
        0, count, (count, _RESAMPLES)
    )  # alike for all scorings: differences stay paired
    means: Measured = {}
    for name, metrics in measured[0].items():
        means[name] = {}
        for metric in metrics:
            every = [one[name][metric] for one in measured]
            values = np.stack([values for _, values in every])
            value = float(np.mean([interval.value for interval, _ in every]))
            of_draws = np.take_along_axis(values, drawn, axis=0).mean(axis=0)
            means[name][metric] = (make_interval(value, of_draws, _LEVEL), of_draws)
    return means


def _cell(values: _Values | None, model: _Values | None) -> str:
    if values is None:
        return ""
    if model is None or model is values:
        return text_of(values[0])
    apart = make_interval(model[0].value - values[0].value, model[1] - values[1], _LEVEL)
    return text_of(values[0]) + ("" if apart.low <= 0 <= apart.high else "*")


def text_of(metric: Interval) -> str:
    """Return a metric and its interval, as the tables have it."""
    return f"{number_of(metric.value)} ({number_of(metric.low)}–{number_of(metric.high)})"


def number_of(value: float) -> str:
    """Return three digits of a number."""
    return f"{value:.3f}".removeprefix("0") if value < 1 else f"{value:.2f}"


def scorings_of(
    models: Models, rows: LabelledRows, previous: Models | None = None
) -> dict[str, Reals]:
    """Return what the models, the columns and earlier models say of a batch's alerts or clusters, the scorer first."""
    are_alerts = "severity_level" in rows.features.columns
    level = rows.features["severity_level" if are_alerts else "cluster_severity_level"]
    said = _scores(models, rows, are_alerts=are_alerts)
    said["severity"] = level.cast(pl.Float64).fill_null(-1.0).to_numpy()
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
