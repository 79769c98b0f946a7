"""One column at a time: whatever a file or a frame holds, turned into the type the contract names.

The rule for money, the same everywhere: an amount is a decimal with 18 places.
A decimal of another scale or a text is rounded half to even at the 18th place.
A float becomes the shortest decimal text that reads back as the same float, so 0.1 is 0.1 and not its binary neighbour.
An amount of 20 digits or more before the point does not fit and is an error.
"""

from collections.abc import Callable
from typing import cast

import orjson
import polars as pl
import pyarrow as pa
from polars.datatypes import DataTypeClass

from aml_miner.batch.schemas import Column

_INTEGER_AS_FLOAT_LIMIT = 2.0**53
"""Above this a float no longer holds every whole number, so it is not taken for one."""

_TRUTHS = {0: False, 1: True}


class UnsuitableTypeError(TypeError):
    """The series' type cannot stand for the column's type at all."""


def from_arrow(table: pa.Table) -> pl.DataFrame:
    """Return an Arrow table as a Polars table, once all of it is found sound: Polars takes it on trust.

    Column by column, because the chunks of one must not cut another: Polars 2.1 fails on an array with nulls that
    begins inside a chunk.

    Raises
    ------
    pyarrow.ArrowInvalid
        If a text is not UTF-8, or a list or a dictionary points outside its values.
    """
    table.validate(full=True)
    columns = range(len(table.column_names))
    frames = [cast("pl.DataFrame", pl.from_arrow(table.select([place]))) for place in columns]
    return pl.DataFrame([frame.to_series() for frame in frames])


def convert_column(series: pl.Series, column: Column) -> pl.Series:
    """Convert a series to a column's type; a value that does not fit becomes null.

    The caller compares nulls before and after, so that nothing is lost in silence.

    Raises
    ------
    UnsuitableTypeError
        If no value of the series' type could stand for the column's type.
    """
    if series.dtype == column.dtype and not series.dtype.is_nested():
        return series
    if series.null_count() == len(series):  # its type says nothing: pandas gives such a column any
        return pl.Series(series.name, [None] * len(series), dtype=column.dtype)
    return _CONVERSIONS[type(column.dtype)](series, column)


def _to_string(series: pl.Series, column: Column) -> pl.Series:
    if series.dtype in (pl.Categorical, pl.Enum):
        return series.cast(column.dtype)
    raise UnsuitableTypeError


def _to_integer(series: pl.Series, column: Column) -> pl.Series:
    if series.dtype in (pl.Datetime, pl.Date) and column.name.endswith("timestamp"):
        return series.dt.epoch("ms").cast(column.dtype, strict=False)
    if series.dtype.is_float():
        whole = (series == series.round()) & (series.abs() <= _INTEGER_AS_FLOAT_LIMIT)
        series = series.set(~whole.fill_null(value=False), None)
    elif not series.dtype.is_integer():
        raise UnsuitableTypeError
    return series.cast(column.dtype, strict=False)


def _to_float(series: pl.Series, column: Column) -> pl.Series:
    if not series.dtype.is_numeric():
        raise UnsuitableTypeError
    converted = series.cast(column.dtype, strict=False)
    too_large = converted.is_infinite().fill_null(value=False)  # for 32 bits
    return converted.set(too_large, None)


def _to_money(series: pl.Series, column: Column) -> pl.Series:
    if series.dtype == pl.String:
        return series.str.strip_chars().cast(column.dtype, strict=False)
    if not series.dtype.is_numeric():
        raise UnsuitableTypeError
    if series.dtype.is_decimal() and _fits_by_type(series.dtype, column.dtype):
        return series.cast(column.dtype)
    return series.cast(pl.String).cast(column.dtype, strict=False)


def _fits_by_type(found: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether every decimal of one type fits the other; a quick cast then needs no detour by text."""
    assert isinstance(found, pl.Decimal)  # noqa: S101
    assert isinstance(wanted, pl.Decimal)  # noqa: S101
    return found.precision - found.scale <= wanted.precision - wanted.scale


def _to_date(series: pl.Series, column: Column) -> pl.Series:
    if series.dtype == pl.String:
        return series.str.to_date("%Y-%m-%d", strict=False)
    if series.dtype != pl.Datetime:
        raise UnsuitableTypeError
    local = series.dt.replace_time_zone(
        None
    )  # the day it is there: a cast would take the one in UTC
    midnight = local.dt.truncate("1d") == local
    return local.set(~midnight.fill_null(value=False), None).cast(column.dtype)


def _to_boolean(series: pl.Series, column: Column) -> pl.Series:
    # pandas holds a flag with a gap as a float
    if not (series.dtype.is_integer() or series.dtype.is_float()):
        raise UnsuitableTypeError
    return series.replace_strict(_TRUTHS, default=None, return_dtype=column.dtype)


def _to_list(series: pl.Series, column: Column) -> pl.Series:
    wanted = column.dtype.inner  # type: ignore[attr-defined]
    if series.dtype == pl.String:
        decoded = pl.String() if wanted == pl.String else pl.Float64()
        rows = [_decode_json_list(text, decoded) for text in series]
        series = pl.Series(series.name, rows, dtype=pl.List(decoded))
    elif isinstance(series.dtype, pl.Array):
        series = series.arr.to_list()
    if not isinstance(series.dtype, pl.List) or not _may_stand_for(series.dtype.inner, wanted):
        raise UnsuitableTypeError
    if series.dtype.inner.is_float():
        element = pl.element()
        series = series.list.eval(pl.when(element == element.round()).then(element))
    converted = series if series.dtype == column.dtype else series.cast(column.dtype, strict=False)
    complete = converted.list.drop_nulls().list.len() == converted.list.len()
    return converted.set(~complete.fill_null(value=True), None)


def _may_stand_for(found: pl.DataType | DataTypeClass, wanted: pl.DataType) -> bool:
    if found == pl.Null:  # every list is empty
        return True
    if wanted == pl.String:
        return found in (pl.String, pl.Categorical, pl.Enum)
    return found.is_integer() or found.is_float()


def _decode_json_list(text: str | None, wanted: pl.DataType) -> list[object] | None:
    """Decode one JSON array of texts or of numbers; anything else becomes null."""
    types = {str} if wanted == pl.String else {int, float}
    try:
        values = orjson.loads(text or "null")
    except orjson.JSONDecodeError:
        return None
    return values if isinstance(values, list) and set(map(type, values)) <= types else None


_CONVERSIONS: dict[type[pl.DataType], Callable[[pl.Series, Column], pl.Series]] = {
    pl.String: _to_string,
    pl.UInt8: _to_integer,
    pl.UInt16: _to_integer,
    pl.UInt32: _to_integer,
    pl.UInt64: _to_integer,
    pl.Int32: _to_integer,
    pl.Float32: _to_float,
    pl.Float64: _to_float,
    pl.Decimal: _to_money,
    pl.Date: _to_date,
    pl.Boolean: _to_boolean,
    pl.List: _to_list,
}
