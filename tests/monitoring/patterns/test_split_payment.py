import pytest

from aml_miner.monitoring.patterns.split_payment import detect_split_payments
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

DRAWN: list[Line] = [("a", "b", 100, 0), ("a", "b", 110, 12), ("a", "b", 90, 24)]


def test_pieces_of_one_pair_within_a_day_are_found(profile: MonitoringProfile) -> None:
    activity = activity_of(*DRAWN, ("a", "c", 100, 1), ("b", "a", 100, 2), ("a", "b", 4000, 3))
    (found,) = detect_split_payments(activity, profile.split_payment).patterns
    assert names_of(found, activity) == ["a", "b"]
    assert found.roles == ("payer", "recipient")
    assert activity.amount_usd[found.transfers].tolist() == [100, 110, 90]
    assert (found.facts["pieces"], found.facts["other_transfers"]) == (3, 1)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (DRAWN[:2], "two are too few"),
        ([*DRAWN[:2], ("a", "b", 90, 24.1)], "one is more than a day later"),
        ([*DRAWN[:2], ("a", "b", 300, 24)], "one amount is not alike"),
        ([*DRAWN[:2], ("a", "c", 90, 24)], "one is paid to somebody else"),
        ([*DRAWN[:2], ("b", "a", 90, 24)], "one goes the other way"),
        ([*DRAWN[:2], ("a", "b", 0, 24)], "one is of no amount"),
    ],
)
def test_none_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_split_payments(activity_of(*lines), profile.split_payment).patterns == [], why


def test_of_a_pair_the_most_pieces_then_the_smallest_then_the_earliest(
    profile: MonitoringProfile,
) -> None:
    large: list[Line] = [(a, b, usd * 10, hour) for a, b, usd, hour in DRAWN]
    later: list[Line] = [(a, b, usd, hour + 100) for a, b, usd, hour in DRAWN]
    cases = [
        ([*DRAWN, *large], [100.0, 110.0, 90.0], 0.0),
        ([*DRAWN, *large, ("a", "b", 1000, 5)], [1000.0, 1000.0, 1100.0, 900.0], 0.0),
        ([*DRAWN, *later], [100.0, 110.0, 90.0], 0.0),
    ]
    for lines, amounts, hour in cases:
        activity = activity_of(*lines)
        (found,) = detect_split_payments(activity, profile.split_payment).patterns
        assert activity.amount_usd[found.transfers].tolist() == amounts
        first = activity.timestamp[found.transfers[0]] - activity.timestamp[0]
        assert first / 3_600_000 == hour


def test_risk_counts_the_share_of_the_pairs_transfers_and_their_number(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*DRAWN, ("a", "b", 90, 500))
    (found,) = detect_split_payments(activity, profile.split_payment).patterns
    assert found.risk == pytest.approx(0.6 * 3 / 4 + 0.4 * 3 / 8)


def test_who_is_paid_all_the_time_is_no_alert(profile: MonitoringProfile) -> None:
    weekly: list[Line] = [("a", "b", 100, 168 * week) for week in range(9)]
    (found,) = detect_split_payments(
        activity_of(*DRAWN, *weekly[1:]), profile.split_payment
    ).patterns
    assert found.risk < profile.structural.min_risk
