"""Quality: how much is known of an address, and how well."""

import polars as pl

from aml_miner.batch.schemas import FEATURES
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.parameters import AddressFeatureParameters
from aml_miner.monitoring.address_features.values import Values

_STATISTICS = frozenset(column.name for column in FEATURES.columns if column.group)


def completeness_score(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """Share of its features that have a value.

    Formula: features that are not null / features; those of this family are not counted.
    Unit: 0 to 1.
    Source: our choice; not in the reference.
    """
    del activity, parameters
    known = [pl.col(name).is_not_null() for name in table.columns if name in _STATISTICS]
    return table.select(pl.sum_horizontal(known) / len(known)).to_series()


def outlier_score(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """Share of its transfers that are of amounts far from its others.

    Formula: outlier_transactions / tx_total_count.
    Unit: 0 to 1.
    Source: our choice; not in the reference.
    """
    del activity, parameters
    return table["outlier_transactions"] / table["tx_total_count"]


def confidence_score(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """How many transfers its features rest on: near 0 for one, 0.5 for ten, near 1 for very many.

    Formula: tx_total_count / (tx_total_count + 10) (``half_transfers``).
    Unit: 0 to 1.
    Source: our choice; not in the reference.
    """
    del activity
    count = table["tx_total_count"]
    return count / (count + parameters.quality.half_transfers)


def quality_score(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """How far its features can be relied on.

    Formula: mean of completeness_score, confidence_score and 1 − outlier_score.
    Unit: 0 to 1.
    Source: our choice; not in the reference.
    """
    del activity, parameters
    sound = (
        pl.col("completeness_score") + pl.col("confidence_score") + (1 - pl.col("outlier_score"))
    )
    return table.select(sound / 3).to_series()


DERIVED_COLUMNS = (completeness_score, outlier_score, confidence_score, quality_score)
