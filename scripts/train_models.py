#!/usr/bin/env python3
"""Make the pretrained models of ``trained_models/`` from seeds alone: simulate, monitor, train; same bytes every time.

Every world draws its knobs from its own seed: how large it is, how many launder, how well they hide, how amounts and
habits are, and the two windows it is watched through. Every other one is of an unusual kind besides: other people, at
other hours, with few innocent arrangements that look like laundering or none. The last fifth are quiet as well: whole
kinds of participants are down to one, people pay less and more seldom, and groups go on. Nothing but the program's own
commands is called, so that a fork with a changed feature or detector makes its models the same way. The SHA-256 of
every file is written beside the folder.
"""

import argparse
import hashlib
import math
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import yaml

from aml_miner.simulation.config import SimulationConfig

_ROOT = Path(__file__).resolve().parents[1]
_OUT = _ROOT / "trained_models"
_CONFIG = Path(__file__).with_name("pretrained.yaml")
_WORLDS, _ACCOUNTS = 250, 8_000
_FIRST_QUIET_SEED = 201
_FIRST_JUDGED_SEED = 251
"""Seeds from here on are kept for judging (benchmarks/pretrained.py): never train on them."""
_LAST_DAY = date(2025, 6, 30)
_FREQUENT = ("purchases_per_day", "friend_payments_per_month", "exchange_orders_per_month")
_HABITS = SimulationConfig().habits.model_dump()
_POPULATION = SimulationConfig().population
"""The economy's own values, which a world multiplies."""
_MAY_BE_MISSING = tuple(kind for kind in _POPULATION if kind != "households")
_MISSING_SHARE = 0.4
"""How likely each of these kinds of participants is down to one in a quiet world; our choice."""
_MONEY = tuple(name for name in _HABITS if "_usd" in name)
"""The habits that are amounts."""


class World(NamedTuple):
    """What one economy is drawn to be: its knobs, its days, those of its second window, and its size to the usual."""

    knobs: dict[str, object]
    days: int
    window: int
    size: float


def main() -> None:
    """Make the models; the folder is replaced whole or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_OUT)
    parser.add_argument("--worlds", type=int, default=_WORLDS, help="seeds 1 to so many")
    parser.add_argument("--accounts", type=int, default=_ACCOUNTS, help="of a world of usual size")
    parser.add_argument("--jobs", type=int, default=os.process_cpu_count() or 1)
    chosen = parser.parse_args()
    if not 0 < chosen.worlds < _FIRST_JUDGED_SEED:
        parser.error(f"--worlds must be 1 to {_FIRST_JUDGED_SEED - 1}: other seeds are for judging")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        seeds = range(1, chosen.worlds + 1)
        with ThreadPoolExecutor(chosen.jobs) as pool:
            made = pool.map(lambda seed: make_world(root, seed, chosen.accounts), seeds)
            truths = []
            for seed, known in zip(seeds, made, strict=True):
                truths.append(known)
                print(f"world {seed} of {chosen.worlds}, {_minutes(begun)}", flush=True)
        pl.concat(truths, how="vertical_relaxed").write_parquet(root / "truth.parquet")
        print("training and judging out of fold", flush=True)
        truth = ("--truth", root / "truth.parquet")
        options = ("--config", _CONFIG, "--seed", 42)
        print(_run("train", root / "batches", *truth, "--out", chosen.out, *options))
    sums = chosen.out.with_suffix(".sha256")
    sums.write_text("".join(f"{line}\n" for line in digests(chosen.out)), encoding="utf-8")
    print(f"SHA-256 of every file in {sums}; {_minutes(begun)}")


def draw_world(seed: int) -> World:
    """Draw a world; of one seed always the same."""
    random = np.random.Generator(np.random.PCG64(seed))
    quiet = seed >= _FIRST_QUIET_SEED
    unusual = quiet or seed % 2 == 0

    def evenly(low: float, high: float) -> float:
        return round(float(random.uniform(low, high)), 3)

    def by_magnitude(low: float, high: float) -> float:
        return round(math.exp(random.uniform(math.log(low), math.log(high))), 6)

    frequency = (0.1, 4.0) if unusual else (0.3, 2.5)
    days = int(random.choice([45, 60, 90, 120, 180] if unusual else [60, 90, 120]))
    knobs: dict[str, object] = {
        "first_day": _LAST_DAY - timedelta(days=days - 1),
        "base_rate": by_magnitude(0.01, 0.1),
        "lookalike_share": evenly(0.0, 0.2) if unusual else evenly(0.08, 0.2),
        "camouflage": evenly(0.0, 0.5) if unusual else evenly(0.2, 0.5),
        "drift": evenly(0.0, 0.4),
        "amount_scale": by_magnitude(0.4, 2.5),
        "growth": evenly(0.1, 0.5) if unusual else evenly(0.2, 0.5),
        "habits": {name: round(_HABITS[name] * by_magnitude(*frequency), 3) for name in _FREQUENT},
    }
    if unusual:
        knobs["day_rhythm"] = evenly(0.0, 1.0)
        knobs["hours_from_utc"] = int(random.integers(-8, 10))
        population = {
            kind: round(share * by_magnitude(0.2, 1.6), 6) for kind, share in _POPULATION.items()
        }
        if quiet:
            missing = random.random(len(_MAY_BE_MISSING)) < _MISSING_SHARE
            population |= dict.fromkeys(compress(_MAY_BE_MISSING, missing), 0.0)
        knobs["population"] = population
    if quiet:
        knobs["amount_scale"] = by_magnitude(0.05, 2.5)
        knobs["persistence"] = evenly(0.0, 0.6)
        money = by_magnitude(0.1, 1.0)
        knobs["habits"] = {
            name: round(v * (money if name in _MONEY else by_magnitude(0.02, 1.0)), 5)
            for name, v in _HABITS.items()
        }
    window = min(int(random.choice([30, 45])), days - 15)
    return World(knobs, days, window, by_magnitude(1 / 3, 2.0))


def make_world(root: Path, seed: int, accounts: int) -> pl.DataFrame:
    """Simulate and monitor a world below ``root``, and return its truth; its transfers are removed."""
    drawn = draw_world(seed)
    world, config = root / "worlds" / str(seed), root / f"{seed}.yaml"
    config.write_text(yaml.safe_dump(drawn.knobs), encoding="utf-8")
    size = ("--accounts", round(accounts * drawn.size), "--days", drawn.days, "--seed", seed)
    _run("simulate", "--out", world, "--config", config, *size)
    batches, labels = root / "batches" / str(seed), world / "address_labels.parquet"
    windows = ("--window", drawn.days, "--window", drawn.window, "--date", _LAST_DAY)
    network = ("--network", f"simulated-{seed}")
    _run("monitor", world, "--labels", labels, "--out", batches, *network, *windows)
    truth = pl.read_parquet(world / "ground_truth.parquet")
    (world / "transfers.parquet").unlink()
    scheme = pl.col("pattern_instance_id")  # worlds number their schemes alike
    named = pl.when(scheme != "").then(pl.format("{}-{}", pl.lit(seed), scheme)).otherwise(scheme)
    return truth.with_columns(named.alias(scheme.meta.output_name()))


def digests(folder: Path) -> list[str]:
    """Return a line for each file, in the form ``sha256sum --check`` reads, seen from beside the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder.parent)}"
        for path in files
    ]


def _run(*arguments: object) -> str:
    command = [sys.executable, "-m", "aml_miner", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise SystemExit(f"aml-miner {arguments[0]}: {done.stderr}")
    return done.stdout


def _minutes(begun: float) -> str:
    return f"{(time.monotonic() - begun) / 60:.1f} minutes"


if __name__ == "__main__":
    main()
