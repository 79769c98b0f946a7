"""Tables of pandas as tables of Polars, column by column, so that what neither can hold is named by column and row.

An object column may hold anything: Arrow takes the type of its first values for that of all, reads a set in an order
that changes from run to run, and cuts the hour off a time among dates. So kinds are told apart before it is asked.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Never

import numpy as np
import polars as pl
import pyarrow as pa

from aml_miner.batch.faults import refuse, type_name
from aml_miner.batch.schemas import Table
from aml_miner.errors import InvalidBatchError

if TYPE_CHECKING:
    import pandas as pd

_UNHOLDABLE = (
    pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    TypeError,
    ValueError,
    OverflowError,
)
"""What Arrow and Polars raise for values that they cannot hold."""

_KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool, np.bool_), "true or false"),
    ((int, float, Decimal, np.number), "numbers"),
    ((str,), "text"),
    ((datetime, np.datetime64), "times"),
    ((date,), "dates"),
    ((list, tuple, np.ndarray), "lists"),
)
"""Kinds that may stand in one column only with their like; the first that fits counts, for a time is a date too."""


def from_pandas(table: "pd.DataFrame", schema: Table) -> pl.DataFrame:
    """Return a pandas table as a Polars table; NaN, NaT, NA and None stand for an absent value and become null.

    Raises
    ------
    InvalidBatchError
        Naming the column that occurs twice, mixes kinds of values, or holds what no table can, and the first row.
    """
    names = [str(name) for name in table.columns]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        message = (
            f"{schema.name}: column '{repeated[0]}' occurs twice; drop or rename one of the two."
        )
        raise InvalidBatchError(message)
    return pl.DataFrame([_column(table, place, schema) for place in range(len(names))])


def _column(table: "pd.DataFrame", place: int, schema: Table) -> pl.Series:
    column = table.iloc[:, place]
    name = str(table.columns[place])
    if column.isna().all():
        return pl.Series(name, [None] * len(column), dtype=pl.Null)
    if column.dtype == object:
        _check_kinds(table, place, schema)
        column = column.where(column.notna(), None)  # Arrow takes a Decimal's NaN for a wide number
    try:
        return pl.Series(name, pl.from_pandas(column, nan_to_null=True))
    except _UNHOLDABLE as error:
        _refuse_unholdable(table, place, schema, error)


def _check_kinds(table: "pd.DataFrame", place: int, schema: Table) -> None:
    kinds = _named(table.iloc[:, place], _kind)
    unordered = [kind in ("set", "frozenset") for kind in kinds]
    if any(unordered):
        _refuse(table, place, schema, "lists (a set has no order)", unordered)
    _check_alike(table, place, schema, kinds)


def _named(column: "pd.Series[Any]", name: Callable[[object], str]) -> list[str | None]:
    """Return a name for each value, none for one that is absent."""
    absent = column.isna()
    return [None if gap else name(value) for value, gap in zip(column, absent, strict=True)]


def _check_alike(
    table: "pd.DataFrame", place: int, schema: Table, names: Sequence[str | None]
) -> None:
    counts = Counter(name for name in names if name)
    if len(counts) > 1:
        usual = counts.most_common(1)[0][0]
        odd = [name not in (usual, None) for name in names]
        _refuse(table, place, schema, f"{usual} like most of its values", odd)


def _kind(value: object) -> str:
    kinds = (kind for types, kind in _KINDS if isinstance(value, types))
    return next(kinds, _type(value))


def _type(value: object) -> str:
    return type(value).__name__


def _refuse_unholdable(
    table: "pd.DataFrame", place: int, schema: Table, error: BaseException
) -> Never:
    """Refuse a column for the values that cannot be held even alone, or else for not fitting together."""
    name = str(table.columns[place])
    odd = [not _is_holdable(value) for value in table.iloc[:, place]]
    if any(odd):
        wanted = schema.schema.get(name)
        expected = type_name(wanted) if wanted else "values that a table can hold"
        _refuse(table, place, schema, expected, odd)
    _check_alike(table, place, schema, _named(table.iloc[:, place], _type))
    message = (
        f"{schema.name}: the values of column '{name}' do not fit in one column: {error}; "
        "give them one type."
    )
    raise InvalidBatchError(message) from error


def _is_holdable(value: object) -> bool:
    try:
        pl.from_arrow(pa.array([value], from_pandas=True))
    except _UNHOLDABLE:
        return False
    return True


def _refuse(
    table: "pd.DataFrame", place: int, schema: Table, expected: str, odd: list[bool]
) -> Never:
    """Refuse a column, its odd values shown with their types beside the row's key as text."""
    name = str(table.columns[place])
    places = {str(n): p for p, n in enumerate(table.columns) if str(n) in {*schema.key, name}}
    shown = {n: [_text(value) for value in table.iloc[:, p]] for n, p in places.items()}
    types = [f" ({_type(value)})" for value in table.iloc[:, place]]
    shown[name] = [
        text + kind if is_odd else text
        for text, kind, is_odd in zip(shown[name], types, odd, strict=True)
    ]
    refuse(pl.DataFrame(shown), schema, name, expected, pl.Series(odd))


def _text(value: object) -> str:
    return str(value).encode(errors="backslashreplace").decode()
