import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.patterns.burst import busiest_spans, detect_bursts
from aml_miner.monitoring.patterns.pattern import Pattern
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

HOUR = [i / 9 for i in range(10)]
"""Ten moments, the last exactly an hour after the first."""
BURST: list[Line] = [("x", f"r{i}", 100, hour) for i, hour in enumerate(HOUR)]
USUAL = 10 / 24
Z_SCORE = (10 - USUAL) / USUAL**0.5


def burst_of(profile: MonitoringProfile, *lines: Line, window_days: int | None = None) -> Pattern:
    (burst,) = detect_bursts(activity_of(*lines, window_days=window_days), profile.burst).patterns
    return burst


def test_an_hour_of_ten_payments_is_found_amid_ordinary_life(profile: MonitoringProfile) -> None:
    life: list[Line] = [("r1", "y", 5, 3), ("x", "y", 7, 30), ("z", "x", 900, 40)]
    activity = activity_of(*life, *BURST)
    (burst,) = detect_bursts(activity, profile.burst).patterns
    assert names_of(burst, activity) == ["x"]
    assert burst.roles == ("burst_address",)
    assert burst.transfers.tolist() == list(range(10))
    assert (burst.facts["burst_transfers"], burst.facts["counterparties"]) == (10, 10)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (BURST[:-1], "nine transfers are too few"),
        ([*BURST[:-1], ("x", "r9", 100.0, 1.001)], "the tenth comes after the hour"),
        ([("z", *BURST[0][1:]), *BURST[1:]], "one is somebody else's"),
        ([("x", "x", 100.0, 0.0), *BURST[1:]], "one is the address's own"),
        (
            [("x", "r", 1.0, hour + i) for i in range(24) for hour in HOUR[:5]],
            "every hour is as busy",
        ),
    ],
)
def test_no_burst_when_one_payment_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_bursts(activity_of(*lines), profile.burst).patterns == [], why


def test_transfers_that_chance_explains_are_no_burst(profile: MonitoringProfile) -> None:
    activity = activity_of(*BURST)
    for z_score, found in ((Z_SCORE - 0.01, 1), (Z_SCORE + 0.01, 0)):
        bound = profile.burst.model_copy(update={"min_z_score": z_score})
        assert len(detect_bursts(activity, bound).patterns) == found


def test_of_two_hours_as_busy_the_first_is_reported(profile: MonitoringProfile) -> None:
    again = [(a, b, usd, hour + 50) for a, b, usd, hour in BURST]
    assert burst_of(profile, *again, *BURST).transfers.tolist() == list(range(10))


def test_payments_to_strangers_count_in_full(profile: MonitoringProfile) -> None:
    burst = burst_of(profile, *BURST)
    assert burst.risk == pytest.approx(0.2 * 10 / 50 + 0.2 * Z_SCORE / 20 + 0.6)
    assert burst.facts["z_score"] == pytest.approx(Z_SCORE, abs=0.005)


@pytest.mark.parametrize(
    ("life", "purpose", "why"),
    [
        ([(f"r{i}", "shop", 5.0, 2.0 * i) for i in range(10)], 1 / 6, "ten who spend elsewhere"),
        ([("r0", "shop", 5.0, 5.0)], 0.9, "one of ten does"),
        (
            [("x", f"r{i}", 5.0, 3.0 + 2 * i) for i in range(10)],
            0.0,
            "all are dealt with at other times",
        ),
        ([("r9", "x", 5.0, 5.0)], 0.9, "one of ten is"),
    ],
)
def test_counterparties_with_a_life_of_their_own_lower_risk(
    life: list[Line], purpose: float, why: str, profile: MonitoringProfile
) -> None:
    burst = burst_of(profile, *BURST, *life)
    usual = 10 / 24 + sum("x" in line for line in life) / 24
    z_score = (10 - usual) / usual**0.5
    expected = 0.2 * 10 / 50 + 0.2 * min(z_score / 20, 1) + 0.6 * purpose
    assert burst.risk == pytest.approx(expected), why


def test_money_that_came_and_went_within_the_hour_counts_in_full(
    profile: MonitoringProfile,
) -> None:
    came: list[Line] = [(f"s{i}", "x", 90, hour) for i, hour in enumerate(HOUR[:5])]
    went: list[Line] = [("x", f"r{i}", 81, hour) for i, hour in enumerate(HOUR[5:])]
    life: list[Line] = [(f"{side}{i}", "shop", 5, 9 + i) for side in "sr" for i in range(5)]
    burst = burst_of(profile, *came, *went, *life)
    assert burst.facts["share_passed_on"] == 0.9
    assert burst.risk == pytest.approx(0.2 * 10 / 50 + 0.2 * Z_SCORE / 20 + 0.6 * 0.9)


def test_a_payroll_is_no_alert(profile: MonitoringProfile) -> None:
    payroll: list[Line] = [("firm", f"r{i}", 2000, i / 200) for i in range(150)]
    again = [(a, b, usd, hour + 24 * 14) for a, b, usd, hour in payroll]
    life: list[Line] = [(f"r{i}", "shop", 30, 5 + i) for i in range(150)]
    burst = burst_of(profile, *payroll, *again, *life, window_days=30)
    assert burst.risk == pytest.approx(0.4)


@pytest.mark.parametrize(("met", "share"), [(15, 0.25), (30, 0.5), (90, 1)])
def test_many_met_once_within_an_hour_count(
    met: int, share: float, profile: MonitoringProfile
) -> None:
    paid: list[Line] = [(f"r{i}", "hub", 20, i / 200) for i in range(met)]
    life: list[Line] = [(f"r{i}", "shop", 30, 5 + i) for i in range(met)]
    burst = burst_of(profile, *paid, *life, window_days=300)
    usual = met / 300 / 24
    z_score = (met - usual) / usual**0.5
    expected = 0.2 * min(met / 50, 1) + 0.2 * min(z_score / 20, 1) + 0.6 * share
    assert burst.risk == pytest.approx(expected)


def test_a_burst_of_nothing_passes_nothing_on(profile: MonitoringProfile) -> None:
    nothing = [(a, b, 0.0, hour) for a, b, _, hour in BURST]
    assert burst_of(profile, *nothing).facts["share_passed_on"] == 0


@given(st.lists(st.lists(st.integers(0, 60), max_size=12), max_size=4), st.integers(0, 20))
def test_the_busiest_hour_is_that_of_every_start_tried(times: list[list[int]], hour: int) -> None:
    start = np.cumsum([0, *map(len, times)])
    flat = np.array([time for each in times for time in sorted(each)], np.int64)
    count, first = busiest_spans.py_func(start, flat, hour)
    assert np.array_equal(busiest_spans(start, flat, hour), [count, first])
    for address, each in enumerate(sorted(own) for own in times):
        tried = [sum(begin <= time <= begin + hour for time in each) for begin in each]
        assert count[address] == max(tried, default=0)
        if each:
            begin = flat[first[address]]
            assert sum(begin <= time <= begin + hour for time in each) == count[address]
            assert begin == next(b for b, c in zip(each, tried, strict=True) if c == count[address])
