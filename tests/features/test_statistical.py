"""The amount and size features, each worked out by hand."""

from collections.abc import Callable

import pytest

from aml_miner.features import statistical
from aml_miner.features.feature import Feature

type ValueOf = Callable[[Feature, dict[str, object]], float | str | None]

BY_NAME = {feature.name: feature for feature in statistical.FEATURES}

VALUES: list[tuple[str, dict[str, object], float | str | None]] = [
    ("received_per_sender_usd", {"avg_tx_in_usd": "250.5"}, 250.5),
    ("sent_per_recipient_usd", {"avg_tx_out_usd": "9500"}, 9500.0),
    ("amount_variance", {"amount_variance": 1e6}, 1e6),
    ("volume_cv", {"volume_cv": 0.25}, 0.25),
    ("amount_skewness", {"amount_skewness": -1.5}, -1.5),
    ("amount_kurtosis", {"amount_kurtosis": 2.25}, 2.25),
    ("mean_to_median_in_ratio", {"avg_tx_in_usd": "300", "median_tx_in_usd": "200"}, 1.5),
    ("mean_to_median_in_ratio", {"avg_tx_in_usd": "0", "median_tx_in_usd": "0"}, None),
    ("mean_to_median_out_ratio", {"avg_tx_out_usd": "50", "median_tx_out_usd": "100"}, 0.5),
    (
        "max_to_median_ratio",
        {"max_tx_usd": "900", "median_tx_in_usd": "300", "median_tx_out_usd": "100"},
        3.0,
    ),
    ("max_to_median_ratio", {"max_tx_usd": "900", "median_tx_in_usd": "300"}, None),
    ("amount_predictability", {"amount_predictability": 0.875}, 0.875),
    ("hourly_volume_evenness", {"volume_concentration_score": 0.5}, 0.5),
    ("structuring_score", {"structuring_score": 0.75}, 0.75),
    ("round_number_ratio", {"round_number_ratio": 0.25}, 0.25),
    ("outlier_transfer_ratio", {"outlier_transactions": 1, "tx_total_count": 8}, 0.125),
    ("is_high_volume_trader", {"is_high_volume_trader": True}, 1.0),
    ("is_hub_address", {"is_hub_address": False}, 0.0),
    ("is_whale_inactive", {"is_whale_inactive": True}, 1.0),
    ("is_retail_active", {"is_retail_active": True}, 1.0),
    ("is_retail_inactive", {"is_retail_inactive": True}, 1.0),
]


@pytest.mark.parametrize(("name", "given", "expected"), VALUES)
def test_value(
    name: str, given: dict[str, object], expected: float | str | None, alert_value: ValueOf
) -> None:
    assert alert_value(BY_NAME[name], given) == expected


def test_every_feature_has_a_row() -> None:
    assert {name for name, _, _ in VALUES} == set(BY_NAME)


@pytest.mark.parametrize("feature", statistical.FEATURES, ids=lambda feature: feature.name)
def test_feature_of_a_row_of_nulls_is_null(feature: Feature, alert_value: ValueOf) -> None:
    assert alert_value(feature, {}) is None
