"""How good the shipped models are on economies they never met, beside every baseline.

The economies have seeds, knobs and days that no shipped model learned from: eight sets of knobs, each at base rates of
1, 3, 5 and 10 % of the accounts. Each is watched through a long and a short window, and each window is a batch of its
own. Intervals are 95 % bootstraps over economies of each rate; differences are paired on the same draws. The logistic
regression learns from eight economies of the same kind as the first half it is judged on.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress, product
from pathlib import Path

import numpy as np
import yaml

from aml_miner.batch.reading import find_batches, read_batch
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.config.settings import SHIPPED_MODELS
from aml_miner.models import load_models
from aml_miner.training.baselines import logistic_regression_scores
from aml_miner.training.labels import read_labels
from aml_miner.training.rows import LabelledRows, alert_rows, cluster_rows
from benchmarks.beside import (
    LIFT,
    Judged,
    Points,
    Reals,
    monitor,
    number_of,
    print_means,
    run_program,
    scorings_of,
    together,
)


@dataclass(frozen=True, slots=True)
class World:
    """An economy to be judged on, or for the logistic regression to learn from."""

    seed: int
    base_rate: float
    knobs: Mapping[str, object]
    accounts: int = 12_000
    days: int = 90
    window: int = 30


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
    *(World(901 + n, rate, knobs) for n, (knobs, rate) in enumerate(product(_LIKE, _RATES))),
    *(
        World(917 + n, rate, knobs, 15_000, 75, 45)
        for n, (knobs, rate) in enumerate(product(_UNLIKE, _RATES))
    ),
)
"""All knobs at all rates, fixed before anything was measured on them.

What is shipped was chosen on seeds 251 to 258, 301 to 308, 311 to 318, 321 to 328, 331 to 338 and 701 to 708.
"""
LINE = tuple(World(251 + n, _RATES[n % 4], _LIKE[n % 4]) for n in range(8))
_FIRST_DAY = "2026-06-01"
"""Economies learned from end on 30 June 2025."""


def main() -> None:
    """Print the tables for the economies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=SHIPPED_MODELS)
    parser.add_argument("--previous", type=Path, help="models to set beside these")
    parser.add_argument(
        "--worlds",
        type=Path,
        help="where economies are kept, of one version of simulator and detectors; thrown away if none",
    )
    parser.add_argument("--jobs", type=int, default=os.process_cpu_count() or 1)
    chosen = parser.parse_args()
    if chosen.jobs < 1:
        parser.error(f"--jobs must be at least 1; found {chosen.jobs}")
    models = load_models(chosen.models)
    previous = load_models(chosen.previous) if chosen.previous else None
    with tempfile.TemporaryDirectory() as scratch:
        root = chosen.worlds or Path(scratch)
        with ThreadPoolExecutor(chosen.jobs) as pool:
            made = [_batches(folder) for folder in pool.map(partial(_made, root), (*LINE, *JUDGED))]
        of_line, of_judged = made[: len(LINE)], made[len(LINE) :]
        for place, kind in enumerate(("alerts", "clusters")):
            line = [batch[place] for batches in of_line for batch in batches]
            judged = [
                Judged(batch[place], {}, world.base_rate)
                for world, batches in zip(JUDGED, of_judged, strict=True)
                for batch in batches
            ]
            fitted = _fitted(together(line), judged)
            scored = [
                replace(one, scorings=scorings_of(models, one.rows, previous) | by_line)
                for one, by_line in zip(judged, fitted, strict=True)
            ]
            _print_economies(kind, scored)


def _fitted(line: LabelledRows, judged: Sequence[Judged]) -> list[dict[str, Reals]]:
    """Return what a logistic regression that learned from some rows says of each batch."""
    scores = logistic_regression_scores(line, together([one.rows for one in judged]))
    ends = np.cumsum([len(one.rows) for one in judged])[:-1]
    return [{"logistic_regression": some} for some in np.split(scores, ends)]


def _print_economies(kind: str, judged: Sequence[Judged]) -> None:
    """Print the means over all economies, and over those that share a rate or a knob."""
    measured = {}
    for window, some in (("long", judged[::2]), ("short", judged[1::2])):
        print(f"\n### Simulated, {kind}, {window} windows, mean over {len(some)} economies\n")
        measured[window] = print_means(some)
    print(f"\n### Simulated, {kind}, by rate and by knob: mean, and the worst economy\n")
    print("| | windows | economies | " + " | ".join(_SHOWN) + " |\n" + "|---" * 9 + "|")
    alike = [
        (f"{rate:.0%} launder", [world.base_rate == rate for world in JUDGED]) for rate in _RATES
    ]
    alike += [
        (_text_of_knobs(knobs), [world.knobs == knobs for world in JUDGED])
        for knobs in (*_LIKE, *_UNLIKE)
    ]
    for name, chosen in alike:
        for window, each in measured.items():
            values = [_shown(*one) for one in compress(zip(JUDGED, each, strict=True), chosen)]
            print(
                f"| {name} | {window} | {len(values)} | "
                + " | ".join(_mean_and_worst(values))
                + " |"
            )


_SHOWN = ("AUC", "average precision", "AP / share", "AP / rate", "NDCG@10", "calibration error")


def _text_of_knobs(knobs: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in knobs.items())


def _shown(world: World, measured: Points) -> list[float]:
    """Return the scorer's metrics, NDCG@10 of the ranker where there is one; those of ``_SHOWN``."""
    scorer = next(iter(measured.values()))
    ranker = measured.get("alert_ranker", scorer)
    precision = scorer["average_precision"]
    return [
        scorer["auc"],
        precision,
        scorer[LIFT],
        precision / world.base_rate,
        ranker["ndcg_at_10"],
        scorer["calibration_error"],
    ]


def _mean_and_worst(values: Sequence[Sequence[float]]) -> list[str]:
    """Return a cell for each of ``_SHOWN``; of a calibration error the highest is the worst."""
    columns = np.array(values).T
    worst = [*columns[:-1].min(axis=1), columns[-1].max()]
    return [
        f"{number_of(mean)} ({number_of(least)})"
        for mean, least in zip(columns.mean(axis=1), worst, strict=True)
    ]


def _windows(world: World) -> tuple[int, int]:
    return world.days, world.window


def _made(root: Path, world: World) -> Path:
    """Simulate and monitor an economy, unless it is there already."""
    folder = root / str(world.seed)
    if not (folder / "batches").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        knobs = folder / "knobs.yaml"
        knobs.write_text(yaml.safe_dump({"first_day": _FIRST_DAY, **world.knobs}), encoding="utf-8")
        size = ("--accounts", world.accounts, "--days", world.days, "--seed", world.seed)
        rate = ("--base-rate", world.base_rate, "--config", knobs)
        run_program("simulate", "--out", folder / "transfers", *size, *rate)
        windows = [word for days in _windows(world) for word in ("--window", days)]
        monitor(folder / "transfers", folder / "batches", *windows)
        print(f"economy {world.seed} made", file=sys.stderr, flush=True)
    return folder


def _batches(folder: Path) -> list[tuple[LabelledRows, LabelledRows]]:
    """Return the labelled alerts and clusters of each batch of a folder, the longest window first."""
    truth = read_labels(folder / "transfers" / "ground_truth.parquet")
    batches = [read_batch(path, SCORED_TABLES) for path in find_batches(folder / "batches")]
    batches.sort(key=lambda batch: -batch.alerts["window_days"].max())  # type: ignore[operator]
    return [(alert_rows([batch], truth), cluster_rows([batch], truth)) for batch in batches]


if __name__ == "__main__":
    main()
