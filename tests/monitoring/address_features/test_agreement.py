from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features
from aml_miner.monitoring.address_features.agreement import (
    AGREEMENT,
    EQUAL,
    EQUAL_BUT_FOR_ROUNDING,
)
from aml_miner.monitoring.transfers import make_transfers, read_transfers_file

TOLERANCE = {EQUAL: 0.0, EQUAL_BUT_FOR_ROUNDING: 1e-12}
"""Absolute difference allowed beside the relative 1e-9."""

COMPARED = [name for name, verdict in AGREEMENT.items() if verdict in TOLERANCE]


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> pl.DataFrame:
    return pl.read_parquet(shared_data / "torus" / "features_reference.parquet").sort("address")


@pytest.fixture(scope="module")
def ours(shared_data: Path) -> pl.DataFrame:
    transfers = make_transfers(read_transfers_file(shared_data / "torus"))
    return build_address_features(Activity.of(transfers))


def test_every_column_of_the_reference_has_a_verdict(reference: pl.DataFrame) -> None:
    assert sorted(AGREEMENT) == sorted(reference.columns)
    assert len(AGREEMENT) == 103


def test_a_column_without_a_verdict_of_equality_is_not_equal(
    reference: pl.DataFrame, ours: pl.DataFrame
) -> None:
    others = [name for name in ours.columns if name in AGREEMENT and name not in COMPARED]
    equal = {n for n in others if ours[n].to_list() == reference[n].to_list()}
    assert equal == {
        "asset_diversity_score",  # one asset: its 0 is right here
        "is_exchange_like",  # nobody is, here
        "is_mixer_like",
    }


@pytest.mark.parametrize("name", COMPARED)
def test_a_column_equals_the_reference(
    reference: pl.DataFrame, ours: pl.DataFrame, name: str
) -> None:
    expected, found = reference[name], ours[name]
    if isinstance(found.dtype, pl.List):
        found = pl.Series([str(values) for values in found.to_list()])
    if expected.dtype == pl.String:
        assert found.to_list() == expected.to_list()
        return
    np.testing.assert_allclose(
        found.cast(pl.Float64).to_numpy(),
        expected.cast(pl.Float64).to_numpy(),
        rtol=1e-9,
        atol=TOLERANCE[AGREEMENT[name]],
    )
