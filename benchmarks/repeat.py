"""Run the whole pipeline many times and count the different digests of batches and results; one is the right answer.

Every run shuffles the transfers anew and is a process of its own with its own hash seed and number of threads:
monitor, train, score, write, digest. Scoring takes as many threads as Python counts processors, so that number is set.
Folders of transfers are monitored only, with their labels where they have some: what is learned from them is not asked.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from aml_miner.batch.digests import digest_folder
from aml_miner.batch.schemas import ADDRESS_LABELS, TRANSFERS
from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy

_PROGRAM = (sys.executable, "-m", "aml_miner")
_THREADS = ("PYTHON_CPU_COUNT", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")
"""Python's is the one that decides for LightGBM, which is told a number and then heeds no variable of its own."""

_QUICK = "evaluation: {cv_folds: 2, bootstrap_resamples: 1}\n"
"""How well the models do is not asked here, and to find out takes most of training's time."""


def main() -> None:
    """Run, and exit with 1 when two runs differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transfers", type=Path, nargs="*", help="folders with transfers.parquet")
    parser.add_argument("--runs", type=int, default=100)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for folder in chosen.transfers:
            transfers = pl.read_parquet(folder / TRANSFERS.file_name)
            labels = folder / ADDRESS_LABELS.file_name
            known = labels if labels.exists() else None
            monitored = [_monitor(root, transfers, run, known) for run in range(chosen.runs)]
            _tell(folder.name, monitored)
        if not chosen.transfers:
            _tell("simulated", _whole_runs(root, chosen.runs))


def _tell(name: str, digests: Sequence[object]) -> None:
    """Print how often each digest came, and exit with 1 where there are two."""
    counted = Counter(digests)
    for digest, count in counted.most_common():
        print(f"{name}: {digest}  {count} of {len(digests)}", flush=True)
    if len(counted) > 1:
        sys.exit(1)


def _whole_runs(root: Path, runs: int) -> list[str]:
    economy = simulate_economy(SimulationConfig(accounts=2_000, days=60, base_rate=0.06))
    write_economy(economy, root / "economy")
    (root / "quick.yaml").write_text(_QUICK)
    return [_whole_run(root, economy.transfers, run) for run in range(runs)]


def _whole_run(root: Path, transfers: pl.DataFrame, run: int) -> str:
    monitored = _monitor(root, transfers, run, None)
    truth = root / "economy" / "ground_truth.parquet"
    batch, models, results = (root / name for name in ("batch", "models", "results"))
    _run(run, "train", batch, "--truth", truth, "--config", root / "quick.yaml", "--out", models)
    _run(run, "score", batch, "--models", models, "--out", results)
    return f"{monitored}  results {digest_folder(results)}"


def _monitor(root: Path, transfers: pl.DataFrame, run: int, labels: Path | None) -> str:
    order = np.random.Generator(np.random.PCG64(run)).permutation(transfers.height)
    transfers[order].write_parquet(root / "shuffled.parquet")
    known = () if labels is None else ("--labels", labels)
    _run(run, "monitor", root / "shuffled.parquet", *known, "--out", root / "batch")
    return f"batch {digest_folder(root / 'batch')}"


def surroundings(run: int) -> dict[str, str]:
    """Return the environment of a run: its own hash seed, and one thread or two in turn."""
    threads = dict.fromkeys(_THREADS, str(1 + run % 2))
    return {**os.environ, **threads, "PYTHONHASHSEED": str(run)}


def _run(run: int, *arguments: object) -> None:
    command = [*_PROGRAM, *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, env=surroundings(run))


if __name__ == "__main__":
    main()
