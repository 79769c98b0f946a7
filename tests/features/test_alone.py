"""A row's features are the same to the bit whether it is built alone or among others."""

import numpy as np
import polars as pl
import pytest

from aml_miner.features import alert, cluster, network, statistical, temporal
from aml_miner.features.feature import Feature

ROWS = 300
FEATURES = [
    feature
    for family in (alert, cluster, network, statistical, temporal)
    for feature in family.FEATURES
]


def columns_of(feature: Feature) -> pl.DataFrame:
    """Random values of every column a feature reads, with all the bits a number can have."""
    generator = np.random.Generator(np.random.PCG64(3))
    names = sorted(feature.expression.meta.root_names())
    columns = {name: generator.uniform(0.1, 1e6, ROWS) for name in names}
    if "processing_date" in columns:
        days = generator.integers(10_000, 20_000, ROWS)
        return pl.DataFrame(columns).with_columns(
            processing_date=pl.Series(days).cast(pl.Int32).cast(pl.Date)
        )
    return pl.DataFrame(columns)


READ_TEXT = {"severity_level", "risk_indicator_count", "cluster_severity_level"}
"""They look a name up or count a list, and have no bit to lose."""

NUMERIC = [
    feature
    for feature in FEATURES
    if feature.unit not in {"category", "flag"} and feature.name not in READ_TEXT
]


@pytest.mark.parametrize("feature", NUMERIC, ids=lambda feature: feature.name)
def test_a_feature_of_one_row_is_that_of_the_row_among_others(feature: Feature) -> None:
    rows = columns_of(feature)
    together = rows.select(value=feature.expression)["value"]
    alone = [rows[place].select(value=feature.expression)["value"][0] for place in range(ROWS)]
    assert together.to_list() == alone
