"""The features of a handful of alerts, row by row: the builder's values to the bit, in a tenth of its time.

What cannot be evaluated row by row, or fails, is left to the builder, which then says what is wrong.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final

import polars as pl

from aml_miner.batch.batch import JOIN_KEY, Batch
from aml_miner.features.columns import ColumnsRead, columns_read
from aml_miner.features.feature import Feature
from aml_miner.features.row_wise import Evaluate, LeftToPolarsError, Value, read_expression
from aml_miner.utils.few import picked, places_of

_SOUGHT_IN: Final = 64
"""In a larger table addresses are sought by Polars, which costs as much as turning so many rows into Python's."""

_KEY: Final = tuple(JOIN_KEY)
_NUMBERS: Final = (int, float, Decimal)

type _Row = tuple[Value, ...]
type _Found = dict[str, float | str | None]


def build_few(batch: Batch, features: tuple[Feature, ...]) -> pl.DataFrame | None:
    """Build the features of a few alerts, as the builder does; None where they are the builder's to build."""
    evaluators = _evaluators(features)
    if evaluators is None:
        return None
    try:
        rows = [
            _evaluate(row, features, evaluators) for row in _joined(batch, columns_read(features))
        ]
    except (LeftToPolarsError, KeyError):  # KeyError: a column is absent
        return None
    return pl.from_dicts(rows, schema=_schema(features))


@cache
def _evaluators(features: tuple[Feature, ...]) -> tuple[Evaluate, ...] | None:
    """Read the expressions; None, once for all, where one of them is Polars' to evaluate."""
    try:
        return tuple(read_expression(feature.expression) for feature in features)
    except LeftToPolarsError:
        return None


@cache
def _schema(features: tuple[Feature, ...]) -> Mapping[str, pl.DataType]:
    return {feature.name: feature.dtype for feature in features}


def _joined(batch: Batch, read: ColumnsRead) -> list[dict[str, Value]]:
    """Return what is read of each alert and of its address; all of an unknown address is null."""
    alerts, columns = batch.alerts.rows(), tuple(batch.alerts.columns)
    key, own = places_of(_KEY, columns), places_of(read.of_alerts, columns)
    known = _rows_of({row[key[0]] for row in alerts}, batch.features, read.of_addresses)
    absent, names = (None,) * len(read.of_addresses), (*read.of_addresses, *read.of_alerts)
    joined = []
    for row in alerts:
        values = *known.get(picked(row, key), absent), *picked(row, own)
        joined.append(dict(zip(names, map(_number, values), strict=True)))
    return joined


def _rows_of(
    addresses: set[Value], table: pl.DataFrame, names: tuple[str, ...]
) -> dict[_Row, _Row]:
    """Return what is read of the addresses, by their join key; rows with an unknown key are nobody's."""
    columns = tuple(table.columns)
    key, own = places_of(_KEY, columns), places_of(names, columns)
    if table.height > _SOUGHT_IN:
        table = table.filter(table["address"].is_in(list(addresses)))
    rows = {picked(row, key): picked(row, own) for row in table.rows()}
    return {key: row for key, row in rows.items() if None not in key}


def _number(value: Value) -> Value:
    """Return numbers, exact amounts and truths as floats, and everything else as it is."""
    if type(value) is float or isinstance(value, _NUMBERS):
        number = float(value)
        if math.isnan(number):
            raise LeftToPolarsError
        return number
    return value


def _evaluate(
    row: Mapping[str, Value], features: Sequence[Feature], evaluators: Sequence[Evaluate]
) -> _Found:
    return {
        feature.name: _finished(evaluate(row), feature)
        for feature, evaluate in zip(features, evaluators, strict=True)
    }


def _finished(value: Value, feature: Feature) -> float | str | None:
    """Give a value the feature's type: NaN and infinities become null, and −0 becomes 0."""
    if value is None:
        return None
    if feature.unit == "category":
        if isinstance(value, str):
            return value
        raise LeftToPolarsError
    if not isinstance(value, int | float):
        raise LeftToPolarsError
    number = float(value) + 0.0
    return number if math.isfinite(number) else None
