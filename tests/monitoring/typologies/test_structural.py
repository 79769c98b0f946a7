import polars as pl

from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.monitoring.patterns.cycle import detect_cycles
from aml_miner.monitoring.patterns.proximity_risk import detect_proximity_risk
from aml_miner.monitoring.profile import MonitoringProfile
from aml_miner.monitoring.typologies.structural import detect_structural
from tests.monitoring.graphs import activity_of
from tests.monitoring.patterns.drawings import SQUARE


def test_every_address_of_a_risky_pattern_is_alerted_with_its_own_transfers(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*SQUARE)
    patterns = detect_cycles(activity, profile.cycle).patterns
    found = list(detect_structural(activity, patterns, profile.structural))
    assert [(each.address, each.transfers.tolist()) for each in found] == [
        (0, [0, 3]),
        (1, [0, 1]),
        (2, [1, 2]),
        (3, [2, 3]),
    ]
    assert {each.confidence for each in found} == {patterns[0].risk}


def test_a_pattern_of_too_little_risk_alerts_nobody(profile: MonitoringProfile) -> None:
    activity = activity_of(*SQUARE)
    patterns = detect_cycles(activity, profile.cycle).patterns
    strict = profile.structural.model_copy(update={"min_risk": 1.0})
    assert list(detect_structural(activity, patterns, strict)) == []


def test_who_bears_the_label_is_not_alerted_for_it(profile: MonitoringProfile) -> None:
    activity = activity_of(("bad", "x", 100, 0), ("x", "y", 90, 1))
    row = {"address": "bad", "address_type": "mixer", "risk_level": "critical"}
    labels = pl.DataFrame([row], schema=ADDRESS_LABELS.schema)
    patterns = detect_proximity_risk(activity, labels, profile.proximity_risk).patterns
    (found,) = detect_structural(activity, patterns, profile.structural)
    assert activity.addresses[found.address] == "x"
    assert found.confidence == 0.8
