import pytest

from aml_miner.monitoring.patterns.fan import detect_fan_in, detect_fan_out
from aml_miner.monitoring.patterns.pattern import pattern_id
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import FAN_IN, names_of


def test_fan_in_names_its_hub_first_then_senders_by_their_first_payment(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*reversed(FAN_IN))
    (fan,) = detect_fan_in(activity, profile.fan).patterns
    assert names_of(fan, activity) == ["hub", "s0", "s1", "s2", "s3", "s4", "s5"]
    assert fan.roles == ("hub", *["source"] * 6)
    assert len(fan.transfers) == 6


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (FAN_IN[:4], "four senders are below the least degree of five"),
        (
            [*FAN_IN, *[("hub", f"r{i}", 10.0, 9.0) for i in range(4)]],
            "four recipients are too many",
        ),
    ],
)
def test_no_fan_in_when_a_side_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_fan_in(activity_of(*lines), profile.fan).patterns == [], why


def test_fan_out_is_the_mirror_of_fan_in(profile: MonitoringProfile) -> None:
    mirrored = activity_of(*[(b, a, usd, hour) for a, b, usd, hour in FAN_IN])
    (fan,) = detect_fan_out(mirrored, profile.fan).patterns
    (original,) = detect_fan_in(activity_of(*FAN_IN), profile.fan).patterns
    assert fan.addresses == original.addresses
    assert fan.risk == original.risk
    assert fan.roles[1] == "recipient"


def test_alike_amounts_close_in_time_are_riskier(profile: MonitoringProfile) -> None:
    equal = [(f"s{i}", "hub", 50.0, 0.0) for i in range(6)]
    spread = [(f"s{i}", "hub", 10.0 ** (i % 3), 100.0 * i) for i in range(6)]
    risk_of_equal = detect_fan_in(activity_of(*equal), profile.fan).patterns[0].risk
    assert risk_of_equal == pytest.approx(0.2 * 6 / 20 + 0.4 + 0.4)
    assert detect_fan_in(activity_of(*spread), profile.fan).patterns[0].risk < risk_of_equal


def test_a_fan_in_of_nothing_has_no_alike_amounts(profile: MonitoringProfile) -> None:
    nothing = activity_of(*[(f"s{i}", "hub", 0.0, 0.0) for i in range(6)])
    assert detect_fan_in(nothing, profile.fan).patterns[0].facts["amount_alikeness"] == 0


def test_a_fan_has_the_same_id_whichever_payment_came_first(profile: MonitoringProfile) -> None:
    forward = activity_of(*FAN_IN)
    backward = activity_of(*[(a, b, usd, 9 - hour) for a, b, usd, hour in FAN_IN])
    ids = {
        pattern_id(detect_fan_in(activity, profile.fan).patterns[0], activity.addresses)
        for activity in (forward, backward)
    }
    assert len(ids) == 1
