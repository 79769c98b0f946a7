"""The door: a table of any origin goes in, a table of the contract comes out, or a message that names the place.

Inside the package a table is trusted; so everything that can be wrong with one is said here.
"""

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import polars as pl
import pyarrow as pa

from aml_miner.batch.conversion import UnsuitableTypeError, convert_column
from aml_miner.batch.schemas import Column, Table
from aml_miner.errors import InvalidBatchError

if TYPE_CHECKING:
    import pandas as pd

    type AnyTable = pl.DataFrame | pa.Table | pd.DataFrame
    """A table in memory, of any of the three libraries accepted at the border."""

_SHOWN_LENGTH = 60
"""A value is cut to this many characters in a message, so that no message carries a whole document."""


_UNREADABLE = (
    pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    TypeError,
    ValueError,
)
"""What Polars and Arrow raise for a table that neither can hold."""


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """A table of the contract, and the columns its source lacked or had beyond the contract.

    A column that is null in every row counts as absent, so that a batch is reported alike before and after
    it was written with all its columns.
    """

    rows: pl.DataFrame
    absent_columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]


def check_table(source: "AnyTable", table: Table) -> CheckedTable:
    """Check a table against its schema and convert its columns.

    Parameters
    ----------
    source
        A Polars, Arrow or pandas table. In pandas, NaN stands for an absent value and is read as null.
    table
        The schema to meet.

    Returns
    -------
    CheckedTable
        The rows, in their order, with exactly the schema's columns.

    Raises
    ------
    InvalidBatchError
        Naming table, column, the number of offending rows and the first of them by its key.
    """
    frame = as_polars(source, table)
    _check_required(frame, table)
    absent = tuple(c.name for c in table.columns if _is_absent(frame, c.name))
    rows = pl.DataFrame([_checked_column(frame, table, column) for column in table.columns])
    if table.unique:
        check_unique(rows, table)
    ignored = tuple(sorted(set(frame.columns) - set(table.schema)))
    return CheckedTable(rows, absent, ignored)


def as_polars(source: "AnyTable", table: Table) -> pl.DataFrame:
    """Return a table of any accepted library as a Polars table, unchecked.

    Raises
    ------
    InvalidBatchError
        If it is something else, or holds what Polars cannot.
    """
    if isinstance(source, pl.DataFrame):
        return source
    try:
        if isinstance(source, pa.Table):
            return cast("pl.DataFrame", pl.from_arrow(source))
        if type(source).__module__.partition(".")[0] == "pandas":
            return pl.from_pandas(source, nan_to_null=True)
    except _UNREADABLE as error:
        message = f"{table.name}: a column mixes types, occurs twice or holds a type of its library alone: {error}"
        raise InvalidBatchError(message) from error
    message = (
        f"{table.name}: expected a Polars, Arrow or pandas table, found {type(source).__name__}."
    )
    raise InvalidBatchError(message)


def _check_required(frame: pl.DataFrame, table: Table) -> None:
    missing = [c.name for c in table.columns if c.required and c.name not in frame.columns]
    if not missing:
        return
    unknown = sorted(set(frame.columns) - set(table.schema))
    hints = [_hint(name, unknown) for name in missing]
    message = f"{table.name}: required column(s) missing: {', '.join(hints)}."
    raise InvalidBatchError(message)


def _hint(name: str, unknown: list[str]) -> str:
    alike = difflib.get_close_matches(name, unknown, n=1)
    return f"'{name}' (there is a '{alike[0]}')" if alike else f"'{name}'"


def _is_absent(frame: pl.DataFrame, name: str) -> bool:
    return name not in frame.columns or 0 < frame.height == frame[name].null_count()


def _checked_column(frame: pl.DataFrame, table: Table, column: Column) -> pl.Series:
    if column.name not in frame.columns:
        absent = pl.Series(column.name, [None] * frame.height, dtype=column.dtype)
        return _with_default(absent, column)
    series = frame[column.name]
    _check_finite(frame, series, table)
    converted = _converted(series, table, column)
    if converted.null_count() != series.null_count():
        unfit = series.is_not_null() & converted.is_null()
        _refuse(frame, table, column.name, _type_name(column.dtype), unfit)
    _check_range(frame, converted, table, column)
    if column.length is not None:
        converted = _of_length(frame, converted, table, column.length)
    converted = _with_default(converted, column)
    if column.required and converted.null_count():
        _refuse(frame, table, column.name, "present", converted.is_null())
    return converted


def _with_default(series: pl.Series, column: Column) -> pl.Series:
    if column.default is None:
        return series
    default = pl.lit(column.default).cast(column.dtype)
    return series.to_frame().select(pl.col(series.name).fill_null(default)).to_series()


def _converted(series: pl.Series, table: Table, column: Column) -> pl.Series:
    try:
        return convert_column(series, column)
    except UnsuitableTypeError as error:
        message = (
            f"{table.name}: column '{column.name}' must hold {_type_name(column.dtype)}; "
            f"found {_type_name(series.dtype)}."
        )
        raise InvalidBatchError(message) from error


def _check_finite(frame: pl.DataFrame, series: pl.Series, table: Table) -> None:
    if series.dtype.is_float():
        infinite = ~series.is_finite().fill_null(value=True)
        if infinite.any():
            _refuse(frame, table, series.name, "finite (an unknown value is null)", infinite)


def _check_range(frame: pl.DataFrame, series: pl.Series, table: Table, column: Column) -> None:
    if column.minimum is None and column.maximum is None:
        return
    outside = pl.lit(value=False)
    value = pl.col(column.name)
    if column.minimum is not None:
        outside = outside | (value < pl.lit(column.minimum).cast(column.dtype))
    if column.maximum is not None:
        outside = outside | (value > pl.lit(column.maximum).cast(column.dtype))
    mask = series.to_frame().select(outside.fill_null(value=False).alias("outside")).to_series()
    if mask.any():
        _refuse(frame, table, column.name, _expectation(column), mask)


def _of_length(frame: pl.DataFrame, series: pl.Series, table: Table, length: int) -> pl.Series:
    lengths = series.list.len()
    wrong = ((lengths != length) & (lengths != 0)).fill_null(value=False)
    if wrong.any():
        _refuse(frame, table, series.name, f"lists of {length} values", wrong)
    return series.set((lengths == 0).fill_null(value=False), None)


def check_unique(rows: pl.DataFrame, table: Table) -> None:
    """Check that no two rows share a key.

    Raises
    ------
    InvalidBatchError
        Naming the key, the number of rows and the first of them.
    """
    repeated = rows.select(table.key).is_duplicated()
    if repeated.any():
        names = ", ".join(f"'{name}'" for name in table.key)
        message = f"{table.name}: {names} must be unique; {_offenders(rows, table, repeated)}."
        raise InvalidBatchError(message)


def _refuse(
    frame: pl.DataFrame, table: Table, name: str, expected: str, offending: pl.Series
) -> None:
    where = _offenders(frame, table, offending)
    value = _value(frame, name, _first_offender(frame, table, offending))
    message = f"{table.name}: '{name}' must be {expected}; {where}: {_shown(value)}."
    raise InvalidBatchError(message)


def _offenders(frame: pl.DataFrame, table: Table, offending: pl.Series) -> str:
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
    return frame[name].slice(row, 1).to_list()[0]


def _shown(value: object) -> str:
    text = repr(str(value)) if value is not None else "null"
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"


def _expectation(column: Column) -> str:
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
    pl.Int32: "whole numbers",
    pl.Float32: "numbers",
    pl.Float64: "numbers",
    pl.Decimal: "decimal amounts of at most 20 digits before the point",
    pl.Date: "dates (YYYY-MM-DD)",
    pl.Boolean: "true or false",
    pl.List: "lists or JSON arrays of",
}


def _type_name(dtype: pl.DataType) -> str:
    name = _TYPE_NAMES.get(type(dtype), str(dtype))
    return f"{name} {_type_name(dtype.inner)}" if isinstance(dtype, pl.List) else name  # type: ignore[arg-type]
