"""The door: a table of any origin goes in, a table of the contract comes out, or a message that names the place.

Inside the package a table is trusted; so everything that can be wrong with one is said here.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import orjson
import polars as pl
import pyarrow as pa

from aml_miner.batch.conversion import UnsuitableTypeError, convert_column, from_arrow
from aml_miner.batch.faults import expectation, offenders, refuse, type_name
from aml_miner.batch.pandas_tables import from_pandas
from aml_miner.batch.schemas import ROUNDING, Column, Table
from aml_miner.batch.sound_columns import sound_columns
from aml_miner.errors import InvalidBatchError
from aml_miner.utils.few import is_few
from aml_miner.utils.near_miss import near_miss

if TYPE_CHECKING:
    import pandas as pd

    type AnyTable = pl.DataFrame | pa.Table | pd.DataFrame
    """A table in memory, of any of the three libraries accepted at the border."""

_UNREADABLE = (
    pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    TypeError,
    ValueError,
)
"""What Polars and Arrow raise for a table that neither can hold."""

_SHOWN = 10
"""Of columns that look like missing ones so many are named."""

_FIRST_DAY = date.min.toordinal() - date(1970, 1, 1).toordinal()
_LAST_DAY = date.max.toordinal() - date(1970, 1, 1).toordinal()


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
    names = frame.columns
    _check_required(names, table)
    _check_dates(frame, table)
    sound = sound_columns(frame, table)
    rows = frame if _is_whole(names, table, sound) else _put_in_order(frame, table, sound)
    if table.unique:
        check_unique(rows, table)
    ignored = tuple(sorted(set(names) - table.schema.keys()))
    return CheckedTable(rows, _absent_names(frame, table), ignored)


def _is_whole(names: list[str], table: Table, sound: frozenset[str]) -> bool:
    """Say whether a table is as the contract wants it, the order of its columns included."""
    return len(sound) == len(table.columns) and names == list(table.schema)


def _put_in_order(frame: pl.DataFrame, table: Table, sound: frozenset[str]) -> pl.DataFrame:
    absent = _absent_columns(frame, table)
    whole = frame.with_columns(absent) if absent else frame
    held = dict(zip(whole.columns, whole.get_columns(), strict=True))
    for column in table.columns:
        if column.name not in frame.columns:
            held[column.name] = _with_default(held[column.name], column)
        elif column.name not in sound:
            held[column.name] = _checked_column(frame, table, column)
    return pl.DataFrame([held[column.name] for column in table.columns])


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
            return from_arrow(source)
    except _UNREADABLE as error:
        message = f"{table.name}: a column occurs twice, is damaged or holds a type of Arrow alone: {error}"
        raise InvalidBatchError(message) from error
    if type(source).__module__.partition(".")[0] == "pandas":
        return from_pandas(source, table)
    message = (
        f"{table.name}: expected a Polars, Arrow or pandas table, found {type(source).__name__}."
    )
    raise InvalidBatchError(message)


def _check_required(names: list[str], table: Table) -> None:
    missing = [c.name for c in table.columns if c.required and c.name not in names]
    if not missing:
        return
    unknown = sorted(set(names) - table.schema.keys())
    hints = [f"found '{n}'{hint}" for n in unknown if (hint := near_miss(n, missing))][:_SHOWN]
    message = (
        f"{table.name}: required column(s) missing: {', '.join(map(repr, missing))}; "
        f"{' '.join([*hints, 'Rename' if hints else 'rename'])} or add them "
        "(docs/tables.md says what each must hold)."
    )
    raise InvalidBatchError(message)


def _check_dates(frame: pl.DataFrame, table: Table) -> None:
    """Check that dates lie in the years that Python and every format have dates for."""
    for name, dtype in zip(frame.columns, frame.dtypes, strict=True):
        if isinstance(dtype, pl.Date) and name in table.schema:
            days = frame[name].cast(pl.Int32)  # to_physical makes a plan, which takes far longer
            if _all_within(days, _FIRST_DAY, _LAST_DAY):
                continue
            outside = ~days.is_between(_FIRST_DAY, _LAST_DAY).fill_null(value=True)
            refuse(frame, table, name, "a date of the years 1 to 9999", outside)


def _absent_names(frame: pl.DataFrame, table: Table) -> tuple[str, ...]:
    height = frame.height
    nulls = zip(frame.columns, frame.null_count().row(0), strict=True)
    present = {name for name, count in nulls if count < height or not height}
    return tuple(name for name in table.schema if name not in present)


def _absent_columns(frame: pl.DataFrame, table: Table) -> list[pl.Expr]:
    """Return the columns a table lacks; null in every row."""
    lacking = table.schema.keys() - set(frame.columns)
    return [pl.lit(None, table.schema[name]).alias(name) for name in lacking]


def _checked_column(frame: pl.DataFrame, table: Table, column: Column) -> pl.Series:
    series = frame[column.name]
    _check_finite(frame, series, table)
    converted = _converted(frame, table, column)
    if converted.null_count() != series.null_count():
        unfit = series.is_not_null() & converted.is_null()
        refuse(frame, table, column.name, type_name(column.dtype), unfit)
    _check_range(frame, converted, table, column)
    _check_content(frame, converted, table, column)
    if column.length is not None:
        converted = _of_length(frame, converted, table, column.length)
    converted = _with_default(converted, column)
    if column.required and converted.null_count():
        refuse(frame, table, column.name, "present", converted.is_null())
    return converted


def _with_default(series: pl.Series, column: Column) -> pl.Series:
    if column.default is None or not series.null_count():
        return series
    default = pl.lit(column.default).cast(column.dtype)
    return series.to_frame().select(pl.col(series.name).fill_null(default)).to_series()


def _converted(frame: pl.DataFrame, table: Table, column: Column) -> pl.Series:
    series = frame[column.name]
    try:
        return convert_column(series, column)
    except UnsuitableTypeError:
        expected = f"{type_name(column.dtype)}, but the column holds {type_name(series.dtype)} (convert it)"
        refuse(frame, table, column.name, expected, series.is_not_null())


def _check_finite(frame: pl.DataFrame, series: pl.Series, table: Table) -> None:
    if series.dtype.is_float():
        infinite = ~series.is_finite().fill_null(value=True)
        if infinite.any():
            refuse(frame, table, series.name, "finite (an unknown value is null)", infinite)


def _check_range(frame: pl.DataFrame, series: pl.Series, table: Table, column: Column) -> None:
    slack = ROUNDING if column.dtype.is_float() else 0
    low = None if column.minimum is None else column.minimum - slack
    high = None if column.maximum is None else column.maximum + slack
    if _all_within(series, low, high):
        return
    value = pl.col(column.name)
    below = value < pl.lit(low).cast(column.dtype)
    above = value > pl.lit(high).cast(column.dtype)
    outside = below.fill_null(value=False) | above.fill_null(value=False)
    mask = series.to_frame().select(outside.alias("outside")).to_series()
    refuse(frame, table, column.name, expectation(column), mask)


def _all_within(series: pl.Series, low: float | None, high: float | None) -> bool:
    """Whether the extremes lie within the bounds: one pass, and nothing kept, for what is nearly always so."""
    least = None if low is None else series.min()
    most = None if high is None else series.max()
    too_low = least is not None and least < low  # type: ignore[operator]
    too_high = most is not None and most > high  # type: ignore[operator]
    return not (too_low or too_high)


def _check_content(frame: pl.DataFrame, series: pl.Series, table: Table, column: Column) -> None:
    if column.content == "filled":
        empty = (series == "").fill_null(value=False)
        if empty.any():
            refuse(frame, table, column.name, "filled", empty)
    if column.content == "json":
        broken = [text is not None and not _is_json(text) for text in series.to_list()]
        if any(broken):
            refuse(frame, table, column.name, "valid JSON", pl.Series(broken))


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _of_length(frame: pl.DataFrame, series: pl.Series, table: Table, length: int) -> pl.Series:
    lengths = series.list.len()
    wrong = ((lengths != length) & (lengths != 0)).fill_null(value=False)
    if wrong.any():
        refuse(frame, table, series.name, f"lists of {length} values", wrong)
    return series.set((lengths == 0).fill_null(value=False), None)


def check_unique(rows: pl.DataFrame, table: Table) -> None:
    """Check that no two rows share a key.

    Raises
    ------
    InvalidBatchError
        Naming the key, the number of rows and the first of them.
    """
    keys = rows[list(table.key)]
    if is_few(rows.height) and len(set(keys.rows())) == rows.height:
        return
    repeated = keys.is_duplicated()
    if repeated.any():
        names = ", ".join(f"'{name}'" for name in table.key)
        message = f"{table.name}: {names} must be unique; {offenders(rows, table, repeated)}."
        raise InvalidBatchError(message)
