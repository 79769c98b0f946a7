from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.patterns.fan import detect_fan_in, detect_fan_out, passed_on
from aml_miner.monitoring.patterns.pattern import Pattern, pattern_id
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
    assert risk_of_equal == pytest.approx(0.7 + 0.15 + 0.15 * 6 / 20)
    assert detect_fan_in(activity_of(*spread), profile.fan).patterns[0].risk < risk_of_equal


CROWD: list[Line] = [
    (f"x{i}", f"x{(i + step) % 24}", 1, 100 + i) for i in range(24) for step in range(1, 6)
]
"""Twenty-four who deal with ten others each."""
BUSY: list[Line] = [
    (f"s{i}", f"x{4 * i + j}", 1, 100 + 10 * (6 * j + i)) for i in range(6) for j in range(4)
]
"""A life of their own for the six senders."""


def fan_in_of(profile: MonitoringProfile, *lines: Line) -> Pattern:
    (fan,) = (
        fan
        for fan in detect_fan_in(activity_of(*lines, *CROWD, window_days=14), profile.fan).patterns
        if len(fan.addresses) == 7
    )
    return fan


def equal(usd: float = 50, **hours: float) -> list[Line]:
    return [(f"s{i}", "hub", usd, hours.get(f"s{i}", float(i))) for i in range(6)]


@pytest.mark.parametrize(
    ("lines", "purpose", "why"),
    [
        ([*equal(), *BUSY], 0, "the senders have lives of their own, and the hub keeps the money"),
        ([*equal(), *BUSY[8:]], (2 / 6 - 2 / 31) / (29 / 31), "two of six have nobody else"),
        ([*equal(), *BUSY, ("hub", "z", 150, 20)], 0.5, "half of the money left"),
        ([*equal(), *BUSY, ("hub", "z", 900, 20)], 1, "more than all of it left"),
        (
            [*equal(), *BUSY, ("hub", "z", 150, 76)],
            1 / 3,
            "but for two payments it rested too long",
        ),
        ([*equal(), *BUSY, ("hub", "z", 150, 0)], 0, "what left was there before"),
        ([*equal(), *BUSY[4:], ("hub", "z", 150, 20)], 0.5, "the larger of two shares counts"),
    ],
)
def test_risk_asks_what_the_fan_was_for(
    lines: list[Line], purpose: float, why: str, profile: MonitoringProfile
) -> None:
    fan = fan_in_of(profile, *lines)
    hurry = 1 - 2 * 2 / 24 / 14  # three of six payments lie within two hours
    assert fan.risk == pytest.approx(hurry * (0.7 * purpose + 0.15 + 0.15 * 6 / 20)), why


@pytest.mark.parametrize("few", [4, 50])
def test_few_counterparties_say_nothing_where_everybody_has_few(
    few: int, profile: MonitoringProfile
) -> None:
    parameters = profile.fan.model_copy(update={"few_counterparties": few})
    pairs: list[Line] = [(f"y{i}", f"z{i}", 1, 50) for i in range(2000)]
    activity = activity_of(*equal(), *BUSY[4:], *pairs, window_days=14)
    (fan,) = (f for f in detect_fan_in(activity, parameters).patterns if len(f.addresses) == 7)
    assert fan.facts["share_of_counterparties_with_few_others"] == 0


@pytest.mark.parametrize(
    ("again", "once"), [(71.9, 1.0), (72, 1.0), (72.1, 5 / 6)], ids=["before", "at", "after"]
)
def test_who_pays_on_another_occasion_lowers_risk(
    again: float, once: float, profile: MonitoringProfile
) -> None:
    fan = fan_in_of(profile, *equal(), *BUSY, ("s0", "hub", 50, again))
    hurry = 1 - 2 * 3 / 24 / 14  # four of seven payments lie within three hours
    assert fan.facts["share_of_counterparties_dealt_with_once"] == round(once, 4)
    assert fan.risk == pytest.approx(hurry * once * (0.15 + 0.15 * 6 / 20))


def test_what_a_partner_gets_back_of_his_own_is_not_the_fans_money(
    profile: MonitoringProfile,
) -> None:
    partner: list[Line] = [("maker", "hub", 5_000, 0), ("hub", "maker", 4_990, 8)]
    activity = activity_of(*equal(), *BUSY, *partner, *CROWD, window_days=14)
    (fan,) = (f for f in detect_fan_in(activity, profile.fan).patterns if len(f.addresses) == 8)
    assert fan.facts["share_passed_on"] == 0.0


def test_a_partner_who_is_paid_too_hides_no_fan(profile: MonitoringProfile) -> None:
    """A maker lays money into a project, backers follow, and the maker takes out what they paid."""
    partner: list[Line] = [("maker", "hub", 5_000, 0), ("hub", "maker", 5_240, 8)]
    activity = activity_of(*equal(), *BUSY, *partner, *CROWD, window_days=14)
    (fan,) = (f for f in detect_fan_in(activity, profile.fan).patterns if len(f.addresses) == 8)
    assert "maker" in names_of(fan, activity)
    assert fan.facts["one_way_counterparties"] == 6
    assert fan.facts["share_passed_on"] == 0.8  # of the 300 that the six paid
    hurry = 1 - 2 * 2 / 24 / 14
    assert fan.risk == pytest.approx(hurry * (0.7 * 0.8 + 0.15 + 0.15 * 6 / 20))


@pytest.mark.parametrize(
    ("partner", "passed", "why"),
    [
        ([("hub", "z", 240, 8), ("z", "hub", 240, 288)], 0.8, "what he pays in later is not his"),
        ([("z", "hub", 240, 8), ("hub", "z", 240, 8)], 0.8, "nor what comes at that moment"),
        ([("z", "hub", 5_000, 0), ("hub", "z", 240, 8)], 0, "he has not had all of his own back"),
        (
            [("z", "hub", 5_000, 0), ("hub", "z", 240, 8), ("hub", "z", 5_000, 312)],
            0,
            "he takes 240 of his own; what he takes of the others' has rested too long",
        ),
        (
            [("z", "hub", 5_000, 0), ("hub", "z", 4_900, 7), ("hub", "z", 340, 8)],
            0.8,
            "his own is paid back once",
        ),
        (
            [("z", "hub", 240, 200), ("hub", "y", 240, 201), ("hub", "z", 1, 300)],
            0,
            "what another is paid out of a partner's is not the fan's",
        ),
        (
            [("z", "hub", 200, 0), ("y", "hub", 40, 0), ("hub", "z", 40, 7), ("hub", "y", 200, 8)],
            160 / 300,
            "one partner's own is not another's",
        ),
    ],
)
def test_a_partners_own_money_is_what_he_paid_in_before(
    partner: list[Line], passed: float, why: str, profile: MonitoringProfile
) -> None:
    """Alike for a fan-out, where time runs backwards: his own is what he is paid back after."""
    lines = [*equal(), *BUSY, *partner]
    mirrored: list[Line] = [(b, a, usd, 330 - hour) for a, b, usd, hour in lines]
    fans = (
        *detect_fan_in(activity_of(*lines, *CROWD, window_days=14), profile.fan).patterns,
        *detect_fan_out(activity_of(*mirrored, *CROWD, window_days=14), profile.fan).patterns,
    )
    of_hub = [fan for fan in fans if len(fan.addresses) in {8, 9}]
    assert [fan.kind.pattern_type for fan in of_hub] == ["fan_in", "fan_out"]
    assert [fan.facts["share_passed_on"] for fan in of_hub] == [round(passed, 4)] * 2, why
    hurry = 1 - 2 * 2 / 24 / 14
    for fan in of_hub:
        assert fan.risk == pytest.approx(hurry * (0.7 * passed + 0.15 + 0.15 * 6 / 20)), why


def test_whoever_deals_both_ways_with_all_has_no_fan_of_risk(profile: MonitoringProfile) -> None:
    circle: list[Line] = [(a, b, 10, 1) for a, b in permutations("abcdef", 2)]
    wide = profile.fan.model_copy(update={"max_other_side": 5})
    fans = detect_fan_in(activity_of(*circle), wide).patterns
    assert len(fans) == 6
    assert {fan.risk for fan in fans} == {0.0}
    assert all(fan.facts["one_way_counterparties"] == 0 for fan in fans)


def test_a_fan_out_is_for_the_money_that_came_before_it(profile: MonitoringProfile) -> None:
    paid = [(hub, s, usd, hour + 100) for s, hub, usd, hour in equal()]
    busy: list[Line] = [(b, a, usd, hour) for a, b, usd, hour in BUSY]
    for hour, purpose in ((99, 0.8), (30, 0.5), (20, 0), (106, 0)):
        activity = activity_of(*paid, *busy, *CROWD, ("z", "hub", 240, hour), window_days=14)
        (fan,) = (
            f for f in detect_fan_out(activity, profile.fan).patterns if len(f.transfers) == 6
        )
        assert fan.facts["share_passed_on"] == pytest.approx(purpose, abs=1e-4), hour


def test_wages_and_shops_are_no_alert(profile: MonitoringProfile) -> None:
    staff = range(40)
    wages = [("firm", f"e{i}", 2000.0, 24 * 7 * week + i / 60) for i in staff for week in range(4)]
    visits = [(f"e{i}", f"shop{j}", 5.0 + i * j, 17.0 * i + j) for i in staff for j in range(4)]
    sales = [("client", "firm", 80_000.0, 24 * 7 * week - 2.0) for week in range(4)]
    activity = activity_of(*wages, *visits, *sales)
    fans = [
        *detect_fan_in(activity, profile.fan).patterns,
        *detect_fan_out(activity, profile.fan).patterns,
    ]
    assert len(fans) == 5
    assert all(fan.risk < profile.structural.min_risk for fan in fans)


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), st.booleans()), max_size=12),
    st.integers(0, 12),
)
def test_money_is_passed_on_oldest_first(
    transfers: list[tuple[int, int, bool]], holding: int
) -> None:
    transfers.sort(key=lambda transfer: transfer[0])
    columns = [np.array(list(column)) for column in zip(*transfers, strict=True)] or [
        np.zeros(0)
    ] * 3
    time, amount, incoming = columns
    arguments = time.astype(np.int64), amount.astype(float), incoming.astype(bool), holding
    left = [own if came else 0 for _, own, came in transfers]
    expected = 0
    for moment, usd, came in transfers:
        need = 0 if came else usd
        for i in range(len(left)):
            part = min(need, left[i]) if 0 < moment - transfers[i][0] <= holding else 0
            left[i], need, expected = left[i] - part, need - part, expected + part
    assert passed_on.py_func(*arguments) == passed_on(*arguments) == expected


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
