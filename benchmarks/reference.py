"""Address features beside the published reference package, on the same transfers and machine, in turn.

The reference is no dependency of this project: install ``chainswarm-analyzers-baseline`` (and ``clickhouse-connect``,
which it imports) in an environment of its own and name that environment's Python.

Both are timed inside a process of their own, after imports, from the Parquet file to the written table of features;
ours without the columns the reference does not make. Ours is timed twice in its process: the first time compiled code
has to be loaded.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import polars as pl

from aml_miner.batch.schemas import TRANSFERS
from benchmarks.record import circumstances

_REFERENCE = """
import sys, time
from pathlib import Path
from loguru import logger
logger.remove()
from chainswarm_analyzers_baseline.adapters.parquet import ParquetAdapter
from chainswarm_analyzers_baseline.config import SettingsLoader
from chainswarm_analyzers_baseline.pipeline import create_pipeline
adapter = ParquetAdapter(input_path=Path(sys.argv[1]), output_path=Path(sys.argv[2]))
began = time.perf_counter()
create_pipeline(adapter=adapter, network="torus", settings_loader=SettingsLoader()).run(
    start_timestamp_ms=0, end_timestamp_ms=2**62, window_days=300, processing_date="2025-11-20",
    run_features=True, run_patterns=False,
)
print(time.perf_counter() - began)
"""

_OURS = """
import sys, time
from pathlib import Path
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import FAMILIES, build_columns
from aml_miner.monitoring.transfers import make_transfers, read_transfers_file
for _ in range(2):
    began = time.perf_counter()
    activity = Activity.of(make_transfers(read_transfers_file(Path(sys.argv[1]))))
    columns = build_columns(activity)
    columns.write_parquet(Path(sys.argv[2]) / "features.parquet", compression="snappy")  # as the reference does
    print(time.perf_counter() - began)
"""


def main() -> None:
    """Measure and print one JSON record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference_python", type=Path, help="Python that has the reference package")
    parser.add_argument("transfers", type=Path, help="a folder with transfers.parquet")
    parser.add_argument("--most-active", type=int, help="keep transfers among the N most active")
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch) / "in", Path(scratch) / "out"
        folder.mkdir()
        out.mkdir()
        transfers = prepare(chosen.transfers, folder, chosen.most_active)
        runs = [_pair(chosen.reference_python, folder, out) for _ in range(chosen.runs)]
    names = ("reference", "ours_first", "ours_again", "reference_process", "ours_process")
    seconds = dict(zip(names, (sorted(each) for each in zip(*runs, strict=True)), strict=True))
    middle = {name: median(each) for name, each in seconds.items()}
    record = {
        "transfers": transfers,
        "median_seconds": {name: round(each, 3) for name, each in middle.items()},
        "ratio_first": round(middle["reference"] / middle["ours_first"], 1),
        "ratio_again": round(middle["reference"] / middle["ours_again"], 1),
        "ratio_process": round(middle["reference_process"] / middle["ours_process"], 1),
        "seconds": {name: [round(s, 3) for s in each] for name, each in seconds.items()},
        **circumstances(),
    }
    print(json.dumps(record, indent=2))


def _pair(reference_python: Path, folder: Path, out: Path) -> tuple[float, ...]:
    reference, reference_process = run_reference(reference_python, folder, out)
    ours, ours_process = _timed(Path(sys.executable), _OURS, folder, out)
    return reference[0], ours[0], ours[1], reference_process, ours_process


def run_reference(python: Path, folder: Path, out: Path) -> tuple[list[float], float]:
    """Write the reference's ``features.parquet`` for a prepared folder; return its seconds, as ``_timed`` does."""
    return _timed(python, _REFERENCE, folder, out)


def _timed(python: Path, code: str, folder: Path, out: Path) -> tuple[list[float], float]:
    """Return the seconds a program prints, and those its whole process took."""
    began = time.perf_counter()
    done = subprocess.run(
        [str(python), "-c", code, str(folder), str(out)],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    return [float(line) for line in done.stdout.split()[-2:] if "." in line], seconds


def prepare(source: Path, folder: Path, most_active: int | None) -> int:
    """Write what the reference reads: transfers, assets and a price a day; return how many transfers."""
    rows = pl.read_parquet(source / TRANSFERS.file_name)
    if most_active:
        rows = _among_most_active(rows, most_active)
    rows.write_parquet(folder / TRANSFERS.file_name)
    for name in ("assets.parquet", "asset_prices.parquet"):
        if (source / name).exists():
            (folder / name).write_bytes((source / name).read_bytes())
    assets = rows.select("asset_symbol", "asset_contract").unique()
    if not (folder / "assets.parquet").exists():
        seen = rows["block_timestamp"].min()
        assets.with_columns(
            network=pl.lit("torus"), verified=pl.lit(value=True), first_seen_timestamp=pl.lit(seen)
        ).write_parquet(folder / "assets.parquet")
    if not (folder / "asset_prices.parquet").exists():
        assets.join(_days(rows), how="cross").with_columns(
            price_usd=pl.lit(1.0), source=pl.lit("constant")
        ).write_parquet(folder / "asset_prices.parquet")
    return rows.height


def _days(rows: pl.DataFrame) -> pl.DataFrame:
    first, last = (
        datetime.fromtimestamp(int(moment) / 1000, UTC).replace(tzinfo=None)
        for moment in rows.select(
            first=pl.col("block_timestamp").min(), last=pl.col("block_timestamp").max()
        ).row(0)
    )
    begin = first.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    days = [begin + timedelta(days=day) for day in range((last - begin).days + 2)]
    return pl.DataFrame({"price_date": days}, schema={"price_date": pl.Datetime("ns")})


def _among_most_active(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    counted = pl.concat([rows["from_address"], rows["to_address"]]).alias("address").value_counts()
    active = counted.sort(["count", "address"], descending=[True, False]).head(most)["address"]
    kept = active.implode()
    return rows.filter(pl.col("from_address").is_in(kept) & pl.col("to_address").is_in(kept))


if __name__ == "__main__":
    main()
