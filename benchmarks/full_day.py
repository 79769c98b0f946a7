"""Score, rank and explain a full day from Parquet to Parquet, as a user would run it: time, memory and each stage.

The tables are drawn at random with every column of the contract, so that nothing is smaller than in life. The models
learn from another such day and have the default shape. ``--sizes`` measures several numbers of alerts, each with ten
times as many addresses, 500 000 at most, and a tenth as many clusters.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.drawn_day import write_day, write_truth
from benchmarks.processes import Measured, measure
from benchmarks.record import circumstances


def main() -> None:
    """Measure, and print one JSON record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000], metavar="ALERTS")
    parser.add_argument("--flows", type=int, default=0, help="pairs of money flows besides")
    parser.add_argument("--models", type=Path, help="a folder of models, instead of new ones")
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        models = chosen.models or make_models(root)
        days = [_measure_day(root, models, size, chosen) for size in chosen.sizes]
    print(
        json.dumps(
            {"what": "aml-miner score, whole process", "days": days} | circumstances(), indent=2
        )
    )


def make_models(root: Path) -> Path:
    """Train models of the default shape on a drawn day, in a folder below ``root``."""
    write_day(root / "learned", alerts=6_000, addresses=20_000, clusters=1_500, seed=1)
    write_truth(root / "learned", root / "truth.parquet")
    command = [
        "train",
        root / "learned",
        "--truth",
        root / "truth.parquet",
        "--out",
        root / "models",
    ]
    subprocess.run(
        [sys.executable, "-m", "aml_miner", *map(str, command)], check=True, capture_output=True
    )
    return root / "models"


def _measure_day(
    root: Path, models: Path, alerts: int, chosen: argparse.Namespace
) -> dict[str, object]:
    folder = root / f"day-{alerts}"
    counts = {"alerts": alerts, "addresses": min(alerts * 10, 500_000), "clusters": alerts // 10}
    write_day(folder, **counts, flows=chosen.flows)
    command = ("score", folder, "--models", models, "--out", root / "results", "--json")
    measure(
        "-m", "aml_miner", *command
    )  # what is compiled once is compiled, and the files are in memory
    runs = [measure("-m", "aml_miner", *command) for _ in range(chosen.runs)]
    stages = [json.loads(run.out)["latencies_ms"] for run in runs]
    bare = [measure("-c", _IMPORTS) for _ in runs]
    return counts | {
        "flows": chosen.flows,
        "seconds": _summary(runs),
        "start_and_import_seconds": _summary(bare),
        "peak_memory_mb": max(run.peak_memory_mb for run in runs),
        "stages_ms": {name: round(median(run[name] for run in stages)) for name in stages[0]},
    }


_IMPORTS = """
import aml_miner.batch.reading, aml_miner.cli, aml_miner.features.builder
import aml_miner.models.tree_shap, aml_miner.scoring
"""


def _summary(runs: list[Measured]) -> dict[str, float]:
    seconds = sorted(run.seconds for run in runs)
    return {"least": seconds[0], "median": round(median(seconds), 3), "most": seconds[-1]}


if __name__ == "__main__":
    main()
