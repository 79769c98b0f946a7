import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features


@pytest.fixture(scope="session")
def week_features(week: Activity) -> pl.DataFrame:
    """Features of "a" to "d" in the five transfers of `week_rows`."""
    return build_address_features(week)
