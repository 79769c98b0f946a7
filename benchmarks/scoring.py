"""Score and explain a day of alerts from Parquet to Parquet: time and peak memory of the whole program.

A simulated economy is monitored, and its first alerts by id, with every address of it, are the batch. Models learn from
another, smaller economy. Then the command is run as a user would run it, several times, each in a process of its own.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median

import polars as pl

from aml_miner.batch.reading import read_batch
from aml_miner.batch.writing import write_batch
from aml_miner.config.model_config import load_model_config
from aml_miner.models import save_models
from aml_miner.monitoring.monitoring import Monitored, monitor_transfers
from aml_miner.monitoring.profile import MonitoringProfile, load_profile
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.scoring.golden import golden_documents
from aml_miner.simulation import SimulationConfig, simulate_economy
from aml_miner.training.train_models import train_models
from aml_miner.training.truth import check_truth
from benchmarks.processes import Measured, measure
from benchmarks.record import circumstances

_SEED = 42


def main() -> None:
    """Measure and print one JSON record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=50_000)
    parser.add_argument("--addresses", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        began = time.perf_counter()
        counts = make_day(root / "batch", chosen.alerts, chosen.addresses)
        monitoring = time.perf_counter() - began
        make_models(root / "models")
        runs = [_score(root) for _ in range(chosen.runs)]
    seconds = [run.seconds for run in runs]
    record = {
        "what": "aml-miner score, whole process, Parquet to Parquet, explanations included",
        **counts,
        "median_seconds": round(median(seconds), 2),
        "seconds": [round(each, 2) for each in seconds],
        "peak_memory_mb": max(run.peak_memory_mb for run in runs),
        "simulate_and_monitor_seconds": round(monitoring, 1),
        "seed": _SEED,
        **circumstances(),
    }
    print(json.dumps(record, indent=2))


def _monitored(
    accounts: int, days: int, seed: int, profile: MonitoringProfile
) -> tuple[Monitored, pl.DataFrame]:
    economy = simulate_economy(
        SimulationConfig(accounts=accounts, days=days, seed=seed, base_rate=0.06)
    )
    transfers = make_transfers(economy.transfers)
    return monitor_transfers(transfers, profile, network="simulated"), economy.ground_truth


def _alarming_profile() -> MonitoringProfile:
    """The default rules, but structuring whatever the small transfers add up to: tens of thousands of alerts."""
    profile = load_profile()
    everybody = profile.structuring.model_copy(update={"min_small_total": 0.0})
    return profile.model_copy(update={"structuring": everybody})


def make_day(folder: Path, alerts: int, addresses: int) -> dict[str, int]:
    """Write a batch of so many alerts on so many simulated addresses, and return its rows by table."""
    monitored, _ = _monitored(addresses, 20, _SEED, _alarming_profile())
    tables = {name: monitored.tables[name] for name in ("alerts", "features", "clusters")}
    if tables["alerts"].height < alerts:
        message = f"the economy gave {tables['alerts'].height} alerts, {alerts} were asked for"
        raise SystemExit(message)
    tables["alerts"] = tables["alerts"].head(alerts)
    kept = tables["alerts"]["alert_id"].implode()
    tables["clusters"] = tables["clusters"].filter(pl.col("primary_alert_id").is_in(kept))
    write_batch(tables, monitored.meta, folder)
    return {name: table.height for name, table in tables.items()}


def make_models(folder: Path) -> None:
    """Write models that learned from another, smaller economy."""
    monitored, truth = _monitored(2_000, 60, _SEED + 1, load_profile())
    monitored.write(folder.with_name("learned"))
    batch = read_batch(folder.with_name("learned"))
    training = train_models([batch], check_truth(truth), load_model_config(None), _SEED)
    save_models(training.models, folder, golden_documents(training.models))


def _score(root: Path) -> Measured:
    folders = (root / "batch", "--models", root / "models", "--out", root / "results")
    return measure("-m", "aml_miner", "score", *folders)


if __name__ == "__main__":
    main()
