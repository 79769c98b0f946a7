"""The activity features, each worked out by hand."""

from collections.abc import Callable

import pytest

from aml_miner.features import temporal
from aml_miner.features.feature import Feature

type ValueOf = Callable[[Feature, dict[str, object]], float | str | None]

BY_NAME = {feature.name: feature for feature in temporal.FEATURES}

VALUES: list[tuple[str, dict[str, object], float | str | None]] = [
    ("activity_days", {"activity_days": 6}, 6.0),
    ("activity_span_days", {"activity_span_days": 24}, 24.0),
    ("activity_density_ratio", {"activity_days": 6, "activity_span_days": 24}, 0.25),
    # two dates less than a whole day apart: the span, cut to whole days, is the shorter
    ("activity_density_ratio", {"activity_days": 2, "activity_span_days": 1}, 1.0),
    ("activity_density_ratio", {"activity_days": 0, "activity_span_days": 0}, None),
    ("activity_window_ratio", {"activity_span_days": 15}, 0.5),
    ("transfers_per_active_day_ratio", {"tx_total_count": 30, "activity_days": 4}, 7.5),
    ("volume_per_active_day_usd", {"total_volume_usd": "900", "activity_days": 4}, 225.0),
    ("burst_ratio", {"burst_factor": 24.0}, 1.0),
    ("burst_ratio", {"burst_factor": 6.0}, 0.25),
    ("night_transaction_ratio", {"night_transaction_ratio": 0.5}, 0.5),
    ("weekend_transaction_ratio", {"weekend_transaction_ratio": 0.25}, 0.25),
    ("regularity_score", {"regularity_score": 0.75}, 0.75),
    ("daily_entropy", {"daily_entropy": 2.5}, 2.5),
    ("flow_burstiness", {"flow_burstiness": 0.125}, 0.125),
    ("peak_hour_volume_ratio", {"intraday_volume_ratio": 12.0}, 0.5),
    # the processing date is 2025-11-20; it ends at 1763683200000
    ("days_since_first_activity", {"first_activity_timestamp": 1763683200000 - 129600000}, 1.5),
    ("days_since_first_activity", {"first_activity_timestamp": 1763683200000 - 2592000000}, 30.0),
    ("days_since_last_activity", {"last_activity_timestamp": 1763683200000}, 0.0),
    ("days_since_last_activity", {"last_activity_timestamp": 1763683200000 - 21600000}, 0.25),
    ("is_new_address", {"is_new_address": True}, 1.0),
    ("is_new_address", {"is_new_address": False}, 0.0),
    ("is_dormant_reactivated", {"is_dormant_reactivated": True}, 1.0),
]


@pytest.mark.parametrize(("name", "given", "expected"), VALUES)
def test_value(
    name: str, given: dict[str, object], expected: float | str | None, alert_value: ValueOf
) -> None:
    assert alert_value(BY_NAME[name], given) == expected


def test_every_feature_has_a_row() -> None:
    assert {name for name, _, _ in VALUES} == set(BY_NAME)


@pytest.mark.parametrize("feature", temporal.FEATURES, ids=lambda feature: feature.name)
def test_feature_of_a_row_of_nulls_is_null(feature: Feature, alert_value: ValueOf) -> None:
    assert alert_value(feature, {}) is None
