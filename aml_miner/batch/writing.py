"""Batches out to folders, whole or not at all."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from aml_miner.batch.meta import Meta, write_meta
from aml_miner.utils.folders import whole_folder


def write_batch(tables: Mapping[str, pl.DataFrame], meta: Meta, folder: Path) -> None:
    """Write tables as Parquet files and the META.json that vouches for them.

    The same tables and meta give the same bytes.

    Raises
    ------
    OutputError
        If the folder exists and was not written by this package.
    """
    counts = {name: table.height for name, table in tables.items()}
    with whole_folder(folder, "batch") as partial:
        for name, table in tables.items():
            table.write_parquet(partial / f"{name}.parquet")
        write_meta(partial, replace(meta, counts=counts))
