"""Address features: one row per address of a window, one small file per family of columns.

A column is a function of its name; a new one goes into its family's ``COLUMNS``, a new family into `FAMILIES`.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from aml_miner.batch.schemas import FEATURES
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import (
    advanced_flow,
    asset,
    behaviour,
    count,
    distribution,
    flag,
    flow,
    time,
    topology,
    volume,
)
from aml_miner.monitoring.address_features.values import Column, Values

__all__ = ["FAMILIES", "build_address_features"]

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
        # To come, each as a file of its own: graph, neighbourhood, anomaly, quality.
    }
)
"""The columns of every family, by the family's name in the schema."""


def build_address_features(activity: Activity) -> pl.DataFrame:
    """Compute every column of every family for every address.

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
    computed = {
        column.__name__: _series(column(activity))
        for columns in FAMILIES.values()
        for column in columns
    }
    window = {
        "address": activity.addresses,
        "window_days": pl.repeat(activity.transfers.window_days, activity.count, eager=True),
        "processing_date": pl.repeat(
            activity.transfers.processing_date, activity.count, eager=True
        ),
    }
    columns = window | computed
    schema = {name: dtype for name, dtype in FEATURES.schema.items() if name in columns}
    return pl.DataFrame({name: columns[name].cast(dtype) for name, dtype in schema.items()})


def _series(values: Values) -> pl.Series:
    return values if isinstance(values, pl.Series) else pl.Series(values)
