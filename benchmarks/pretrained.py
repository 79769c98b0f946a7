"""How good the shipped models are on economies they never met, and on folders given, beside every baseline.

The economies have seeds, knobs and days that no shipped model learned from, and base rates of 1, 3, 5 and 10 % of the
accounts. Each is watched through a long and a short window, and each window is a batch of its own. Intervals are 95 %
bootstraps over addresses; differences are paired on the same draws. The logistic regression learns from eight economies
of the same kind as the first four it is judged on.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray

from aml_miner.batch.reading import find_batches, read_batch
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.config.settings import SHIPPED_MODELS
from aml_miner.evaluation.bench import Bench, Measure, Recorded
from aml_miner.evaluation.intervals import Interval, make_interval
from aml_miner.models import Models, load_models
from aml_miner.training.assessment import CALIBRATION_METRICS, METRICS
from aml_miner.training.baselines import logistic_regression_scores
from aml_miner.training.labels import read_labels
from aml_miner.training.rows import LabelledRows, alert_rows, cluster_rows

_SEED, _RESAMPLES, _LEVEL = 42, 1_000, 0.95
_KINDS = ("alerts", "clusters")
_SHARES = ("alert_scorer", "cluster_scorer", "confidence", "logistic_regression")
_LIFT = "average_precision / share"
_TITLES = {
    "auc": "AUC",
    "average_precision": "average precision",
    _LIFT: "AP / share",
    "ndcg_at_10": "NDCG@10",
    "brier_score": "Brier score",
    "calibration_error": "calibration error",
}

type _Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """An economy to be judged on, or for the logistic regression to learn from."""

    seed: int
    base_rate: float
    knobs: Mapping[str, object]
    accounts: int = 12_000
    days: int = 90
    window: int = 30


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The labelled rows of one batch, and what each scoring says of them."""

    name: str
    rows: LabelledRows
    scorings: Mapping[str, _Reals]


_LIKE = (  # within what the economies learned from have
    {"camouflage": 0.4, "drift": 0.3, "amount_scale": 0.8},
    {"camouflage": 0.45, "drift": 0.4, "amount_scale": 1.5},
    {"camouflage": 0.3, "drift": 0.3, "amount_scale": 1.2},
    {"camouflage": 0.4, "drift": 0.1, "amount_scale": 0.7},
)
_UNLIKE = (  # each with one knob beyond
    {"camouflage": 0.6},
    {"drift": 0.6},
    {"amount_scale": 4.0},
    {"lookalike_share": 0.3},
)
_RATES = (0.01, 0.03, 0.05, 0.10)
JUDGED = (
    *(World(101 + n, rate, _LIKE[n]) for n, rate in enumerate(_RATES)),
    *(World(105 + n, rate, _UNLIKE[n], 15_000, 75, 45) for n, rate in enumerate(_RATES)),
)
LINE = tuple(World(201 + n, _RATES[n % 4], _LIKE[n % 4]) for n in range(8))
_FIRST_DAY = "2026-03-01"
"""Economies learned from end on 30 June 2025."""


def main() -> None:
    """Print the tables for the economies, and one for each folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transfers", type=Path, nargs="*", help="folders with ground_truth.parquet")
    parser.add_argument("--models", type=Path, default=SHIPPED_MODELS)
    parser.add_argument("--worlds", type=Path, help="where economies are kept; thrown away if none")
    chosen = parser.parse_args()
    models = load_models(chosen.models)
    with tempfile.TemporaryDirectory() as scratch:
        root = chosen.worlds or Path(scratch)
        for place, kind in enumerate(_KINDS):
            line = [batch[place] for world in LINE for batch in _batches(_made(root, world))]
            judged = [
                Judged(_name(world, days), batch[place], {})
                for world in JUDGED
                for days, batch in zip(_windows(world), _batches(_made(root, world)), strict=True)
            ]
            _print_economies(models, kind, judged, _together(line))
        for folder in chosen.transfers:
            (batch,) = _batches(_given(root, folder))
            for kind, rows in zip(_KINDS, batch, strict=True):
                print(f"\n### {folder.name}, {kind}\n")
                _print_beside([Judged(folder.name, rows, _scorings(models, rows))])


def _print_economies(
    models: Models, kind: str, batches: Sequence[Judged], line: LabelledRows
) -> None:
    fitted = logistic_regression_scores(line, _together([one.rows for one in batches]))
    ends = np.cumsum([len(one.rows) for one in batches])[:-1]
    judged = [
        Judged(one.name, one.rows, _scorings(models, one.rows) | {"logistic_regression": scores})
        for one, scores in zip(batches, np.split(fitted, ends), strict=True)
    ]
    for title, some in (("long", judged[::2]), ("short", judged[1::2])):
        print(f"\n### Simulated, {kind}, {title} windows, mean over {len(some)} economies\n")
        _print_beside(some)
    print(f"\n### Simulated, {kind}, economy by economy\n")
    names = ("AUC", "average precision", "AP / share", "NDCG@10", "calibration error")
    print(
        f"| accounts that launder, knobs, window | {kind} | illicit | " + " | ".join(names) + " |"
    )
    print("|---" * 8 + "|")
    for one in judged:
        scorer, *rest = (measured for measured in _measure(one).values())
        first = rest[0] if kind == "alerts" else scorer
        cells = [scorer[name] for name in ("auc", "average_precision", _LIFT)]
        cells += [first["ndcg_at_10"], scorer["calibration_error"]]
        share = one.rows.positives / len(one.rows)
        values = " | ".join(_text(metric) for metric, _ in cells)
        print(f"| {one.name} | {len(one.rows):,} | {share:.1%} | {values} |")


def _print_beside(judged: Sequence[Judged]) -> None:
    """Print each scoring's metrics, with * where it differs from the scorer's by more than chance."""
    rows, illicit = (
        sum(n) for n in zip(*((len(o.rows), o.rows.positives) for o in judged), strict=True)
    )
    print(f"{rows:,} labelled, {illicit:,} illicit ({illicit / rows:.1%}).\n")
    print("| | " + " | ".join(_TITLES.values()) + " |\n" + "|---" * (1 + len(_TITLES)) + "|")
    measured = _mean([_measure(one) for one in judged])
    model = next(iter(measured.values()))
    for name, metrics in measured.items():
        cells = [_cell(metrics.get(metric), model.get(metric)) for metric in _TITLES]
        print(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")
    if len(judged) > 1:
        shares = np.concatenate([next(iter(one.scorings.values())) for one in judged])
        whole = Judged(
            "together", _together([one.rows for one in judged]), {"alert_scorer": shares}
        )
        print(
            f"\nCalibration error of all together: {_text(_measure(whole)['alert_scorer']['calibration_error'][0])}."
        )


type _Values = tuple[Interval, _Reals]
"""A metric, and its value in each draw."""


def _measure(one: Judged) -> dict[str, dict[str, _Values]]:
    """Measure every scoring of a batch, in the order of its scorings."""
    rows = one.rows
    bench = Bench(
        rows.labels, rows.grades, rows.keys["address"].to_numpy(), _SEED, _RESAMPLES, _LEVEL
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
                yield _LIFT, (make_interval(metric.value / share, lifts, _LEVEL), lifts)


def _mean(measured: Sequence[Mapping[str, Mapping[str, _Values]]]) -> dict[str, dict[str, _Values]]:
    """Return the mean of each metric over batches, with an interval of the means of their draws."""
    means: dict[str, dict[str, _Values]] = {}
    for name, metrics in measured[0].items():
        means[name] = {}
        for metric in metrics:
            every = [one[name][metric] for one in measured]
            values = np.mean([drawn for _, drawn in every], axis=0)
            value = float(np.mean([interval.value for interval, _ in every]))
            means[name][metric] = (make_interval(value, values, _LEVEL), values)
    return means


def _cell(values: _Values | None, model: _Values | None) -> str:
    if values is None:
        return ""
    if model is None or model is values:
        return _text(values[0])
    apart = make_interval(model[0].value - values[0].value, model[1] - values[1], _LEVEL)
    return _text(values[0]) + ("" if apart.low <= 0 <= apart.high else "*")


def _text(metric: Interval) -> str:
    one, low, high = (
        f"{x:.3f}".removeprefix("0") if x < 1 else f"{x:.2f}"
        for x in (metric.value, metric.low, metric.high)
    )
    return f"{one} ({low}–{high})"


def _scorings(models: Models, rows: LabelledRows) -> dict[str, _Reals]:
    """Return what the models and the columns say of a batch's alerts or clusters, the scorer first."""
    said: dict[str, _Reals]
    if "severity_level" in rows.features.columns:
        level = "severity_level"
        said = {
            "alert_scorer": models.alert_scorer.predict(rows.features),
            "alert_ranker": models.alert_ranker.raw_scores(rows.features),
        }
    else:
        level = "cluster_severity_level"
        said = {"cluster_scorer": models.cluster_scorer.predict(rows.features)}
    said["severity"] = rows.features[level].cast(pl.Float64).fill_null(-1.0).to_numpy()
    said["confidence"] = np.clip(rows.keys["confidence"].to_numpy(), 0.0, 1.0)
    said["volume"] = rows.keys["volume_usd"].to_numpy()
    return said


def _together(rows: Sequence[LabelledRows]) -> LabelledRows:
    return LabelledRows(pl.concat([o.features for o in rows]), pl.concat([o.keys for o in rows]))


def _windows(world: World) -> tuple[int, int]:
    return world.days, world.window


def _name(world: World, days: int) -> str:
    knobs = ", ".join(f"{name} {value}" for name, value in world.knobs.items())
    return f"{world.base_rate:.0%}, {knobs}, {days} days"


def _made(root: Path, world: World) -> Path:
    """Simulate and monitor an economy, unless it is there already."""
    folder = root / str(world.seed)
    if not (folder / "batches").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        knobs = folder / "knobs.yaml"
        knobs.write_text(yaml.safe_dump({"first_day": _FIRST_DAY, **world.knobs}), encoding="utf-8")
        size = ("--accounts", world.accounts, "--days", world.days, "--seed", world.seed)
        rate = ("--base-rate", world.base_rate, "--config", knobs)
        _run("simulate", "--out", folder / "transfers", *size, *rate)
        _monitor(folder, *_windows(world))
        print(f"economy {world.seed} made", file=sys.stderr, flush=True)
    return folder


def _given(root: Path, given: Path) -> Path:
    folder = root / given.name
    if not (folder / "batches").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "transfers").symlink_to(given.resolve())
        _monitor(folder)
    return folder


def _monitor(folder: Path, *windows: int) -> None:
    labels = folder / "transfers" / "address_labels.parquet"
    known = ("--labels", labels) if labels.exists() else ()
    asked = [word for days in windows for word in ("--window", days)]
    out = ("--out", folder / "batches", "--network", "judged")
    _run("monitor", folder / "transfers", *out, *known, *asked)


def _batches(folder: Path) -> list[tuple[LabelledRows, LabelledRows]]:
    """Return the labelled alerts and clusters of each batch of a folder, the longest window first."""
    truth = read_labels(folder / "transfers" / "ground_truth.parquet")
    batches = [read_batch(path, SCORED_TABLES) for path in find_batches(folder / "batches")]
    batches.sort(key=lambda batch: -batch.alerts["window_days"].max())  # type: ignore[operator]
    return [(alert_rows([batch], truth), cluster_rows([batch], truth)) for batch in batches]


def _run(*arguments: object) -> None:
    command = [sys.executable, "-m", "aml_miner", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
