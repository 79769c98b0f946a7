#!/usr/bin/env python3
"""Make the pretrained models of ``trained_models/`` from seeds alone: simulate, monitor, train; same bytes everywhere.

The worlds differ in seed and in how many accounts launder, and are watched through two windows. Nothing but the
program's own commands is called, so that a fork with a changed feature or detector makes its models the same way.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

_ROOT = Path(__file__).resolve().parents[1]
_WORLDS = ((11, 0.01), (12, 0.02), (13, 0.03), (14, 0.05), (15, 0.02), (16, 0.08))
"""Seed and base rate of each world. Seeds from 101 on are kept for judging: never train on them."""
_ACCOUNTS, _DAYS, _WINDOWS = 6_000, 90, (90, 30)


def main() -> None:
    """Make the models; the folder is replaced whole or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_ROOT / "trained_models")
    parser.add_argument("--accounts", type=int, default=_ACCOUNTS, help="accounts of each world")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        truths = [_make_world(root, seed, rate, chosen.accounts) for seed, rate in _WORLDS]
        pl.concat(truths, how="vertical_relaxed").write_parquet(root / "truth.parquet")
        _run(
            "train",
            root / "batches",
            "--truth",
            root / "truth.parquet",
            "--out",
            chosen.out,
            "--seed",
            42,
        )


def _make_world(root: Path, seed: int, base_rate: float, accounts: int) -> pl.DataFrame:
    world, batches = root / "worlds" / str(seed), root / "batches" / str(seed)
    size = ("--accounts", accounts, "--days", _DAYS)
    _run("simulate", "--out", world, *size, "--seed", seed, "--base-rate", base_rate)
    windows = [word for days in _WINDOWS for word in ("--window", days)]
    _run("monitor", world, "--out", batches, "--network", f"simulated-{seed}", *windows)
    return pl.read_parquet(world / "ground_truth.parquet")


def _run(*arguments: object) -> None:
    command = [sys.executable, "-m", "aml_miner", *map(str, arguments)]
    print("aml-miner", *arguments, flush=True)
    subprocess.run(command, check=True)  # noqa: S603 - our own program


if __name__ == "__main__":
    main()
