"""Every feature of an address, counted anew in plain Python, is what the pipeline makes of the same transfers."""

import pytest

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.features.builder import ADDRESS_FAMILIES, build_all_features, feature_families
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.simulation import Economy, SimulationConfig, simulate_economy
from benchmarks.reasons import same
from benchmarks.recounts import RECOUNTS, Address, Ledger

NULL_WITHOUT_A_PAST = {"is_new_address", "is_dormant_reactivated"}


@pytest.fixture(scope="module")
def economy() -> Economy:
    return simulate_economy(SimulationConfig(accounts=400, days=30, base_rate=0.06, seed=5))


@pytest.fixture(scope="module")
def batch(economy: Economy) -> Batch:
    profile = load_profile()
    found = monitor_transfers(make_transfers(economy.transfers), profile, network="recounted")
    return make_batch({table.name: found.tables[table.name] for table in SCORED_TABLES})


def test_every_address_feature_of_every_alert_is_recounted(economy: Economy, batch: Batch) -> None:
    first = batch.alerts.row(0, named=True)
    ledger = Ledger(economy.transfers, first["processing_date"], first["window_days"])
    features = build_all_features(batch)
    addresses = {name: Address(ledger, name) for name in batch.alerts["address"]}
    assert len(addresses) > 50
    for name, count in RECOUNTS.items():
        for address, value in zip(batch.alerts["address"], features[name], strict=True):
            assert same(value, count(addresses[address])), (name, address)


def test_no_address_feature_is_left_out(batch: Batch) -> None:
    families = feature_families()
    features = build_all_features(batch)
    of_address = {name for name in features.columns if families[name] in ADDRESS_FAMILIES}
    assert of_address - NULL_WITHOUT_A_PAST == set(RECOUNTS)
    assert features.select(NULL_WITHOUT_A_PAST).null_count().row(0) == (features.height,) * 2


@pytest.mark.parametrize(
    ("quoted", "counted"), [(1.0, 1), (1.0, 1.0000001), (None, None), ("a", "a"), (1.0, True)]
)
def test_same_values_agree(quoted: float | str | None, counted: object) -> None:
    assert same(quoted, counted)


@pytest.mark.parametrize(
    ("quoted", "counted"), [(1.0, 1.01), (None, 0.0), (0.0, None), ("a", "b"), ("1", 1.0)]
)
def test_other_values_do_not(quoted: float | str | None, counted: object) -> None:
    assert not same(quoted, counted)
