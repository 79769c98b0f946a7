from itertools import pairwise

import numpy as np
import pytest

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns import detect_patterns
from aml_miner.monitoring.patterns.bands import Bands
from aml_miner.monitoring.patterns.cycle import detect_cycles, search_cycles
from aml_miner.monitoring.patterns.fan import detect_fan_in, detect_fan_out
from aml_miner.monitoring.patterns.pattern import Pattern, pattern_id, pattern_table
from aml_miner.monitoring.profile import MonitoringProfile, load_profile
from tests.monitoring.graphs import activity_of

type Line = tuple[str, str, float, float]

SQUARE: list[Line] = [("a", "b", 100, 0), ("b", "c", 99, 1), ("c", "d", 98, 2), ("d", "a", 97, 3)]
FAN_IN: list[Line] = [(f"s{i}", "hub", 50 + i, i) for i in range(6)]


@pytest.fixture
def profile() -> MonitoringProfile:
    return load_profile()


def names_of(pattern: Pattern, activity: Activity) -> list[str]:
    return [activity.addresses[a] for a in pattern.addresses]


def test_a_cycle_is_found_in_the_order_of_its_payments(profile: MonitoringProfile) -> None:
    activity = activity_of(*SQUARE)
    (cycle,) = detect_cycles(activity, profile.cycle).patterns
    assert names_of(cycle, activity) == ["a", "b", "c", "d"]
    assert cycle.transfers.tolist() == [0, 1, 2, 3]
    assert cycle.facts["in_time_order"] is True


def test_every_consecutive_pair_of_a_cycle_is_a_real_transfer(profile: MonitoringProfile) -> None:
    activity = activity_of(*SQUARE, ("b", "d", 100, 4), ("d", "b", 100, 5))
    paid = set(zip(activity.source.tolist(), activity.target.tolist(), strict=True))
    for cycle in detect_cycles(activity, profile.cycle).patterns:
        path = [*cycle.addresses, cycle.addresses[0]]
        assert all(pair in paid for pair in pairwise(path))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (SQUARE[:3], "the last payment is missing"),
        ([*SQUARE[:3], ("d", "a", 80, 3)], "the last amount is not alike"),
        ([("a", "b", 100, 0), ("b", "a", 100, 1)], "two addresses are no cycle"),
        ([*SQUARE[:3], ("d", "a", 0, 3)], "nothing came back"),
    ],
)
def test_no_cycle_when_one_payment_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_cycles(activity_of(*lines), profile.cycle).patterns == [], why


def test_a_cycle_against_time_is_less_risky(profile: MonitoringProfile) -> None:
    forward = detect_cycles(activity_of(*SQUARE), profile.cycle).patterns[0]
    times = (3.0, 2.0, 1.0, 0.0)
    backward_lines = [(a, b, usd, t) for (a, b, usd, _), t in zip(SQUARE, times, strict=True)]
    backward = detect_cycles(activity_of(*backward_lines), profile.cycle).patterns[0]
    assert backward.facts["in_time_order"] is False
    assert forward.risk - backward.risk == pytest.approx(0.2)


def test_an_ordinary_payment_between_the_same_two_does_not_hide_a_cycle(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*SQUARE, ("a", "b", 5000, 9))
    (cycle,) = detect_cycles(activity, profile.cycle).patterns
    assert cycle.transfers.tolist() == [0, 1, 2, 3]


def test_of_two_ways_round_the_most_alike_is_kept(profile: MonitoringProfile) -> None:
    activity = activity_of(*SQUARE, ("d", "a", 111, 4))  # over 10 % more than 97: a band of its own
    (cycle,) = detect_cycles(activity, profile.cycle).patterns
    assert cycle.facts["largest_over_smallest_amount"] == round(100 / 97, 4)


def test_three_addresses_with_equal_amounts_are_called_wash_trading(
    profile: MonitoringProfile,
) -> None:
    triangle = activity_of(("a", "b", 10, 0), ("b", "c", 10, 1), ("c", "a", 10, 2))
    assert detect_cycles(triangle, profile.cycle).patterns[0].facts["wash_trading"] is True
    square = detect_cycles(activity_of(*SQUARE), profile.cycle).patterns[0]
    assert square.facts["wash_trading"] is False


def test_a_cycle_longer_than_the_bound_is_not_found(profile: MonitoringProfile) -> None:
    short = profile.cycle.model_copy(update={"max_length": 3})
    assert detect_cycles(activity_of(*SQUARE), short).patterns == []


def test_a_bound_that_bites_is_counted(profile: MonitoringProfile) -> None:
    hurried = profile.cycle.model_copy(update={"max_steps_per_address": 2})
    found = detect_cycles(activity_of(*SQUARE), hurried)
    assert found.patterns == []
    assert found.cut_off > 0


def test_the_compiled_search_equals_the_one_in_python() -> None:
    bands = Bands.of(activity_of(*SQUARE, ("b", "d", 100, 4), ("c", "a", 99, 5)), 1.1)
    for max_length, max_steps in ((8, 1000), (3, 1000), (8, 3)):
        arguments = (bands.start, bands.target, bands.amount, max_length, 1.15, max_steps)
        compiled, plain = search_cycles(*arguments), search_cycles.py_func(*arguments)
        assert [np.asarray(part).tolist() for part in compiled] == [
            np.asarray(part).tolist() for part in plain
        ]


def test_fan_in_names_its_hub_first_then_senders_by_their_first_payment(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*reversed(FAN_IN))
    (fan,) = detect_fan_in(activity, profile.fan)
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
    assert detect_fan_in(activity_of(*lines), profile.fan) == [], why


def test_fan_out_is_the_mirror_of_fan_in(profile: MonitoringProfile) -> None:
    mirrored = activity_of(*[(b, a, usd, hour) for a, b, usd, hour in FAN_IN])
    (fan,) = detect_fan_out(mirrored, profile.fan)
    (original,) = detect_fan_in(activity_of(*FAN_IN), profile.fan)
    assert fan.addresses == original.addresses
    assert fan.risk == original.risk
    assert fan.roles[1] == "recipient"


def test_alike_amounts_close_in_time_are_riskier(profile: MonitoringProfile) -> None:
    equal = [(f"s{i}", "hub", 50.0, 0.0) for i in range(6)]
    spread = [(f"s{i}", "hub", 10.0 ** (i % 3), 100.0 * i) for i in range(6)]
    risk_of_equal = detect_fan_in(activity_of(*equal), profile.fan)[0].risk
    assert risk_of_equal == pytest.approx(0.2 * 6 / 20 + 0.4 + 0.4)
    assert detect_fan_in(activity_of(*spread), profile.fan)[0].risk < risk_of_equal


def test_a_fan_in_of_nothing_has_no_alike_amounts(profile: MonitoringProfile) -> None:
    nothing = activity_of(*[(f"s{i}", "hub", 0.0, 0.0) for i in range(6)])
    assert detect_fan_in(nothing, profile.fan)[0].facts["amount_alikeness"] == 0


def test_a_pattern_has_the_same_id_on_another_day_and_another_id_for_other_members(
    profile: MonitoringProfile,
) -> None:
    def id_of(*lines: Line) -> str:
        activity = activity_of(*lines)
        return pattern_id(detect_cycles(activity, profile.cycle).patterns[0], activity.addresses)

    today = id_of(*SQUARE)
    assert today == id_of(*[(a, b, usd, hour + 48) for a, b, usd, hour in SQUARE])
    assert today == id_of(*SQUARE, ("b", "e", 7, 5))  # the numbers of addresses are no part of it
    assert today != id_of(("a", "b", 10, 0), ("b", "c", 10, 1), ("c", "a", 10, 2))


def test_the_table_of_patterns_is_sorted_and_complete(profile: MonitoringProfile) -> None:
    activity = activity_of(*SQUARE, *FAN_IN)
    table = pattern_table(detect_patterns(activity, profile).patterns, activity)
    assert table["pattern_id"].is_sorted()
    assert set(table["pattern_type"]) == {"cycle", "fan_in"}
    (cycle,) = [row for row in table.to_dicts() if row["pattern_type"] == "cycle"]
    assert cycle["addresses_involved"] == ["a", "b", "c", "d"]
    assert cycle["evidence_transaction_count"] == 4
    assert cycle["evidence_volume_usd"] == 394
    assert cycle["pattern_start_time"] == activity.timestamp.min()


def test_a_fan_has_the_same_id_whichever_payment_came_first(profile: MonitoringProfile) -> None:
    forward = activity_of(*FAN_IN)
    backward = activity_of(*[(a, b, usd, 9 - hour) for a, b, usd, hour in FAN_IN])
    ids = {
        pattern_id(detect_fan_in(activity, profile.fan)[0], activity.addresses)
        for activity in (forward, backward)
    }
    assert len(ids) == 1
