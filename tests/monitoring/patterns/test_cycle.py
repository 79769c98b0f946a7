from itertools import pairwise

import numpy as np
import pytest

from aml_miner.monitoring.patterns.bands import Bands
from aml_miner.monitoring.patterns.cycle import detect_cycles, search_cycles
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import SQUARE, names_of


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
