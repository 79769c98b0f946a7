from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns import circles
from aml_miner.monitoring.patterns.circles import (
    CircleLimits,
    counterparties,
    payees_and_payers,
    search_circles,
)
from aml_miner.monitoring.patterns.pattern import Pattern
from aml_miner.monitoring.patterns.sybil_circle import detect_sybil_circles
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

MEMBERS = [f"m{i:02}" for i in range(12)]
COLLECTED: list[Line] = [(m, "collector", 50 + i, 10 + i / 10) for i, m in enumerate(MEMBERS)]
FUNDED: list[Line] = [("funder", m, 20 + i, i / 10) for i, m in enumerate(MEMBERS)]
CHAIN: list[Line] = [
    (one, next_one, 300 - i, i / 10) for i, (one, next_one) in enumerate(pairwise(MEMBERS))
]
FARMED: list[Line] = [
    (m, f"farm{(i + k) % 5}", 5.0 + k, 5 + i / 10) for i, m in enumerate(MEMBERS) for k in range(3)
]
LIFE: list[Line] = [(f"c{i}", "shop", 5, 20.0 * i) for i in range(30)]


def found_of(profile: MonitoringProfile, *lines: Line) -> tuple[Activity, list[Pattern]]:
    activity = activity_of(*lines)
    return activity, detect_sybil_circles(activity, profile.sybil_circle).patterns


@pytest.mark.parametrize(
    ("lines", "roles"),
    [
        ([*FUNDED, *COLLECTED], {"collector", "shared"}),
        ([*FARMED, *COLLECTED], {"collector", "shared"}),
        ([*CHAIN, *COLLECTED], {"collector"}),
        ([*FUNDED, *FARMED], {"funder", "shared"}),
    ],
)
def test_addresses_with_a_common_end_and_no_life_of_their_own_are_found(
    lines: list[Line], roles: set[str], profile: MonitoringProfile
) -> None:
    activity, (circle,) = found_of(profile, *lines, *LIFE)
    assert names_of(circle, activity)[:12] == MEMBERS
    assert set(circle.roles[12:]) == roles
    assert circle.risk > 0.9
    assert circle.facts["circle_addresses"] == 12
    assert len(circle.transfers) == len(lines)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (COLLECTED, "customers of one shop have nothing else in common"),
        ([*FUNDED, *COLLECTED[:9]], "nine are too few, and the others have no other in common"),
        (
            [*COLLECTED, *((m, f"own{m}{k}", 9, 3) for m in MEMBERS for k in range(2)), *FUNDED],
            "each has a life of its own",
        ),
        (
            [*COLLECTED, *((m, f"two{i // 2}", 9, 3) for i, m in enumerate(MEMBERS))],
            "a counterparty of two is not shared by three",
        ),
        ([(a, b, usd, 1) for a, b, usd, _ in LIFE], "a shop alone"),
    ],
)
def test_none_where_they_have_a_life_or_nothing_in_common(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert found_of(profile, *lines)[1] == [], why


def test_a_popular_shops_customers_are_no_circle_though_their_other_shops_are_shared(
    profile: MonitoringProfile,
) -> None:
    lines: list[Line] = [
        (f"c{i:03}", f"shop{(i * 7 + k * k) % 12}", 20 + i % 9, 13.0 * i % 500 + k)
        for i in range(240)
        for k in range(4)
    ]
    payday: list[Line] = [(f"firm{i % 12}", f"c{i:03}", 900, 480.0) for i in range(240)]
    _, found = found_of(profile, *lines, *payday)
    assert all(circle.risk < profile.structural.min_risk for circle in found)


def test_members_are_a_part_of_what_others_do(profile: MonitoringProfile) -> None:
    strangers: list[Line] = [(f"s{i:02}", "collector", 9, 1.0 + i) for i in range(12)]
    activity, (circle,) = found_of(profile, *FARMED, *COLLECTED, *strangers)
    assert activity.addresses[circle.addresses[12]] == "collector"
    assert circle.facts["exclusiveness"] == 0.5
    days = activity.transfers.window_days
    half = circle.facts["half_of_transfers_within_days"]
    assert isinstance(half, float)
    assert circle.risk == pytest.approx(0.5 * (0.7 + 0.3 * (1 - 2 * half / days)), abs=1e-3)


def test_of_circles_of_the_same_members_the_most_exclusive_is_kept(
    profile: MonitoringProfile,
) -> None:
    others: list[Line] = [("funder", f"s{i}", 9, 1.0 + i) for i in range(6)]
    activity, (circle,) = found_of(profile, *FUNDED, *COLLECTED, *others)
    assert activity.addresses[circle.addresses[12]] == "collector"


LIMITS = CircleLimits(max_counterparties=4, min_inside=0.7, min_sharers=2, min_members=2)
PAIRS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1]),
    min_size=1,
    max_size=25,
)


@given(PAIRS)
def test_members_of_a_circle_are_what_their_definition_says(pairs: list[tuple[int, int]]) -> None:
    activity = activity_of(*((f"a{i}", f"a{j}", 10, 1) for i, j in pairs))
    known = counterparties(activity)
    for around in payees_and_payers(activity):
        middles, start, members = search_circles(around, known, LIMITS)
        for place, middle in enumerate(middles.tolist()):
            circle = members[start[place] : start[place + 1]].tolist()
            assert len(circle) >= LIMITS.min_members
            assert set(circle) <= set(around.of(middle).tolist())
            assert all(len(known.of(member)) <= LIMITS.max_counterparties for member in circle)


@given(PAIRS)
def test_the_compiled_search_equals_the_one_in_python(pairs: list[tuple[int, int]]) -> None:
    activity = activity_of(*((f"a{i}", f"a{j}", 10, 1) for i, j in pairs))
    known = counterparties(activity)
    compiled_part = circles.keep_inside
    for around in payees_and_payers(activity):
        compiled = search_circles(around, known, LIMITS)
        circles.keep_inside = circles.keep_inside.py_func
        plain = search_circles.py_func(around, known, LIMITS)
        circles.keep_inside = compiled_part
        assert [part.tolist() for part in compiled] == [np.asarray(part).tolist() for part in plain]
