from dataclasses import dataclass
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


BY_CHANCE = {
    "sample": {"unique_assets_out", "is_whale"},  # everyone sends; nobody is that rich
    "torus": set(),
}
ALWAYS_BY_CHANCE = {
    "asset_diversity_score",  # one asset: its 0 is right here
    "is_exchange_like",  # nobody is, here
    "is_mixer_like",
}


@dataclass(frozen=True)
class Compared:
    """Features of the same transfers, ours and the reference's, sorted by address."""

    name: str
    ours: pl.DataFrame
    reference: pl.DataFrame


@pytest.fixture(scope="module", params=["sample", "torus"])
def compared(request: pytest.FixtureRequest) -> Compared:
    """A sample of our own, which every clone has, and published data, which none brings along."""
    folder, file = Path(__file__).parent / "reference", "features.parquet"
    if request.param == "torus":
        folder = request.getfixturevalue("shared_data") / "torus"
        file = "features_reference.parquet"
    transfers = make_transfers(read_transfers_file(folder))
    ours = build_address_features(Activity.of(transfers))
    return Compared(request.param, ours, pl.read_parquet(folder / file).sort("address"))


def test_every_column_of_the_reference_has_a_verdict(compared: Compared) -> None:
    assert sorted(AGREEMENT) == sorted(compared.reference.columns)
    assert len(AGREEMENT) == 103


def test_a_column_without_a_verdict_of_equality_is_not_equal(compared: Compared) -> None:
    ours, reference = compared.ours, compared.reference
    others = [name for name in ours.columns if name in AGREEMENT and name not in COMPARED]
    equal = {n for n in others if ours[n].to_list() == reference[n].to_list()}
    assert equal == ALWAYS_BY_CHANCE | BY_CHANCE[compared.name]


@pytest.mark.parametrize("name", COMPARED)
def test_a_column_equals_the_reference(compared: Compared, name: str) -> None:
    expected, found = compared.reference[name], compared.ours[name]
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
