"""What is said of a faulty table: where, what was expected, how many rows, and the first of them by its key."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Never

import polars as pl

from aml_miner.batch.schemas import Column, Table
from aml_miner.errors import InvalidBatchError

_SHOWN_LENGTH = 60
"""A value is cut to this many characters in a message, so that no message carries a whole document."""


@contextmanager
def naming_file(path: Path | None) -> Iterator[None]:
    """Put the path of a table's file before whatever is found wrong with its content; None for a table in memory."""
    try:
        yield
    except InvalidBatchError as error:
        if path is None:
            raise
        message = f"{path}: {error}"
        raise InvalidBatchError(message) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn a failure of the system to read a file or folder into one that names it.

    Raises
    ------
    InvalidBatchError
        If the disk fails, or the file may not be read.
    """
    try:
        yield
    except OSError as error:
        message = f"{error.filename or path}: cannot be read: {error.strerror}; see to it, or fetch it again."
        raise InvalidBatchError(message) from error


def check_single(folder: Path, found: Sequence[Path], what: str) -> None:
    """Check that no more than one of something lies below a folder.

    Raises
    ------
    InvalidBatchError
        If there are several, naming how many there are and one of them.
    """
    if len(found) > 1:
        message = f"{folder}: holds {len(found)} {what}, expected one; name one of them, for instance {found[-1]}."
        raise InvalidBatchError(message)


def refuse(
    frame: pl.DataFrame, table: Table, name: str, expected: str, offending: pl.Series
) -> Never:
    """Refuse a table for the values of one column.

    Parameters
    ----------
    frame, table
        The table as it came, and the schema it breaks.
    name, expected
        The column, and what each of its values must be.
    offending
        Boolean, one per row; at least one is true.

    Raises
    ------
    InvalidBatchError
        Always, with the first offending row by its key.
    """
    where = offenders(frame, table, offending)
    value = _value(frame, name, _first_offender(frame, table, offending))
    message = f"{table.name}: '{name}' must be {expected}; {where}: {_shown(value)}."
    raise InvalidBatchError(message)


def offenders(frame: pl.DataFrame, table: Table, offending: pl.Series) -> str:
    """Return how many rows offend, and the key of the first of them."""
    row = _first_offender(frame, table, offending)
    names = [name for name in table.key if name in frame.columns]
    key = ", ".join(f"{name} {_shown(_value(frame, name, row))}" for name in names)
    place = f"{key} (row {row})" if key else f"row {row}"
    return f"{offending.sum()} of {frame.height} rows are not, first {place}"


def _first_offender(frame: pl.DataFrame, table: Table, offending: pl.Series) -> int:
    """Return the number of the offending row that is first by its key, so that the order of rows does not matter."""
    keys = [frame[name] for name in table.key if name in frame.columns]
    sortable = [key for key in keys if not (key.dtype.is_nested() or key.dtype.is_object())]
    numbers = pl.Series("", range(frame.height))
    rows = pl.DataFrame([key.alias(str(place)) for place, key in enumerate([*sortable, numbers])])
    first = rows.filter(offending).sort(rows.columns, nulls_last=True)
    return int(first[rows.columns[-1]][0])


def _value(frame: pl.DataFrame, name: str, row: int) -> object:
    own = frame[name].slice(row, 1)
    try:
        return own.to_list()[0]
    except (ValueError, OverflowError, pl.exceptions.PanicException):
        return f"{own.to_physical().item()} since 1970"  # a date or time Python has none for


def _shown(value: object) -> str:
    text = repr(str(value)) if value is not None else "null"
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"


def expectation(column: Column) -> str:
    """Return the range of a column in words; at least one of its bounds is given."""
    if column.maximum is None:
        return f"{column.minimum:g} or more"
    if column.minimum is None:
        return f"{column.maximum:g} or less"
    return f"between {column.minimum:g} and {column.maximum:g}"


_TYPE_NAMES: dict[type[pl.DataType], str] = {
    pl.String: "text",
    pl.UInt8: "whole numbers from 0 to 255",
    pl.UInt16: "whole numbers from 0 to 65535",
    pl.UInt32: "whole numbers of 0 or more (32 bits)",
    pl.UInt64: "whole numbers of 0 or more (64 bits)",
    pl.Int8: "whole numbers",
    pl.Int16: "whole numbers",
    pl.Int32: "whole numbers",
    pl.Int64: "whole numbers",
    pl.Float32: "numbers",
    pl.Float64: "numbers",
    pl.Decimal: "decimal amounts of at most 20 digits before the point",
    pl.Date: "dates (YYYY-MM-DD)",
    pl.Boolean: "true or false",
    pl.Datetime: "times",
    pl.Binary: "bytes",
    pl.List: "lists or JSON arrays of",
}


def type_name(dtype: pl.DataType) -> str:
    """Return what a type holds, in words."""
    name = _TYPE_NAMES.get(type(dtype), str(dtype))
    return f"{name} {type_name(dtype.inner)}" if isinstance(dtype, pl.List) else name  # type: ignore[arg-type]
