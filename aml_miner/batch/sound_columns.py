"""Which columns of a table need nothing: they are of the contract's type, and every value is in order.

Nearly all are. They are found in one pass over the table, because asking each column by itself takes a table of one
row 15 ms; whatever is not found sound here is converted, or refused with the place, by `checking`.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import polars as pl

from aml_miner.batch.schemas import ROUNDING, Column, Table

_NUMBERS: Final = (pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Int32, pl.Decimal)


def sound_columns(frame: pl.DataFrame, table: Table) -> frozenset[str]:
    """Return the names of the columns that are as the contract wants them."""
    schema = frame.schema
    likely = [c for c in table.columns if schema.get(c.name) == c.dtype and c.content != "json"]
    asked = [expression for column in likely for expression in _questions(column)]
    found: Mapping[str, Any] = frame.select(asked).row(0, named=True) if asked else {}
    return frozenset(column.name for column in likely if _is_sound(column, found))


@cache  # to write them anew takes longer than to ask them
def _questions(column: Column) -> tuple[pl.Expr, ...]:
    return tuple(_asked(column))


def _asked(column: Column) -> Iterator[pl.Expr]:
    """Ask of a column its nulls and its extremes; of a float also whether one is NaN."""
    value = pl.col(column.name)
    name = column.name
    yield value.null_count().alias(f"{name} nulls")
    if column.dtype.is_float():
        yield value.nan_min().alias(f"{name} least")
        yield value.nan_max().alias(f"{name} most")
    elif isinstance(column.dtype, _NUMBERS):
        if column.minimum is not None:
            yield value.min().alias(f"{name} least")
        if column.maximum is not None:
            yield value.max().alias(f"{name} most")
    elif isinstance(column.dtype, pl.List):
        elements = value.explode(empty_as_null=False, keep_nulls=False)
        yield elements.null_count().alias(f"{name} inner nulls")
        if column.length is not None:
            yield value.list.len().min().alias(f"{name} shortest")
            yield value.list.len().max().alias(f"{name} longest")
    elif column.content == "filled":
        yield value.str.len_bytes().min().alias(f"{name} shortest")


def _is_sound(column: Column, found: Mapping[str, Any]) -> bool:
    def of(what: str) -> Any:  # noqa: ANN401 - whatever type the column has
        return found.get(f"{column.name} {what}")

    if of("nulls") and (column.required or column.default is not None):
        return False
    if isinstance(column.dtype, pl.List):
        lengths = {of("shortest"), of("longest")} - {None}
        return not of("inner nulls") and lengths <= {column.length}
    if column.content == "filled":
        return bool(of("shortest") != 0)
    return _is_within(column, of("least"), of("most"))


def _is_within(column: Column, least: Any, most: Any) -> bool:  # noqa: ANN401 - as above
    slack = ROUNDING if column.dtype.is_float() else 0
    if column.dtype.is_float() and not all(
        math.isfinite(x) for x in (least, most) if x is not None
    ):
        return False
    too_low = column.minimum is not None and least is not None and least < column.minimum - slack
    too_high = column.maximum is not None and most is not None and most > column.maximum + slack
    return not (too_low or too_high)
