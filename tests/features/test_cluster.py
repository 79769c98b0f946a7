"""The cluster features, each worked out by hand."""

from collections.abc import Callable

import pytest

from aml_miner.features import cluster
from aml_miner.features.feature import Feature

type ValueOf = Callable[[Feature, dict[str, object]], float | str | None]

BY_NAME = {feature.name: feature for feature in cluster.FEATURES}

VALUES: list[tuple[str, dict[str, object], float | str | None]] = [
    ("cluster_type", {"cluster_type": "same_entity"}, "same_entity"),
    ("cluster_severity_level", {"severity_max": "high"}, 2.0),
    ("cluster_confidence_score", {"confidence_avg": 0.625}, 0.625),
    ("cluster_alert_count", {"total_alerts": 6}, 6.0),
    ("cluster_address_count", {"address_count": 4.0}, 4.0),
    ("cluster_alerts_per_address_ratio", {"total_alerts": 6, "address_count": 4.0}, 1.5),
    # a cluster may involve no address
    ("cluster_alerts_per_address_ratio", {"total_alerts": 6, "address_count": 0.0}, None),
    ("cluster_volume_usd", {"total_volume_usd": "1000.5"}, 1000.5),
    ("cluster_volume_per_address_usd", {"total_volume_usd": "100", "address_count": 4.0}, 25.0),
    (
        "cluster_alert_span_days",
        {"earliest_alert_timestamp": 0, "latest_alert_timestamp": 129600000},
        1.5,
    ),
    # the stamps swapped: negative, not a wrapped-around huge number
    (
        "cluster_alert_span_days",
        {"earliest_alert_timestamp": 86400000, "latest_alert_timestamp": 0},
        -1.0,
    ),
    ("cluster_window_days", {"window_days": 30}, 30.0),
    ("cluster_known_address_ratio", {"known_address_count": 3.0, "address_count": 4.0}, 0.75),
    ("cluster_known_address_ratio", {"known_address_count": 0.0, "address_count": 0.0}, None),
    ("cluster_min_pass_through_ratio", {"min_pass_through_ratio": 0.5}, 0.5),
    ("cluster_mean_pass_through_ratio", {"mean_pass_through_ratio": 0.75}, 0.75),
    ("cluster_mean_reciprocity_ratio", {"mean_reciprocity_ratio": 0.25}, 0.25),
    ("cluster_mean_counterparty_count", {"mean_unique_counterparties": 2.5}, 2.5),
    ("cluster_max_counterparty_count", {"max_unique_counterparties": 9.0}, 9.0),
    ("cluster_max_total_in_usd", {"max_total_in_usd": 5000.0}, 5000.0),
    ("cluster_max_burst_ratio", {"max_burst_ratio": 1.0}, 1.0),
    ("cluster_mean_structuring_score", {"mean_structuring_score": 0.125}, 0.125),
    ("cluster_max_structuring_score", {"max_structuring_score": 0.5}, 0.5),
]


@pytest.mark.parametrize(("name", "given", "expected"), VALUES)
def test_value(
    name: str, given: dict[str, object], expected: float | str | None, cluster_value: ValueOf
) -> None:
    assert cluster_value(BY_NAME[name], given) == expected


def test_every_feature_has_a_row() -> None:
    assert {name for name, _, _ in VALUES} == set(BY_NAME)


@pytest.mark.parametrize("feature", cluster.FEATURES, ids=lambda feature: feature.name)
def test_feature_of_a_row_of_nulls_is_null(feature: Feature, cluster_value: ValueOf) -> None:
    if feature.columns == ("window_days",):
        pytest.skip("the window is a part of the key, and every row has it")
    assert cluster_value(feature, {}) is None
