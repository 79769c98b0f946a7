"""Digests of values: the same for equal tables however they were encoded, another for any other value or order.

A table's digest covers its column names and, column by column, which values are null and what the others are.
It does not cover how a file stores them: compression, row groups, dictionaries, the width of an integer or a float,
the precision and scale of a decimal. The order of rows counts; the order of columns does not.
What kind of values a column holds does count: the whole number 1, the float 1.0 and the decimal 1 are three values.
A column, or a list column's values taken together, that holds no value is the same in every type: a reader that finds
nothing may call it what it likes. Of floats, 0.0 and −0.0 are one value, and so are all NaN; NaN is not null.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl

from aml_miner.batch.faults import naming_file
from aml_miner.batch.reading import read_parquet, visible_files
from aml_miner.errors import InvalidBatchError


class _Hash(Protocol):
    def update(self, content: bytes, /) -> None: ...


def digest_table(table: pl.DataFrame) -> str:
    """Return the SHA-256 over a table's values as 64 hexadecimal digits.

    Raises
    ------
    InvalidBatchError
        If a column holds values of a type without an agreed encoding (a struct, a duration, a time of day).

    Examples
    --------
    >>> wide = pl.DataFrame({"a": [1, 2]}, schema={"a": pl.Int64})
    >>> narrow = pl.DataFrame({"a": [1, 2]}, schema={"a": pl.UInt8})
    >>> digest_table(wide) == digest_table(narrow)
    True
    """
    sha = hashlib.sha256()
    for name in sorted(table.columns):
        _add(sha, name.encode())
        _add_series(sha, table[name])
    return sha.hexdigest()


def digest_folder(folder: Path) -> str:
    """Return one SHA-256 over every Parquet table of a folder, each under its relative path.

    JSON files are left out: they hold the times a run took, and no digest may depend on those.
    So are hidden folders: they are what a run that was killed left behind.

    Raises
    ------
    InvalidBatchError
        If there is no such folder, or it holds no Parquet file, or one that cannot be read or digested.
    """
    paths = visible_files(folder, "*.parquet")
    if not paths:
        message = f"{folder}: no Parquet file in this folder or below it; name a folder of tables."
        raise InvalidBatchError(message)
    sha = hashlib.sha256()
    for path in paths:
        _add(sha, path.relative_to(folder).as_posix().encode())
        table = read_parquet(path)
        with naming_file(path):
            _add(sha, digest_table(table).encode())
    return sha.hexdigest()


def _add(sha: _Hash, content: bytes) -> None:
    """Add a length before each piece, so that no two lists of pieces read alike."""
    sha.update(len(content).to_bytes(8, "little"))
    sha.update(content)


def _add_series(sha: _Hash, series: pl.Series) -> None:
    _add(sha, len(series).to_bytes(8, "little"))
    _add(sha, np.packbits(series.is_null().to_numpy()).tobytes())
    present = series.drop_nulls()
    if present.is_empty():
        _add(sha, b"nothing")
        return
    if isinstance(present.dtype, pl.Array):
        present = present.arr.to_list()
    if isinstance(present.dtype, pl.List):
        lengths = present.list.len()
        _add(sha, b"list" + lengths.cast(pl.Int64).to_numpy().tobytes())
        _add_series(sha, present.filter(lengths > 0).explode())
    else:
        _add(sha, _canonical_bytes(present))


def _canonical_bytes(present: pl.Series) -> bytes:
    for matches, encode in _ENCODINGS:
        if matches(present.dtype):
            return encode(present)
    message = f"column '{present.name}': no digest is defined for values of type {present.dtype}."
    raise InvalidBatchError(message)


def _integers(values: pl.Series) -> bytes:
    as_signed = values.cast(pl.Int64, strict=False)
    if as_signed.null_count():
        return b"large integer" + _text_bytes(values.cast(pl.String))
    return b"integer" + as_signed.to_numpy().tobytes()


def _floats(values: pl.Series) -> bytes:
    numbers = values.cast(pl.Float64).to_numpy()
    return b"float" + (np.where(np.isnan(numbers), np.nan, numbers) + 0.0).tobytes()  # −0 is 0


def _decimals(values: pl.Series) -> bytes:
    """Write decimals without the zeros that end them, so that 1.50 and 1.5 are one value."""
    texts = values.cast(pl.String).str.replace(r"(\.\d*?)0+$", "${1}").str.strip_suffix(".")
    return b"decimal" + _text_bytes(texts)


def _texts(values: pl.Series) -> bytes:
    return b"text" + _text_bytes(values.cast(pl.String))


def _booleans(values: pl.Series) -> bytes:
    return b"boolean" + np.packbits(values.to_numpy()).tobytes()


def _dates(values: pl.Series) -> bytes:
    return b"date" + values.cast(pl.Int64).to_numpy().tobytes()


def _instants(values: pl.Series) -> bytes:
    instants = values.dt.epoch("us").to_numpy().tobytes()
    finer = values.dt.nanosecond().to_numpy() % 1000
    return b"instant" + instants + (finer.tobytes() if finer.any() else b"")


def _text_bytes(texts: pl.Series) -> bytes:
    lengths = texts.str.len_bytes().cast(pl.Int64).to_numpy().tobytes()
    return lengths + "".join(texts.to_list()).encode()


_ENCODINGS: tuple[tuple[Callable[[pl.DataType], bool], Callable[[pl.Series], bytes]], ...] = (
    (lambda dtype: dtype.is_integer(), _integers),
    (lambda dtype: dtype.is_float(), _floats),
    (lambda dtype: dtype.is_decimal(), _decimals),
    (lambda dtype: dtype in (pl.String, pl.Categorical, pl.Enum), _texts),
    (lambda dtype: dtype == pl.Boolean, _booleans),
    (lambda dtype: dtype == pl.Date, _dates),
    (lambda dtype: dtype == pl.Datetime, _instants),
)
