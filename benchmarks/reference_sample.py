"""Write a small sample of transfers of our own, and what the published reference makes of it, for the tests.

The reference is no dependency of this project: install ``chainswarm-analyzers-baseline==0.1.3`` and
``clickhouse-connect``, which it imports, in an environment of its own and name that environment's Python.
"""

import argparse
import tempfile
from pathlib import Path

import polars as pl

from aml_miner.batch.schemas import MONEY, TRANSFERS
from aml_miner.simulation import SimulationConfig, simulate_economy
from benchmarks.reference import prepare, run_reference

FOLDER = Path(__file__).resolve().parents[1] / "tests/monitoring/address_features/reference"

ADDRESSES = 80
"""The most active ones and the transfers among them are kept: few enough to commit, enough for every shape of graph."""


def main() -> None:
    """Write ``transfers.parquet`` and ``features.parquet`` into the tests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference_python", type=Path, help="Python that has the reference package")
    chosen = parser.parse_args()
    economy = simulate_economy(SimulationConfig(accounts=200, days=21, seed=7))
    with tempfile.TemporaryDirectory() as scratch:
        source, prepared, out = (Path(scratch) / name for name in ("source", "in", "out"))
        for folder in (source, prepared, out):
            folder.mkdir()
        _priced(economy.transfers).write_parquet(source / TRANSFERS.file_name)
        prepare(source, prepared, ADDRESSES)
        run_reference(chosen.reference_python, prepared, out)
        FOLDER.mkdir(exist_ok=True)
        for made in (prepared / TRANSFERS.file_name, out / "features.parquet"):
            pl.read_parquet(made).write_parquet(FOLDER / made.name, statistics=False)


def _priced(transfers: pl.DataFrame) -> pl.DataFrame:
    """Let a unit of the asset be worth half a dollar on one day and more the next: USD must not pass for units."""
    day = (pl.col("block_timestamp") // 86_400_000).cast(pl.Int64)
    price = (50 + day % 7).cast(MONEY) / pl.lit(100).cast(MONEY)
    return transfers.with_columns(amount_usd=(pl.col("amount") * price).cast(MONEY))


if __name__ == "__main__":
    main()
