"""One row of any table columns, and one feature of it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, Column
from aml_miner.features.builder import build_features
from aml_miner.features.cluster import MEMBER_STATISTICS
from aml_miner.features.feature import Feature

type ValueOf = Callable[[Feature, dict[str, object]], float | str | None]

KEY = {"processing_date": date(2025, 11, 20), "window_days": 30}


def _row(columns: tuple[Column, ...], given: dict[str, object]) -> pl.DataFrame:
    schema = {column.name: column.dtype for column in columns}
    row = {name: _typed(given.get(name), dtype) for name, dtype in schema.items()}
    return pl.DataFrame([row], schema=schema)


def _typed(value: object, dtype: pl.DataType) -> object:
    """An amount is given as text; Polars would silently make a null of it."""
    return Decimal(str(value)) if dtype.is_decimal() and value is not None else value


@pytest.fixture
def alert_value() -> ValueOf:
    """The value of a feature of one joined row; every column that is not given is null."""

    def value_of(feature: Feature, given: dict[str, object]) -> float | str | None:
        row = _row((*ALERTS.columns, *FEATURES.columns), KEY | given)
        value: float | str | None = build_features(row, [feature]).item()
        return value

    return value_of


@pytest.fixture
def cluster_value() -> ValueOf:
    """The value of a feature of one cluster's row with its members' statistics."""
    added = ["address_count", "known_address_count", *(m.column for m in MEMBER_STATISTICS)]

    def value_of(feature: Feature, given: dict[str, object]) -> float | str | None:
        columns = (*CLUSTERS.columns, *(Column(name, pl.Float64()) for name in added))
        value: float | str | None = build_features(_row(columns, KEY | given), [feature]).item()
        return value

    return value_of
