"""Monitor transfers from Parquet to a batch folder: time of each stage, time of the whole process, peak memory.

Without a folder of transfers a simulated economy is made first, which is not part of the time.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers, read_transfers_file
from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy
from benchmarks.processes import measure
from benchmarks.record import circumstances

_SEED = 42


def main() -> None:
    """Measure and print one JSON record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transfers", type=Path, nargs="?", help="a folder of transfers")
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--stages", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.stages:
        print(json.dumps(_stages(chosen.transfers, chosen.stages)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        transfers = chosen.transfers
        if transfers is None:
            transfers = Path(scratch) / "transfers"
            config = SimulationConfig(accounts=chosen.accounts, days=chosen.days, seed=_SEED)
            write_economy(simulate_economy(config), transfers)
        runs = [_run(transfers, Path(scratch) / "batch") for _ in range(chosen.runs)]
    fastest = min(runs, key=lambda run: run["seconds"])
    record = {
        "what": "transfers in Parquet to a whole batch folder, a process of its own",
        "seconds_of_each_run": [run["seconds"] for run in runs],
        "fastest": fastest,
        **circumstances(),
    }
    print(json.dumps(record, indent=2))


def _run(transfers: Path, out: Path) -> dict[str, object]:
    done = measure("-m", "benchmarks.monitoring", transfers, "--stages", out)
    taken = {
        "seconds": round(done.seconds, 2),
        "processor_seconds": done.processor_seconds,
        "peak_memory_mb": done.peak_memory_mb,
    }
    return {**taken, **json.loads(done.out)}


def _stages(transfers: Path, out: Path) -> dict[str, object]:
    """Monitor in this process, and say how long each stage took."""
    moments = [("reading", time.perf_counter())]
    rows = make_transfers(read_transfers_file(transfers))
    monitored = monitor_transfers(
        rows,
        load_profile(),
        network="benchmark",
        progress=lambda stage: moments.append((stage, time.perf_counter())),
    )
    moments.append(("writing", time.perf_counter()))
    monitored.write(out)
    moments.append(("", time.perf_counter()))
    ends = [moment for _, moment in moments[1:]]
    stages = {
        name: round(end - begin, 2) for (name, begin), end in zip(moments[:-1], ends, strict=True)
    }
    return {"stages": stages, "counts": monitored.counts()}


if __name__ == "__main__":
    main()
