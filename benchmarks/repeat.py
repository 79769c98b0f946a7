"""Run the whole pipeline many times and count the different digests of batches and results; one is the right answer.

Every run shuffles the transfers anew and is a process of its own with its own hash seed and number of threads:
monitor, train, score, write, digest. Scoring takes as many threads as Python counts processors, so that number is set.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from aml_miner.batch.digests import digest_folder
from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy

_PROGRAM = (sys.executable, "-m", "aml_miner")
_THREADS = ("PYTHON_CPU_COUNT", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")
"""Python's is the one that decides for LightGBM, which is told a number and then heeds no variable of its own."""

_QUICK = "evaluation: {cv_folds: 2, bootstrap_resamples: 1}\n"
"""How well the models do is not asked here, and to find out takes most of training's time."""


def main() -> None:
    """Run, and exit with 1 when two runs differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        economy = simulate_economy(SimulationConfig(accounts=2_000, days=60, base_rate=0.06))
        write_economy(economy, root / "economy")
        (root / "quick.yaml").write_text(_QUICK)
        digests = Counter(_digests(root, economy.transfers, run) for run in range(runs))
    for (batch, results), count in digests.most_common():
        print(f"batch {batch}  results {results}  {count} of {runs}")
    sys.exit(len(digests) > 1)


def _digests(root: Path, transfers: pl.DataFrame, run: int) -> tuple[str, str]:
    order = np.random.Generator(np.random.PCG64(run)).permutation(transfers.height)
    transfers[order].write_parquet(root / "shuffled.parquet")
    truth = root / "economy" / "ground_truth.parquet"
    batch, models, results = (root / name for name in ("batch", "models", "results"))
    _run(run, "monitor", root / "shuffled.parquet", "--out", batch)
    _run(run, "train", batch, "--truth", truth, "--config", root / "quick.yaml", "--out", models)
    _run(run, "score", batch, "--models", models, "--out", results)
    return digest_folder(batch), digest_folder(results)


def surroundings(run: int) -> dict[str, str]:
    """Return the environment of a run: its own hash seed, and one thread or two in turn."""
    threads = dict.fromkeys(_THREADS, str(1 + run % 2))
    return {**os.environ, **threads, "PYTHONHASHSEED": str(run)}


def _run(run: int, *arguments: object) -> None:
    command = [*_PROGRAM, *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, env=surroundings(run))


if __name__ == "__main__":
    main()
