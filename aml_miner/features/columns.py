"""Which columns of alerts and addresses features read, looked up once for each set of features."""

from functools import cache
from typing import NamedTuple

from aml_miner.batch.batch import JOIN_KEY
from aml_miner.batch.schemas import ALERTS
from aml_miner.batch.schemas import FEATURES as ADDRESSES
from aml_miner.features.feature import Feature


class ColumnsRead(NamedTuple):
    """What features read.

    Attributes
    ----------
    every
        The names of all columns.
    of_alerts, of_addresses
        Those of either table in its order: of alerts the key they are joined by included, of addresses without it.
    """

    every: frozenset[str]
    of_alerts: tuple[str, ...]
    of_addresses: tuple[str, ...]


@cache
def columns_read(features: tuple[Feature, ...]) -> ColumnsRead:
    """Return the columns some features read."""
    every = frozenset(name for feature in features for name in feature.columns)
    return ColumnsRead(
        every,
        tuple(name for name in ALERTS.schema if name in every or name in JOIN_KEY),
        tuple(name for name in ADDRESSES.schema if name in every and name not in JOIN_KEY),
    )
