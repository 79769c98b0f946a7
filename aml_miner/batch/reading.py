"""Batches in from folders of Parquet files."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.checking import CheckedTable, check_table
from aml_miner.batch.conversion import UnsuitableTypeError, convert_column, from_arrow
from aml_miner.batch.faults import check_single, naming_file, reading
from aml_miner.batch.meta import META_FILE, Meta, check_digest, read_meta
from aml_miner.batch.other_formats import other_format, other_format_beside
from aml_miner.batch.schemas import (
    ALERTS,
    BATCH_TABLES,
    CLUSTERS,
    FEATURES,
    SCORED_TABLES,
    Table,
)
from aml_miner.errors import InvalidBatchError
from aml_miner.utils.threads import in_threads

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
    folder, meta, missing, unlisted = _open_folder(
        folder, tables, allow_unverified=allow_unverified
    )
    found: dict[str, pl.DataFrame] = {
        table.name: read_parquet(folder / table.file_name, verified=table not in unlisted)
        for table in tables
        if (folder / table.file_name).is_file()
    }
    if meta:
        _check_counts(folder, meta, {name: table.height for name, table in found.items()})
    batch = make_batch(found, meta, unverified=bool(unlisted), folder=folder)
    return replace(batch, report=replace(batch.report, missing_files=missing))


def read_batch_to_score(
    folder: Path, columns: Collection[str], *, allow_unverified: bool = False
) -> Batch:
    """Read and check of a batch what scoring needs: alerts, clusters, and of the address features a part.

    That part is the rows of the addresses that an alert or a cluster names, and the columns asked for. Memory does not
    grow with the rest of the table; what is not read is verified by its hash, and not checked beyond that. The
    report's counts are of what is in the files, its absent columns those asked for.

    Parameters
    ----------
    folder, allow_unverified
        As in `read_batch`, which has the errors too.
    columns
        Columns of ``features`` to read, besides its key.
    """
    folder, meta, missing, unlisted = _open_folder(
        folder, SCORED_TABLES, allow_unverified=allow_unverified
    )
    alerts, clusters = (
        read_parquet(folder / table.file_name, verified=table not in unlisted)
        for table in (ALERTS, CLUSTERS)
    )
    read = [c for c in FEATURES.columns if c.name in columns or c.name in FEATURES.key]
    part = replace(FEATURES, columns=tuple(read))
    path, verified = folder / FEATURES.file_name, FEATURES not in unlisted
    features, height = _read_part(path, part, _named_addresses(alerts, clusters), verified=verified)
    heights = {"alerts": alerts.height, "clusters": clusters.height, "features": height}
    if meta:
        _check_counts(folder, meta, heights)
    found = {"alerts": alerts, "features": features, "clusters": clusters}
    batch = make_batch(found, meta, unverified=bool(unlisted), folder=folder, features=part)
    report = replace(
        batch.report, missing_files=missing, rows={**batch.report.rows, "features": height}
    )
    return replace(batch, report=report)


def _named_addresses(alerts: pl.DataFrame, clusters: pl.DataFrame) -> pl.Series:
    """Return the addresses that alerts or clusters name, of tables not yet checked: what is no text names nobody."""
    named = pl.Series("address", [], pl.String)
    for rows, table, name in (
        (alerts, ALERTS, "address"),
        (clusters, CLUSTERS, "addresses_involved"),
    ):
        if name in rows.columns:
            column = next(column for column in table.columns if column.name == name)
            with suppress(UnsuitableTypeError):  # the check of the table says it
                found = convert_column(rows[name], column)
                named.append(found.explode() if found.dtype == pl.List else found)
    return named.unique()


def _read_part(
    path: Path, part: Table, addresses: pl.Series, *, verified: bool
) -> tuple[pl.DataFrame, int]:
    """Read the rows of some addresses and the columns of a part of a table; return them and how many rows there are."""
    if not verified:
        frame = read_parquet(path)
        return _part_of(frame.lazy(), part, addresses).collect(), frame.height
    with _readable(path):
        lazy = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        height = lazy.select(pl.len()).collect().item()
        return _part_of(lazy, part, addresses).collect(), height


def _part_of(lazy: pl.LazyFrame, part: Table, addresses: pl.Series) -> pl.LazyFrame:
    found = lazy.collect_schema()
    names = [name for name in part.schema if name in found]
    if found.get("address") == pl.String:
        lazy = lazy.filter(pl.col("address").is_in(addresses.implode()))
    return lazy.select(names)


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
    with _readable(path):
        return _by_polars(path) if verified else _by_arrow(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what Polars and PyArrow raise for a file they cannot read into an error that names it."""
    try:
        yield
    except FileNotFoundError as error:
        beside = other_format_beside(path)
        told = f"expected Parquet; {beside}" if beside else "check the path"
        raise InvalidBatchError(f"{path}: there is no such file; {told}.") from error
    except _UNREADABLE as error:
        found_instead = other_format(path)
        if found_instead:
            raise InvalidBatchError(f"{path}: expected Parquet; {found_instead}.") from error
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
    check_single(folder, batches, "batches")
    return batches[0]


def _open_folder(
    folder: Path, tables: Sequence[Table], *, allow_unverified: bool
) -> tuple[Path, Meta | None, tuple[str, ...], list[Table]]:
    """Verify the batch in a folder; return its folder, META.json, missing files and the tables nobody vouches for."""
    folder = _single_batch_folder(folder)
    meta = read_meta(folder)
    missing = _verify_listed(folder, meta) if meta else ()
    _check_complete(folder, missing, tables)
    there = [table for table in tables if (folder / table.file_name).is_file()]
    unlisted = [table for table in there if not meta or table.file_name not in meta.digests]
    if unlisted and not allow_unverified:
        check_digest(folder / unlisted[0].file_name, meta)
    return folder, meta, missing, unlisted


def _verify_listed(folder: Path, meta: Meta) -> tuple[str, ...]:
    """Check the hash of every file of the folder that META.json lists, and return what it lists and is not there.

    A name that leads out of the folder is none of its files.
    """
    with reading(folder):
        names = {path.name for path in folder.iterdir() if path.is_file()}
    listed = sorted(names & meta.digests.keys())
    in_threads(lambda name: check_digest(folder / name, meta), listed, len(listed) or 1)
    return tuple(sorted(meta.digests.keys() - names))


def _check_complete(folder: Path, missing: Collection[str], tables: Sequence[Table]) -> None:
    lacking = [table.file_name for table in tables if table.file_name in missing]
    if lacking:
        message = (
            f"{folder}: {META_FILE} lists {', '.join(lacking)}, which is not there; "
            "fetch the batch again."
        )
        raise InvalidBatchError(message)


def _check_counts(folder: Path, meta: Meta, heights: Mapping[str, int]) -> None:
    """Compare the rows of the files read with every count META.json gives of them, in any of its spellings."""
    for name, height in heights.items():
        for key in (name, f"{name}.parquet", f"n_{name}"):
            expected = meta.counts.get(key, height)
            if expected != height:
                message = (
                    f"{folder / META_FILE}: {key} is {expected}, but {name}.parquet has {height} rows; "
                    "they are of different exports: fetch the batch again."
                )
                raise InvalidBatchError(message)
