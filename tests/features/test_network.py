"""The graph and flow features, each worked out by hand."""

from collections.abc import Callable

import pytest

from aml_miner.features import network
from aml_miner.features.feature import Feature

type ValueOf = Callable[[Feature, dict[str, object]], float | str | None]

BY_NAME = {feature.name: feature for feature in network.FEATURES}

VALUES: list[tuple[str, dict[str, object], float | str | None]] = [
    ("degree_in", {"degree_in": 3}, 3.0),
    ("degree_out", {"degree_out": 0}, 0.0),
    ("unique_counterparties", {"unique_counterparties": 7}, 7.0),
    ("tx_in_count", {"tx_in_count": 12}, 12.0),
    ("tx_out_count", {"tx_out_count": 9}, 9.0),
    ("total_in_usd", {"total_in_usd": "100.5"}, 100.5),
    ("total_out_usd", {"total_out_usd": "98.25"}, 98.25),
    ("net_flow_ratio", {"net_flow_usd": "-50", "total_volume_usd": "200"}, -0.25),
    ("net_flow_ratio", {"net_flow_usd": "0", "total_volume_usd": "0"}, None),  # never active
    ("pass_through_ratio", {"total_in_usd": "100", "total_out_usd": "98"}, 0.98),
    ("pass_through_ratio", {"total_in_usd": "98", "total_out_usd": "100"}, 0.98),
    ("pass_through_ratio", {"total_in_usd": "100", "total_out_usd": "0"}, 0.0),
    ("pass_through_ratio", {"total_in_usd": "0", "total_out_usd": "0"}, None),  # never active
    ("pass_through_ratio", {"total_in_usd": "100"}, None),  # one side unknown: not 100 %
    ("fan_in_ratio", {"degree_in": 12, "degree_out": 3}, 4.0),
    ("fan_in_ratio", {"degree_in": 12, "degree_out": 0}, 12.0),  # none counts as one
    ("fan_out_ratio", {"degree_in": 2, "degree_out": 5}, 2.5),
    ("fan_out_ratio", {"degree_in": 0, "degree_out": 0}, 0.0),
    ("incoming_transfer_ratio", {"tx_in_count": 3, "tx_total_count": 4}, 0.75),
    (
        "transfers_per_counterparty_ratio",
        {"tx_total_count": 10, "unique_counterparties": 4},
        2.5,
    ),
    (
        "transfers_per_counterparty_ratio",
        {"tx_total_count": 0, "unique_counterparties": 0},
        None,
    ),
    ("reciprocity_ratio", {"reciprocity_ratio": 0.5}, 0.5),
    ("counterparty_overlap_ratio", {"counterparty_overlap_ratio": 0.25}, 0.25),
    ("largest_counterparty_ratio", {"concentration_ratio": 0.75}, 0.75),
    ("counterparty_evenness", {"counterparty_concentration": 1.0}, 1.0),
    ("flow_diversity", {"flow_diversity": 0.875}, 0.875),
    ("flow_direction_entropy", {"flow_direction_entropy": -0.0}, 0.0),
    ("pagerank", {"pagerank": 0.125}, 0.125),
    ("clustering_coefficient", {"clustering_coefficient": 0.5}, 0.5),
    ("kcore", {"kcore": 4}, 4.0),
    ("khop2_count", {"khop2_count": 20}, 20.0),
    ("khop3_count", {"khop3_count": 60}, 60.0),
    ("khop_growth_ratio", {"khop1_count": 5, "khop2_count": 20}, 4.0),
    ("khop_growth_ratio", {"khop1_count": 0, "khop2_count": 0}, None),  # sends to nobody
]


@pytest.mark.parametrize(("name", "given", "expected"), VALUES)
def test_value(
    name: str, given: dict[str, object], expected: float | str | None, alert_value: ValueOf
) -> None:
    assert alert_value(BY_NAME[name], given) == expected


def test_every_feature_has_a_row() -> None:
    assert {name for name, _, _ in VALUES} == set(BY_NAME)


@pytest.mark.parametrize("feature", network.FEATURES, ids=lambda feature: feature.name)
def test_feature_of_a_row_of_nulls_is_null(feature: Feature, alert_value: ValueOf) -> None:
    assert alert_value(feature, {}) is None
