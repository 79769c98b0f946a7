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
    types = dict(zip(frame.columns, frame.dtypes, strict=True))
    rules = [rule for rule in _rules(table) if _is_of(rule, types.get(rule.name))]
    facts = _look_at_few if is_few(frame.height) else _look_at_many
    pairs = zip(rules, facts(frame, rules), strict=True)
    return frozenset(rule.name for rule, found in pairs if _is_sound(rule, found))


def _is_of(rule: "_Rule", dtype: pl.DataType | None) -> bool:
    """Say whether a column is of its type; two types are compared in full only where one has parameters."""
    return type(dtype) is type(rule.dtype) and (rule.is_plain or dtype == rule.dtype)


class _Rule(NamedTuple):
    """What the values of a column must be: its schema, looked up once."""

    name: str
    dtype: pl.DataType
    kind: Literal["list", "filled", "float", "number", "other"]
    may_be_null: bool
    is_plain: bool
    column: Column


class _Facts(NamedTuple):
    """What decides whether a column is sound: its nulls, and the least and the most of it.

    Of numbers these are values, NaN where one of them is; of lists of a fixed length and of identifiers, lengths.
    """

    nulls: int
    least: Any = None
    most: Any = None
    inner_nulls: int = 0


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
    is_plain = not isinstance(column.dtype, pl.Decimal) and not column.dtype.is_nested()
    return _Rule(column.name, column.dtype, kind, may_be_null, is_plain, column)


def _look_at_few(frame: pl.DataFrame, rules: Sequence[_Rule]) -> Iterator[_Facts]:
    """Look at a few rows, value by value."""
    rows = frame[[rule.name for rule in rules]].rows()
    columns = zip(*rows, strict=True) if rows else ((),) * len(rules)
    for rule, column in zip(rules, columns, strict=True):
        known = [value for value in column if value is not None]
        nulls = len(column) - len(known)
        if not known or rule.kind == "other":
            yield _Facts(nulls)
        elif rule.kind == "float" and not all(map(math.isfinite, known)):
            yield _Facts(nulls, math.nan, math.nan)
        elif rule.kind in {"float", "number"}:
            yield _Facts(nulls, min(known), max(known))
        else:
            sizes = [len(value) for value in known]
            has_null = rule.kind == "list" and any(None in value for value in known)
            yield _Facts(nulls, min(sizes), max(sizes), int(has_null))


def _look_at_many(frame: pl.DataFrame, rules: Sequence[_Rule]) -> Iterator[_Facts]:
    """Look at a whole table in one pass."""
    asked = [expression for rule in rules for expression in _questions(rule)]
    found: Mapping[str, Any] = frame.select(asked).row(0, named=True) if asked else {}
    for rule in rules:
        facts = ((what, found.get(f"{rule.name} {what}")) for what in _Facts._fields)
        yield _Facts(**{what: value for what, value in facts if value is not None})


@cache  # to write them anew takes longer than to ask them
def _questions(rule: _Rule) -> tuple[pl.Expr, ...]:
    return tuple(answer.alias(f"{rule.name} {what}") for what, answer in _asked(rule))


def _asked(rule: _Rule) -> Iterator[tuple[str, pl.Expr]]:
    """Ask for the facts of a column by their names; bounds that nothing is held against are not asked for."""
    value, column = pl.col(rule.name), rule.column
    yield "nulls", value.null_count()
    if rule.kind == "float":
        yield "least", value.nan_min()
        yield "most", value.nan_max()
    elif rule.kind == "number":
        if column.minimum is not None:
            yield "least", value.min()
        if column.maximum is not None:
            yield "most", value.max()
    elif rule.kind == "list":
        yield "inner_nulls", value.explode(empty_as_null=False, keep_nulls=False).null_count()
        if column.length is not None:
            yield "least", value.list.len().min()
            yield "most", value.list.len().max()
    elif rule.kind == "filled":
        yield "least", value.str.len_bytes().min()


def _is_sound(rule: _Rule, facts: _Facts) -> bool:
    if facts.nulls and not rule.may_be_null:
        return False
    if rule.kind == "list":
        length = rule.column.length
        return not facts.inner_nulls and (
            length is None or {facts.least, facts.most} <= {None, length}
        )
    if rule.kind == "filled":
        return bool(facts.least != 0)
    return rule.kind == "other" or _is_within(rule, facts)


def _is_within(rule: _Rule, facts: _Facts) -> bool:
    least, most, column = facts.least, facts.most, rule.column
    if least is None and most is None:
        return True
    if rule.kind == "float" and not (math.isfinite(least) and math.isfinite(most)):
        return False
    slack = ROUNDING if rule.kind == "float" else 0
    too_low = column.minimum is not None and least is not None and least < column.minimum - slack
    too_high = column.maximum is not None and most is not None and most > column.maximum + slack
    return not (too_low or too_high)
