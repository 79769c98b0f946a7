from itertools import combinations, pairwise, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.patterns.cycle import detect_cycles
from aml_miner.monitoring.profile import MonitoringProfile, load_profile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import SQUARE, names_of


def test_a_cycle_is_found_in_the_order_of_its_payments(profile: MonitoringProfile) -> None:
    activity = activity_of(*SQUARE)
    (cycle,) = detect_cycles(activity, profile.cycle).patterns
    assert names_of(cycle, activity) == ["a", "b", "c", "d"]
    assert cycle.transfers.tolist() == [0, 1, 2, 3]


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
        ([*SQUARE[:2], ("c", "d", 98, 0.5), SQUARE[3]], "one payment comes before its money"),
        ([*SQUARE[:2], ("c", "d", 98, 1), SQUARE[3]], "one payment is as late as the one before"),
    ],
)
def test_no_cycle_when_one_payment_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_cycles(activity_of(*lines), profile.cycle).patterns == [], why


def test_a_cycle_may_begin_at_any_of_its_addresses(profile: MonitoringProfile) -> None:
    later = [(a, b, usd, (hour + 2) % 4) for a, b, usd, hour in SQUARE]
    activity = activity_of(*later)
    (cycle,) = detect_cycles(activity, profile.cycle).patterns
    assert names_of(cycle, activity) == ["a", "b", "c", "d"]


def test_payments_that_go_round_with_no_others_are_no_evidence(profile: MonitoringProfile) -> None:
    early = ("b", "c", 99.0, -1.0)
    activity = activity_of(*[(a, b, usd, hour + 1) for a, b, usd, hour in [*SQUARE, early]])
    (cycle,) = detect_cycles(activity, profile.cycle).patterns
    assert cycle.transfers.tolist() == [1, 2, 3, 4]


@given(st.lists(st.tuples(st.sampled_from(["ab", "bc", "ca"]), st.integers(0, 9)), max_size=12))
def test_evidence_is_every_payment_of_a_round_forward_in_time(
    payments: list[tuple[str, int]],
) -> None:
    lines = [(pair[0], pair[1], 100.0, float(hour)) for pair, hour in payments]
    activity = activity_of(("a", "b", 1, 20), ("b", "c", 1, 20), ("c", "a", 1, 20), *lines)
    hops = [
        [
            t
            for t in range(len(activity.source))
            if activity.amount_usd[t] == 100
            and activity.source[t] == i
            and activity.target[t] == (i + 1) % 3
        ]
        for i in range(3)
    ]
    time = activity.timestamp
    expected = {
        transfer
        for start in range(3)
        for way in product(*hops[start:], *hops[:start])
        if all(time[one] < time[next_one] for one, next_one in pairwise(way))
        for transfer in way
    }
    found = detect_cycles(activity, load_profile().cycle).patterns
    evidence = {int(t) for cycle in found for t in cycle.transfers if activity.amount_usd[t] == 100}
    assert evidence == expected


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


def test_of_the_ways_round_a_clique_few_are_kept(profile: MonitoringProfile) -> None:
    lines: list[Line] = [
        (f"a{i:02}", f"a{j:02}", 1000, (i * 5 + j * 7) % 11) for i, j in permutations(range(12), 2)
    ]
    found = detect_cycles(activity_of(*lines), profile.cycle)
    members = [set(cycle.addresses) for cycle in found.patterns]
    assert members
    assert all(
        len(one & other) <= profile.cycle.max_overlap * max(len(one), len(other))
        for one, other in combinations(members, 2)
    )
    assert sum(len(each) for each in members) <= 12 * profile.cycle.max_patterns
    assert sum(len(each.transfers) for each in found.patterns) <= len(lines) * 4
    assert found.cut_off > 0


def test_evidence_of_many_equal_payments_is_bounded(profile: MonitoringProfile) -> None:
    lines: list[Line] = [
        (f"a{i % 8}", f"a{(i + 1 + i // 8 % 7) % 8}", 1000, i / 10) for i in range(2000)
    ]
    found = detect_cycles(activity_of(*lines), profile.cycle)
    assert 0 < sum(len(cycle.transfers) for cycle in found.patterns) < 2 * len(lines)


def test_two_cycles_through_one_address_are_both_found(profile: MonitoringProfile) -> None:
    other: list[Line] = [("a", "x", 50, 0), ("x", "y", 50, 1), ("y", "a", 50, 2)]
    found = detect_cycles(activity_of(*SQUARE, *other), profile.cycle).patterns
    assert sorted(len(cycle.addresses) for cycle in found) == [3, 4]
