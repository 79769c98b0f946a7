"""Batches in from folders of Parquet files."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.checking import CheckedTable, check_table
from aml_miner.batch.conversion import from_arrow
from aml_miner.batch.faults import naming_file, reading
from aml_miner.batch.meta import META_FILE, Meta, check_digest, read_meta
from aml_miner.batch.schemas import ALERTS, BATCH_TABLES, Table
from aml_miner.errors import InvalidBatchError

_UNREADABLE = (
    pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    OSError,
    UnicodeDecodeError,
)
"""What Polars and PyArrow raise for a file they cannot read."""


def read_batch(
    folder: Path, tables: Sequence[Table] = BATCH_TABLES, *, allow_unverified: bool = False
) -> Batch:
    """Read and check the batch in a folder.

    Before any file is parsed, every file of the folder that META.json lists is verified, also one that is not read.

    Parameters
    ----------
    folder
        A folder that holds ``alerts.parquet``, or one that holds exactly one such folder below
        (``{root}/{network}/{processing_date}/{window_days}``).
    tables
        The tables to read. Of the others' files those that are there are verified, and those that META.json lists
        and are not there are named in the report.
    allow_unverified
        Read files that META.json does not vouch for. A hash or a count that is there and wrong is always an error.

    Raises
    ------
    IntegrityError
        If a hash is missing or wrong.
    InvalidBatchError
        If a file is missing, not Parquet, or breaks its schema, or has not the number of rows META.json says.
    """
    folder = _single_batch_folder(folder)
    meta = read_meta(folder)
    missing = _verify_listed(folder, meta) if meta else ()
    _check_complete(folder, missing, tables)
    wanted = [table for table in tables if (folder / table.file_name).is_file()]
    unlisted = [table for table in wanted if not meta or table.file_name not in meta.digests]
    if unlisted and not allow_unverified:
        check_digest(folder / unlisted[0].file_name, meta)
    found: dict[str, pl.DataFrame] = {
        table.name: read_parquet(folder / table.file_name, verified=table not in unlisted)
        for table in wanted
    }
    if meta:
        _check_counts(folder, meta, found)
    batch = make_batch(found, meta, unverified=bool(unlisted), folder=folder)
    return replace(batch, report=replace(batch.report, missing_files=missing))


def find_batches(root: Path) -> list[Path]:
    """Return the batch folders at or below a folder, sorted by path.

    Raises
    ------
    InvalidBatchError
        If there is none, or no such folder.
    """
    if (root / ALERTS.file_name).is_file():
        return [root]
    found = visible_files(root, ALERTS.file_name)
    if not found:
        message = (
            f"{root}: no {ALERTS.file_name} in this folder or below it; "
            "name a batch folder, or make a batch of transfers with aml-miner monitor."
        )
        raise InvalidBatchError(message)
    return [path.parent for path in found]


def visible_files(root: Path, pattern: str) -> list[Path]:
    """Return the files at or below a folder that match a pattern and lie in no hidden folder, sorted by path.

    Raises
    ------
    InvalidBatchError
        If there is no such folder.
    """
    with reading(root):
        exists, is_folder = root.exists(), root.is_dir()
    if not is_folder:
        found_instead = "is a file, not a folder" if exists else "there is no such folder"
        message = f"{root}: {found_instead}; check the path."
        raise InvalidBatchError(message)
    found = [path.relative_to(root) for path in root.rglob(pattern) if path.is_file()]
    return [root / path for path in sorted(found) if not any(p.startswith(".") for p in path.parts)]


def read_table(path: Path, table: Table) -> CheckedTable:
    """Read one Parquet file that nobody vouches for, and check it against a schema.

    Raises
    ------
    InvalidBatchError
        If the file is missing, not Parquet, or breaks the schema.
    """
    frame = read_parquet(path)
    with naming_file(path):
        return check_table(frame, table)


def read_parquet(path: Path, *, verified: bool = False) -> pl.DataFrame:
    """Read a Parquet file.

    A file that nobody vouches for is read by PyArrow and validated in full, in twice the time: Polars 2.1 ends the
    whole process when a damaged file claims more values than memory holds. Of 90 000 files damaged at random Polars
    ended the process on 45 and PyArrow 26 on none. That is no proof: a file made to do harm may still find a way,
    and a small one may ask for gigabytes. Only a hash from somebody trusted is a guard against that.

    Parameters
    ----------
    verified
        Whether the file's hash was checked; it then goes to Polars directly.

    Raises
    ------
    InvalidBatchError
        If the file is missing, cut off or not Parquet.
    """
    try:
        return _by_polars(path) if verified else _by_arrow(path)
    except FileNotFoundError as error:
        message = f"{path}: there is no such file; check the path."
        raise InvalidBatchError(message) from error
    except _UNREADABLE as error:
        message = (
            f"{path}: not a readable Parquet file (cut off, or another format): {error}; "
            "fetch or write it again."
        )
        raise InvalidBatchError(message) from error


def _by_polars(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path, glob=False, hive_partitioning=False)


def _by_arrow(path: Path) -> pl.DataFrame:
    from pyarrow.parquet import (
        ParquetFile,
    )  # here: a server that scores verified batches never loads it

    with ParquetFile(path, page_checksum_verification=True) as file:
        return from_arrow(file.read())


def _single_batch_folder(folder: Path) -> Path:
    batches = find_batches(folder)
    if len(batches) > 1:
        message = (
            f"{folder}: holds {len(batches)} batches, expected one; name one of them, "
            f"for instance {batches[-1]}."
        )
        raise InvalidBatchError(message)
    return batches[0]


def _verify_listed(folder: Path, meta: Meta) -> tuple[str, ...]:
    """Check the hash of every file of the folder that META.json lists, and return what it lists and is not there.

    A name that leads out of the folder is none of its files.
    """
    with reading(folder):
        names = {path.name for path in folder.iterdir() if path.is_file()}
    for name in sorted(names & meta.digests.keys()):
        check_digest(folder / name, meta)
    return tuple(sorted(meta.digests.keys() - names))


def _check_complete(folder: Path, missing: Collection[str], tables: Sequence[Table]) -> None:
    lacking = [table.file_name for table in tables if table.file_name in missing]
    if lacking:
        message = (
            f"{folder}: {META_FILE} lists {', '.join(lacking)}, which is not there; "
            "fetch the batch again."
        )
        raise InvalidBatchError(message)


def _check_counts(folder: Path, meta: Meta, found: Mapping[str, pl.DataFrame]) -> None:
    """Compare the rows of the files read with every count META.json gives of them, in any of its spellings."""
    for name, table in found.items():
        for key in (name, f"{name}.parquet", f"n_{name}"):
            expected = meta.counts.get(key, table.height)
            if expected != table.height:
                message = (
                    f"{folder / META_FILE}: {key} is {expected}, but {name}.parquet has {table.height} rows; "
                    "they are of different exports: fetch the batch again."
                )
                raise InvalidBatchError(message)
