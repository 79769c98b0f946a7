import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns.pattern import Pattern
from aml_miner.monitoring.patterns.sybil_group import (
    alike_leaders,
    detect_sybil_groups,
    follow_alike,
    have_alike,
)
from aml_miner.monitoring.profile import MonitoringProfile, load_profile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

MEMBERS = [f"m{i}" for i in range(10)]
SHOPS = "pqrst"
GROUP: list[Line] = [(m, shop, 100, i) for i, m in enumerate(MEMBERS) for shop in SHOPS]
ONE: list[Line] = [(m, "p", 100, i / 10) for i, m in enumerate(MEMBERS)]
TWO: list[Line] = [(m, shop, 100, i / 10) for i, m in enumerate(MEMBERS) for shop in "pq"]
FUNDS: list[Line] = [("owner", m, 101, -1 - i / 10) for i, m in enumerate(MEMBERS)]
LIFE: list[Line] = [("v", "p", 5, 200), ("w", "q", 5, 210), ("x", "r", 5, 220)]


def without(*gone: tuple[str, str]) -> list[Line]:
    return [line for line in GROUP if line[:2] not in gone]


def found_of(profile: MonitoringProfile, *lines: Line) -> tuple[Activity, list[Pattern]]:
    activity = activity_of(*lines)
    return activity, detect_sybil_groups(activity, profile.sybil_group).patterns


def test_ten_addresses_that_pay_the_same_five_are_found_amid_ordinary_life(
    profile: MonitoringProfile,
) -> None:
    activity, (group,) = found_of(profile, *LIFE, *GROUP)
    assert names_of(group, activity) == [*MEMBERS, *SHOPS]
    assert group.roles == ("member",) * 10 + ("recipient",) * 5
    assert activity.amount_usd[group.transfers].tolist() == [100] * 50
    assert (group.facts["similar_addresses"], group.facts["recipients"]) == (10, 5)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([line for line in GROUP if line[0] != "m3"], "nine are too few"),
        (without(("m3", "p"), ("m3", "q")), "three of five are not alike enough"),
        ([*GROUP, ("m3", "y", 1.0, 9.0), ("m3", "z", 1.0, 9.0)], "five of seven are not either"),
        ([*without(("m3", "p")), ("m3", "z", 1.0, 9.0)], "nor are four of six"),
        ([(b, a, usd, at) for a, b, usd, at in ONE], "they are paid, and pay nobody"),
        (ONE, "one recipient alone is a shop"),
        ([*ONE, *(("p", m, 101, -1) for m in MEMBERS)], "it pays them too, and is still alone"),
    ],
)
def test_no_group_when_one_address_pays_others(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert found_of(profile, *lines)[1] == [], why


@pytest.mark.parametrize(
    "lines", [without(("m3", "p")), [*GROUP, ("m3", "z", 1.0, 9.0)], without(("m0", "s"))]
)
def test_one_recipient_of_five_or_six_may_differ(
    lines: list[Line], profile: MonitoringProfile
) -> None:
    activity, (group,) = found_of(profile, *lines)
    assert names_of(group, activity)[:10] == MEMBERS


def test_members_with_a_common_funder_are_told_from_a_shops_other_customers(
    profile: MonitoringProfile,
) -> None:
    customers: list[Line] = [(f"c{i}", "p", 7.0 * i, 30.0 * i) for i in range(1, 12)]
    activity, (group,) = found_of(profile, *ONE, *customers, *FUNDS, ("shop", "m0", 1, 9))
    assert names_of(group, activity) == [*MEMBERS, "p", "owner"]
    assert group.roles[-2:] == ("recipient", "funder")
    assert len(group.transfers) == 20
    assert group.facts["common_funder"] == "owner"


def test_risk_counts_exclusiveness_amounts_and_hurry(profile: MonitoringProfile) -> None:
    _, (group,) = found_of(profile, *TWO, ("z", "y", 1, 24 * 10 - 1))
    assert group.risk == pytest.approx(0.4 + 0.3 + 0.3 * (1 - 2 * 0.4 / 24 / 10))
    others: list[Line] = [(f"c{i}", x, 1, 100) for i in range(10) for x in (f"d{i}", "p")]
    _, (group,) = found_of(profile, *TWO, *others, ("z", "y", 1, 24 * 10 - 1))
    assert group.facts["exclusiveness"] == 0.75
    assert group.risk == pytest.approx(0.75 * (0.4 + 0.3 + 0.3 * (1 - 2 * 0.4 / 24 / 10)))


def test_a_shops_one_time_customers_are_no_group(profile: MonitoringProfile) -> None:
    random = np.random.default_rng(0)
    customers = [
        (f"c{i:03}", "shop", float(random.uniform(10, 60)), float(random.uniform(0, 700)))
        for i in range(500)
    ]
    supplies = [("shop", f"supplier{i % 5}", 500.0, 23.0 * i) for i in range(30)]
    assert found_of(profile, *customers, *supplies)[1] == []


def test_employees_who_all_pay_one_of_many_shops_are_no_alert(profile: MonitoringProfile) -> None:
    paid: list[Line] = [("firm", f"e{i:02}", 900, 1) for i in range(30)]
    spent: list[Line] = [(f"e{i:02}", "shop", 100, 2 + i / 100) for i in range(20)]
    others: list[Line] = [(f"c{i:02}", "shop", 100, 9.0 * i) for i in range(60)]
    _, (group,) = found_of(profile, *paid, *spent, *others)
    assert group.risk < profile.structural.min_risk


def test_customers_of_one_exchange_are_no_alert(profile: MonitoringProfile) -> None:
    random = np.random.default_rng(1)
    paid_in = [
        (f"c{i}", "exchange", float(random.lognormal(5, 1)), float(random.uniform(0, 700)))
        for i in range(100)
    ]
    funded = [("exchange", f"c{i}", 50.0, -1.0 - i) for i in range(50)]
    elsewhere = [(f"d{i}", x, 9.0, 7.0 * i) for i in range(100) for x in (f"e{i}", "exchange")]
    _, groups = found_of(profile, *paid_in, *funded, *elsewhere)
    assert groups == []


def test_without_transfers_there_is_no_group(profile: MonitoringProfile) -> None:
    assert have_alike.py_func(np.array([1]), np.array([1, 2]), 0.8) is False
    assert found_of(profile, ("a", "b", 1, 0))[1] == []


SETS = st.lists(st.sets(st.integers(0, 9), max_size=7), min_size=1, max_size=12)


@given(SETS)
def test_everybody_follows_who_leads_itself_and_is_alike(recipients: list[set[int]]) -> None:
    lines = [(f"m{i:02}", f"r{r}", 1.0, 0.0) for i, own in enumerate(recipients) for r in own]
    activity = activity_of(("a", "b", 1.0, 0.0), *lines)
    leaders = alike_leaders(activity, load_profile().sybil_group)
    edges = activity.edges
    own = [
        set(edges["target"].to_numpy()[edges["source"].to_numpy() == address].tolist())
        for address in range(activity.count)
    ]
    for address, leader in enumerate(leaders.tolist()):
        if not own[address]:
            assert leader == -1
            continue
        assert leader <= address
        assert leaders[leader] == leader
        assert len(own[address] & own[leader]) >= 0.8 * len(own[address] | own[leader])
        same = [other for other in range(activity.count) if own[other] == own[address]]
        assert len({int(leaders[other]) for other in same}) == 1


@given(SETS)
def test_the_compiled_search_is_the_written_one(recipients: list[set[int]]) -> None:
    start = np.cumsum([0, *map(len, recipients)])
    target = np.array([r for own in recipients for r in sorted(own)], np.int64)
    lowest = np.unique([min(own, default=0) for own in recipients], return_inverse=True)[1]
    bucket = np.array([lowest, np.zeros(len(recipients), np.int64)])
    expected = follow_alike.py_func(start, target, bucket, 0.8)
    assert np.array_equal(follow_alike(start, target, bucket, 0.8), expected)


@given(st.sets(st.integers(0, 9), min_size=1), st.sets(st.integers(0, 9), min_size=1))
def test_sets_are_alike_by_their_jaccard_index(one: set[int], other: set[int]) -> None:
    expected = len(one & other) >= 0.8 * len(one | other)
    ascending = np.array(sorted(one)), np.array(sorted(other))
    assert have_alike.py_func(*ascending, 0.8) == have_alike(*ascending, 0.8) == expected
