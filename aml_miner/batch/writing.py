"""Batches out to folders, whole or not at all."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import orjson
import polars as pl

from aml_miner.batch.meta import Meta, write_meta
from aml_miner.utils.folders import whole_folder


def write_batch(
    tables: Mapping[str, pl.DataFrame],
    meta: Meta,
    folder: Path,
    documents: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Write tables as Parquet files, documents as JSON files, and the META.json that vouches for all of them.

    The same tables, documents and meta give the same bytes.

    Raises
    ------
    OutputError
        If the folder exists and was not written by this package.
    """
    counts = {name: table.height for name, table in tables.items()}
    with whole_folder(folder, "batch") as partial:
        for name, table in tables.items():
            table.write_parquet(partial / f"{name}.parquet")
        for name, document in documents.items():
            content = orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"
            (partial / f"{name}.json").write_bytes(content)
        write_meta(partial, replace(meta, counts=counts))
