import pytest

from aml_miner.monitoring.patterns.pattern import Pattern
from aml_miner.monitoring.patterns.threshold_evasion import detect_threshold_evasion
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

SPLIT: list[Line] = [
    ("p", "r", 9000, 0),
    ("p", "q", 9900, 12),
    ("p", "r", 8000, 24),
    ("p", "q", 9500, 36),
    ("p", "o", 9000, 48),
]


def changed(place: int, **change: float | str) -> list[Line]:
    """The payments with one of them changed."""
    names = ("source", "target", "usd", "hour")
    line = dict(zip(names, SPLIT[place], strict=True)) | change
    return [*SPLIT[:place], tuple(line.values()), *SPLIT[place + 1 :]]  # type: ignore[list-item]


def found_of(profile: MonitoringProfile, *lines: Line) -> list[Pattern]:
    return detect_threshold_evasion(activity_of(*lines), profile.threshold_evasion).patterns


def test_payments_just_below_a_limit_are_found_amid_small_ones(profile: MonitoringProfile) -> None:
    life: list[Line] = [*[("p", "shop", 50.0 * i, 5.0 * i) for i in range(20)], ("q", "p", 9000, 3)]
    activity = activity_of(*SPLIT, *life)
    (split,) = detect_threshold_evasion(activity, profile.threshold_evasion).patterns
    assert names_of(split, activity) == ["p", "r", "q"]
    assert split.roles == ("payer", "recipient", "recipient")
    assert activity.amount_usd[split.transfers].tolist() == [9000, 9900, 8000, 9500, 9000]
    assert split.facts["limit_usd"] == 10_000
    assert split.facts["days_per_transfer"] == 0.5


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (SPLIT[1:], "four payments are too few"),
        (changed(1, usd=9901), "one is too near the limit"),
        (changed(2, usd=7999), "one is too far below it"),
        (changed(0, source="z"), "one is somebody else's"),
        ([*SPLIT, *[("p", "z", 5000.0, 60.0)] * 3], "three of eight are well below the limit"),
        ([*SPLIT, *[("p", "z", 70_000.0, 60.0)] * 3], "three of eight are above it"),
    ],
)
def test_no_evasion_when_one_payment_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert found_of(profile, *lines) == [], why


def test_two_of_seven_payments_may_be_elsewhere(profile: MonitoringProfile) -> None:
    (split,) = found_of(profile, *SPLIT, *[("p", "z", 70_000.0, 60.0)] * 2)
    assert split.facts["share_near_limit"] == round(5 / 7, 4)


def test_amounts_that_differ_more_than_is_allowed_are_no_evasion(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*SPLIT)
    sameness = 1 - 629.285 / 9080  # standard deviation over mean of 8000, 9000, 9000, 9500, 9900
    for least, found in ((sameness - 0.001, 1), (sameness + 0.001, 0)):
        bound = profile.threshold_evasion.model_copy(update={"min_sameness": least})
        assert len(detect_threshold_evasion(activity, bound).patterns) == found


def test_of_several_limits_the_one_with_most_payments_counts(profile: MonitoringProfile) -> None:
    higher = [(a, b, usd * 5, hour + 60) for a, b, usd, hour in SPLIT]
    lower = [(a, b, usd, hour + 100 * i) for i in range(3) for a, b, usd, hour in SPLIT]
    for lines, limit in (([*SPLIT, *higher], 50_000), ([*lower, *higher], 10_000)):
        (split,) = found_of(profile, *lines)
        assert split.facts["limit_usd"] == limit


def test_risk_counts_share_number_and_hurry(profile: MonitoringProfile) -> None:
    (split,) = found_of(profile, *SPLIT)
    assert split.risk == pytest.approx(0.35 + 0.3 * 5 / 20 + 0.35 * (1 - 0.5 / 4))
    (mixed,) = found_of(profile, *SPLIT, ("p", "z", 70_000, 60))
    purity = (5 / 6 - 0.7) / 0.3
    assert mixed.risk == pytest.approx(0.35 * purity + 0.3 * 5 / 20 + 0.35 * (1 - 0.5 / 4))


def test_weekly_instalments_are_no_alert(profile: MonitoringProfile) -> None:
    (rent,) = found_of(profile, *[("p", "r", 9000.0, 24.0 * 7 * i) for i in range(8)])
    assert rent.risk < profile.structural.min_risk
