"""Score and explain one alert by a call of the library, features included: the times of many calls.

An alert and the row of its address are drawn anew for every call, with every column of the contract. The model learned
from another such day and has the default shape.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.batch.reading import read_batch
from aml_miner.models import AlertScorerModel, load_models
from aml_miner.scoring import score_alerts
from benchmarks.drawn_day import write_day
from benchmarks.full_day import make_models
from benchmarks.record import circumstances

_WARM_UP = 50


def main() -> None:
    """Measure and print one JSON record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--models", type=Path, help="a folder of models, instead of new ones")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        write_day(root / "day", alerts=500, addresses=5_000, clusters=10)
        scorer = load_models(chosen.models or make_models(root)).alert_scorer
        record = _measure(scorer, _one_by_one(read_batch(root / "day")), chosen.calls)
    print(json.dumps({"what": "score_alerts of one alert"} | record | circumstances(), indent=2))


def _one_by_one(batch: Batch) -> list[Batch]:
    return [
        replace(
            batch,
            alerts=batch.alerts[place : place + 1],
            features=batch.features.filter(pl.col("address") == address),
        )
        for place, address in enumerate(batch.alerts["address"])
    ]


def _measure(scorer: AlertScorerModel, batches: list[Batch], calls: int) -> dict[str, object]:
    for batch in batches[:_WARM_UP]:
        score_alerts(batch, scorer)
    times, cpu = [], time.process_time()
    for call in range(calls):
        began = time.perf_counter()
        score_alerts(batches[call % len(batches)], scorer)
        times.append(time.perf_counter() - began)
    cpu = time.process_time() - cpu
    times.sort()
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    return {
        "calls": calls,
        "milliseconds": {
            name: round(times[int(share * calls)] * 1e3, 2) for name, share in shares.items()
        },
        "processor_milliseconds": round(cpu / calls * 1e3, 2),
        "pandas_imported": "pandas" in sys.modules,
    }


if __name__ == "__main__":
    main()
