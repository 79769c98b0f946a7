"""Batches in from folders of Parquet files."""

from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.checking import CheckedTable, check_table
from aml_miner.batch.meta import META_FILE, check_digest, read_meta
from aml_miner.batch.schemas import ALERTS, BATCH_TABLES, Table
from aml_miner.errors import InvalidBatchError


def read_batch(
    folder: Path, tables: Sequence[Table] = BATCH_TABLES, *, allow_unverified: bool = False
) -> Batch:
    """Read and check the batch in a folder.

    Parameters
    ----------
    folder
        A folder that holds ``alerts.parquet``, or one that holds exactly one such folder below
        (``{root}/{network}/{processing_date}/{window_days}``).
    tables
        The tables to read; the files of others are left alone.
    allow_unverified
        Read files that META.json does not vouch for. A hash that is there and wrong is always an error.

    Raises
    ------
    IntegrityError
        If a hash is missing or wrong.
    InvalidBatchError
        If a file is missing, not Parquet, or breaks its schema.
    """
    folder = _single_batch_folder(folder)
    meta = read_meta(folder)
    unverified = False
    found: dict[str, pl.DataFrame] = {}
    for table in tables:
        path = folder / table.file_name
        if not path.is_file():
            continue
        verified = meta is not None and path.name in meta.digests
        if verified or not allow_unverified:
            check_digest(path, meta)
        unverified = unverified or not verified
        found[table.name] = read_parquet(path)
    _check_complete(folder, found, meta.digests if meta else (), tables)
    return make_batch(found, meta, unverified=unverified)


def find_batches(root: Path) -> list[Path]:
    """Return the batch folders at or below a folder, sorted by path.

    Raises
    ------
    InvalidBatchError
        If there is none.
    """
    if (root / ALERTS.file_name).is_file():
        return [root]
    found = visible_files(root, ALERTS.file_name)
    if not found:
        message = f"{root}: no {ALERTS.file_name} in this folder or below it."
        raise InvalidBatchError(message)
    return [path.parent for path in found]


def visible_files(root: Path, pattern: str) -> list[Path]:
    """Return the files at or below a folder that match a pattern and lie in no hidden folder, sorted by path."""
    found = [path.relative_to(root) for path in root.rglob(pattern) if path.is_file()]
    return [root / path for path in sorted(found) if not any(p.startswith(".") for p in path.parts)]


def read_table(path: Path, table: Table) -> CheckedTable:
    """Read one Parquet file and check it against a schema.

    Raises
    ------
    InvalidBatchError
        If the file is missing, not Parquet, or breaks the schema.
    """
    return check_table(read_parquet(path), table)


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a Parquet file.

    Raises
    ------
    InvalidBatchError
        If the file is missing, cut off or not Parquet.
    """
    try:
        return pl.read_parquet(path, glob=False, hive_partitioning=False)
    except FileNotFoundError as error:
        message = f"{path}: there is no such file."
        raise InvalidBatchError(message) from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        message = f"{path}: not a readable Parquet file (cut off, or another format): {error}"
        raise InvalidBatchError(message) from error


def _single_batch_folder(folder: Path) -> Path:
    batches = find_batches(folder)
    if len(batches) > 1:
        message = (
            f"{folder}: holds {len(batches)} batches, expected one; name one of them, "
            f"for instance {batches[-1]}."
        )
        raise InvalidBatchError(message)
    return batches[0]


def _check_complete(
    folder: Path, found: Collection[str], promised: Collection[str], tables: Sequence[Table]
) -> None:
    lacking = [t.file_name for t in tables if t.file_name in promised and t.name not in found]
    if lacking:
        message = f"{folder}: {META_FILE} lists {', '.join(lacking)}, which is not there."
        raise InvalidBatchError(message)
