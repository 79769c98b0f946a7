"""Which columns of a table need nothing: they are of the contract's type, and every value is in order.

Nearly all are. They are found in one pass over the table, because asking each column by itself takes a table of one
row 15 ms; whatever is not found sound here is converted, or refused with the place, by `checking`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, Literal, NamedTuple

import polars as pl

from aml_miner.batch.schemas import ROUNDING, Column, Table
from aml_miner.utils.few import is_few

_NUMBERS: Final = (pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Int32, pl.Decimal)


def sound_columns(frame: pl.DataFrame, table: Table) -> frozenset[str]:
    """Return the names of the columns that are as the contract wants them."""
    schema = frame.schema
    if is_few(frame.height):
        rules = [rule for rule in _rules(table) if schema.get(rule.name) == rule.dtype]
        rows = frame[[rule.name for rule in rules]].rows()
        return frozenset(
            rule.name
            for place, rule in enumerate(rules)
            if _are_sound(rule, [row[place] for row in rows])
        )
    likely = [c for c in table.columns if schema.get(c.name) == c.dtype and c.content != "json"]
    asked = [expression for column in likely for expression in _questions(column)]
    found: Mapping[str, Any] = frame.select(asked).row(0, named=True) if asked else {}
    return frozenset(column.name for column in likely if _is_sound(column, found))


class _Rule(NamedTuple):
    """What a few values of a column must be: its schema, looked up once."""

    name: str
    dtype: pl.DataType
    kind: Literal["list", "filled", "float", "number", "other"]
    may_be_null: bool
    column: Column


@lru_cache(maxsize=64)
def _rules(table: Table) -> tuple[_Rule, ...]:
    return tuple(_rule(column) for column in table.columns if column.content != "json")


def _rule(column: Column) -> _Rule:
    kind: Literal["list", "filled", "float", "number", "other"] = "other"
    if isinstance(column.dtype, pl.List):
        kind = "list"
    elif column.content == "filled":
        kind = "filled"
    elif column.dtype.is_float():
        kind = "float"
    elif isinstance(column.dtype, _NUMBERS):
        kind = "number"
    may_be_null = not column.required and column.default is None
    return _Rule(column.name, column.dtype, kind, may_be_null, column)


def _are_sound(rule: _Rule, values: Sequence[Any]) -> bool:
    """Say of a few values what `_is_sound` says of a whole column."""
    known = [value for value in values if value is not None]
    if not known or rule.kind == "other":
        return rule.may_be_null or len(known) == len(values)
    if len(known) < len(values) and not rule.may_be_null:
        return False
    if rule.kind == "list":
        length = rule.column.length
        is_long = length is None or all(len(value) == length for value in known)
        return is_long and not any(None in value for value in known)
    if rule.kind == "filled":
        return "" not in known
    if rule.kind == "float" and not all(map(math.isfinite, known)):
        return False
    return _is_within(rule.column, min(known), max(known))


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
    if column.minimum is None and column.maximum is None and not column.dtype.is_float():
        return True
    slack = ROUNDING if column.dtype.is_float() else 0
    if column.dtype.is_float() and not all(
        math.isfinite(x) for x in (least, most) if x is not None
    ):
        return False
    too_low = column.minimum is not None and least is not None and least < column.minimum - slack
    too_high = column.maximum is not None and most is not None and most > column.maximum + slack
    return not (too_low or too_high)
