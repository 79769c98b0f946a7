"""The features of an alert itself, each worked out by hand."""

from collections.abc import Callable

import pytest

from aml_miner.features import alert
from aml_miner.features.feature import Feature

pytestmark = pytest.mark.usefixtures("each_way")


type ValueOf = Callable[[Feature, dict[str, object]], float | str | None]

BY_NAME = {feature.name: feature for feature in alert.FEATURES}

VALUES: list[tuple[str, dict[str, object], float | str | None]] = [
    ("severity_level", {"severity": "low"}, 0.0),
    ("severity_level", {"severity": "critical"}, 3.0),
    ("severity_level", {"severity": "dire"}, None),  # not on the scale: unknown, not lowest
    ("alert_confidence_score", {"alert_confidence_score": 0.75}, 0.75),
    ("alert_volume_usd", {"volume_usd": "12500.5"}, 12500.5),
    ("alert_volume_ratio", {"volume_usd": "25", "total_volume_usd": "100"}, 0.25),
    ("alert_volume_ratio", {"volume_usd": "25", "total_volume_usd": "0"}, None),  # 1/0
    ("alert_volume_ratio", {"volume_usd": "0", "total_volume_usd": "0"}, None),  # 0/0
    ("alert_volume_ratio", {"volume_usd": "25"}, None),  # the address is unknown
    (
        "alert_volume_to_largest_counterparty_ratio",
        {"volume_usd": "30", "max_tx_usd": "20"},
        1.5,
    ),
    ("risk_indicator_count", {"risk_indicators": ["burst", "round amounts"]}, 2.0),
    ("risk_indicator_count", {"risk_indicators": []}, 0.0),
    ("is_in_pattern", {"pattern_id": "", "pattern_type": ""}, 0.0),
    ("is_in_pattern", {"pattern_id": "cycle-1", "pattern_type": ""}, 1.0),
    ("is_in_pattern", {"pattern_id": "", "pattern_type": "cycle"}, 1.0),
    ("typology_type", {"typology_type": "STRUCTURING"}, "STRUCTURING"),
    ("pattern_type", {"pattern_type": "cycle"}, "cycle"),
    ("pattern_type", {"pattern_type": ""}, None),  # the tables write "no pattern" so
]


@pytest.mark.parametrize(("name", "given", "expected"), VALUES)
def test_value(
    name: str, given: dict[str, object], expected: float | str | None, alert_value: ValueOf
) -> None:
    assert alert_value(BY_NAME[name], given) == expected


def test_every_feature_has_a_row() -> None:
    assert {name for name, _, _ in VALUES} == set(BY_NAME)


@pytest.mark.parametrize("feature", alert.FEATURES, ids=lambda feature: feature.name)
def test_feature_of_a_row_of_nulls_is_null(feature: Feature, alert_value: ValueOf) -> None:
    assert alert_value(feature, {}) is None
