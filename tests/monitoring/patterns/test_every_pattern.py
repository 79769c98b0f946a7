"""Laws of all patterns, whichever detector found them, in an economy with every kind of laundering."""

from itertools import pairwise

import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns.detection import FoundPatterns, detect_patterns
from aml_miner.monitoring.patterns.pattern import pattern_table
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.simulation import SimulationConfig, simulate_economy


@pytest.fixture(scope="module")
def activity() -> Activity:
    config = SimulationConfig(accounts=2_000, days=30, base_rate=0.1, seed=3)
    return Activity.of(make_transfers(simulate_economy(config).transfers))


@pytest.fixture(scope="module")
def found(activity: Activity) -> FoundPatterns:
    return detect_patterns(activity, load_profile())


def test_most_kinds_are_there(found: FoundPatterns) -> None:
    assert len({pattern.kind.pattern_type for pattern in found.patterns}) >= 12


def test_along_a_path_each_address_pays_the_next(activity: Activity, found: FoundPatterns) -> None:
    paid = set(zip(activity.source.tolist(), activity.target.tolist(), strict=True))
    paths = [pattern for pattern in found.patterns if pattern.kind.ordered]
    assert len({path.kind.pattern_type for path in paths}) >= 4
    for path in paths:
        assert set(pairwise(path.addresses)) <= paid, path


def test_evidence_names_transfers_once_in_time_order_and_some_of_every_address(
    activity: Activity, found: FoundPatterns
) -> None:
    for pattern in found.patterns:
        transfers = pattern.transfers.tolist()
        assert transfers == sorted(set(transfers)), pattern
        source, target = activity.source[transfers].tolist(), activity.target[transfers].tolist()
        assert set(pattern.addresses) <= {*source, *target}, pattern
        own = set(pattern.addresses)
        assert all({*ends} & own for ends in zip(source, target, strict=True)), pattern


def test_addresses_and_roles_are_those_of_the_kind(found: FoundPatterns) -> None:
    for pattern in found.patterns:
        assert len(set(pattern.addresses)) == len(pattern.addresses) == len(pattern.roles), pattern
        assert set(pattern.roles) <= set(pattern.kind.parts), pattern


def test_risk_and_confidence_lie_between_0_and_1(found: FoundPatterns) -> None:
    for pattern in found.patterns:
        assert 0 <= pattern.risk <= 1, pattern
        assert 0 <= pattern.confidence <= 1, pattern


def test_each_id_is_one_pattern(activity: Activity, found: FoundPatterns) -> None:
    table = pattern_table(found.patterns, activity)
    assert table["pattern_id"].n_unique() == table.height == len(found.patterns)
