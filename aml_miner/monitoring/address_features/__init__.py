"""Address features: one row per address of a window, one small file per family of columns.

A column is a function of its name; a new one goes into its family's ``COLUMNS``, a new family into `FAMILIES`.
One that needs other columns or a network's parameters goes into ``DERIVED_COLUMNS`` and `DERIVED_FAMILIES` instead.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from aml_miner.batch.schemas import FEATURES
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import (
    advanced_flow,
    anomaly,
    asset,
    behaviour,
    count,
    distribution,
    flag,
    flow,
    graph,
    neighbourhood,
    quality,
    time,
    topology,
    volume,
)
from aml_miner.monitoring.address_features.parameters import AddressFeatureParameters
from aml_miner.monitoring.address_features.values import Column, DerivedColumn, Values

__all__ = ["DERIVED_FAMILIES", "FAMILIES", "build_address_features", "build_columns"]

_DTYPES = FEATURES.schema

FAMILIES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "topology": topology.COLUMNS,
        "volume": volume.COLUMNS,
        "distribution": distribution.COLUMNS,
        "count": count.COLUMNS,
        "time": time.COLUMNS,
        "flow": flow.COLUMNS,
        "asset": asset.COLUMNS,
        "behaviour": behaviour.COLUMNS,
        "advanced flow": advanced_flow.COLUMNS,
        "flag": flag.COLUMNS,
        "graph": graph.COLUMNS,
        "neighbourhood": neighbourhood.COLUMNS,
    }
)
"""The columns made of transfers alone, by their family's name in the schema."""

DERIVED_FAMILIES: Mapping[str, tuple[DerivedColumn, ...]] = MappingProxyType(
    {
        "flag": flag.DERIVED_COLUMNS,
        "anomaly": anomaly.DERIVED_COLUMNS,
        "quality": quality.DERIVED_COLUMNS,
    }
)
"""The columns made of other columns or by parameters, in the order they are made."""


def build_address_features(
    activity: Activity, parameters: AddressFeatureParameters | None = None
) -> pl.DataFrame:
    """Compute every column of every family for every address.

    Parameters
    ----------
    activity
        A window of transfers.
    parameters
        What a network may want otherwise; those of the default profile when not given.

    Returns
    -------
    pl.DataFrame
        One row per address, sorted by address; columns and types as `FEATURES` in the schemas, those not built absent.
        The same to the bit for the same transfers in any row order.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from aml_miner.monitoring.transfers import make_transfers
    >>> day = {"block_timestamp": 1_704_067_200_000, "amount": Decimal(3), "amount_usd": Decimal(6)}
    >>> rows = [
    ...     {"tx_id": "1", "from_address": "a", "to_address": "b", **day},
    ...     {"tx_id": "2", "from_address": "b", "to_address": "c", **day},
    ... ]
    >>> features = build_address_features(Activity.of(make_transfers(pl.DataFrame(rows))))
    >>> features.select("address", "degree_total", "in_out_ratio").rows()
    [('a', 1, 0.0), ('b', 2, 0.5), ('c', 1, 1.0)]
    """
    table = build_columns(activity)
    parameters = parameters or _default_parameters()
    for columns in DERIVED_FAMILIES.values():
        for column in columns:
            name = column.__name__
            values = _series(column(table, activity, parameters)).cast(_DTYPES[name])
            table = table.with_columns(values.alias(name))
    return table.select(name for name in _DTYPES if name in table.columns)


def build_columns(activity: Activity) -> pl.DataFrame:
    """Compute the columns that are made of transfers alone, those of `FAMILIES`.

    Returns
    -------
    pl.DataFrame
        As `build_address_features` returns it, with fewer columns.
    """
    window = {
        "address": activity.addresses,
        "window_days": pl.repeat(activity.transfers.window_days, activity.count, eager=True),
        "processing_date": pl.repeat(
            activity.transfers.processing_date, activity.count, eager=True
        ),
    }
    computed = {
        column.__name__: _series(column(activity))
        for columns in FAMILIES.values()
        for column in columns
    }
    columns = window | computed
    schema = {name: dtype for name, dtype in _DTYPES.items() if name in columns}
    return pl.DataFrame({name: columns[name].cast(dtype) for name, dtype in schema.items()})


def _default_parameters() -> AddressFeatureParameters:
    from aml_miner.monitoring.profile import load_profile  # which knows the parameters above

    return load_profile().address_features


def _series(values: Values) -> pl.Series:
    return values if isinstance(values, pl.Series) else pl.Series(values)
