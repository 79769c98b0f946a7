from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.monitoring.patterns.cycle import detect_cycles
from aml_miner.monitoring.patterns.fan import FAN_IN, detect_fan_in
from aml_miner.monitoring.patterns.pattern import Pattern
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
    found = detect_structural(activity, patterns, profile.structural).findings
    assert [(each.address, each.transfers.tolist()) for each in found] == [
        (0, [0, 3]),
        (1, [0, 1]),
        (2, [1, 2]),
        (3, [2, 3]),
    ]
    assert {each.confidence for each in found} == {patterns[0].risk}


class Counted(np.ndarray[Any, Any]):
    """An array that counts how many of its elements are compared."""

    compared = 0

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as NumPy has it
        Counted.compared += self.size if ufunc is np.equal else 0
        plain = [np.asarray(each) for each in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)


def test_a_hub_s_transfers_are_not_gone_through_for_each_of_its_counterparties(
    profile: MonitoringProfile,
) -> None:
    crowd = 500
    activity = activity_of(*((f"s{i:03}", "hub", 10, i / 100) for i in range(crowd)))
    activity.__dict__["source"] = activity.source.view(Counted)
    pattern = Pattern(
        kind=FAN_IN,
        addresses=(0, *range(1, crowd + 1)),
        roles=("hub", *["source"] * crowd),
        transfers=np.arange(crowd),
        risk=0.9,
        detection_method="drawn",
        facts={"counterparties": crowd},
    )
    found = detect_structural(activity, [pattern], profile.structural).findings
    assert [len(each.transfers) for each in found] == [crowd, *[1] * crowd]
    assert [int(activity.source[each.transfers[0]]) for each in found[1:]] == [
        each.address for each in found[1:]
    ]
    assert Counted.compared <= 10 * crowd


class Summed(np.ndarray[Any, Any]):
    """An array that counts how often its elements are summed."""

    sums = 0

    def sum(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as NumPy has it
        Summed.sums += 1
        return np.asarray(self).sum(*arguments, **options)


def test_what_a_pattern_moved_is_summed_once(profile: MonitoringProfile) -> None:
    activity = activity_of(*SQUARE)
    (cycle,) = detect_cycles(activity, profile.cycle).patterns
    activity.__dict__["amount_usd"] = activity.amount_usd.view(Summed)
    assert len(detect_structural(activity, [cycle], profile.structural).findings) == 4
    assert Summed.sums == 1


def test_a_pattern_of_too_little_risk_alerts_nobody(profile: MonitoringProfile) -> None:
    activity = activity_of(*SQUARE)
    patterns = detect_cycles(activity, profile.cycle).patterns
    strict = profile.structural.model_copy(update={"min_risk": 1.0})
    assert detect_structural(activity, patterns, strict).findings == []


@pytest.mark.parametrize(("usd", "alerts"), [(0.0, 0), (0.001, 0), (0.003, 6), (50, 6)])
def test_a_pattern_in_which_no_money_moves_alerts_nobody(
    usd: float, alerts: int, profile: MonitoringProfile
) -> None:
    """Whoever scatters a worthless asset, or pays 0 to be seen, makes fans like any others."""
    activity = activity_of(*((f"s{i}", "hub", usd, i / 10) for i in range(5)))
    (fan,) = detect_fan_in(activity, profile.fan).patterns
    found = detect_structural(activity, [replace(fan, risk=0.9)], profile.structural)
    assert len(found.findings) == alerts


def test_who_bears_the_label_is_not_alerted_for_it(profile: MonitoringProfile) -> None:
    activity = activity_of(("bad", "x", 100, 0), ("x", "y", 90, 1))
    row = {"address": "bad", "address_type": "mixer", "risk_level": "critical"}
    labels = pl.DataFrame([row], schema=ADDRESS_LABELS.schema)
    patterns = detect_proximity_risk(activity, labels, profile.proximity_risk).patterns
    (found,) = detect_structural(activity, patterns, profile.structural).findings
    assert activity.addresses[found.address] == "x"
    assert found.confidence == 0.8


def test_an_address_has_so_many_alerts_of_a_typology_those_of_the_riskiest_patterns(
    profile: MonitoringProfile,
) -> None:
    lines = [("hub", f"s{i}", 10.0, float(i)) for i in range(4)]
    activity = activity_of(*lines)
    drawn = [
        Pattern(
            FAN_IN,
            (0, i + 1),
            ("hub", "source"),
            np.array([i]),
            (0.6, 0.7, 0.8, 0.9)[i],
            "drawn",
            {"counterparties": 1},
        )
        for i in range(4)
    ]
    two = profile.structural.model_copy(update={"max_alerts": 2})
    found = detect_structural(activity, drawn, two)
    assert [each.confidence for each in found.findings if each.address == 0] == [0.9, 0.8]
    assert sorted({each.address for each in found.findings}) == [0, 1, 2, 3, 4]
    assert found.cut_off == 1
    four = profile.structural.model_copy(update={"max_alerts": 4})
    assert detect_structural(activity, drawn, four).cut_off == 0
