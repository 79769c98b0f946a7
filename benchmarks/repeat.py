"""Run the whole pipeline many times and count the different digests of batches and results; one is the right answer.

Every run shuffles the transfers anew and is a process of its own with its own hash seed and number of threads:
monitor, train, score, write, digest.
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


def main() -> None:
    """Run, and exit with 1 when two runs differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        economy = simulate_economy(SimulationConfig(accounts=2_000, days=60))
        write_economy(economy, root / "economy")
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
    _run(run, "train", batch, "--truth", truth, "--out", models)
    _run(run, "score", batch, "--models", models, "--out", results)
    return digest_folder(batch), digest_folder(results)


def _run(run: int, *arguments: object) -> None:
    surroundings = {
        **os.environ,
        "PYTHONHASHSEED": str(run),
        "POLARS_MAX_THREADS": str(1 + run % 2),
        "OMP_NUM_THREADS": str(1 + run % 2),
    }
    subprocess.run(
        [*_PROGRAM, *map(str, arguments)],
        check=True,
        capture_output=True,
        env=surroundings,
    )


if __name__ == "__main__":
    main()
