import pytest

from aml_miner.monitoring.patterns.dormant_reactivation import detect_dormant_reactivations
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.conftest import MakeActivity
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

DAY = 24.0
WOKEN: list[Line] = [
    ("x", "w", 1000, 0),
    ("w", "h", 900, 15 * DAY),
    ("h", "e", 800, 15 * DAY + 12),
]


def changed(place: int, **change: float | str) -> list[Line]:
    """The drawing with one transfer changed."""
    names = ("source", "target", "usd", "hour")
    line = dict(zip(names, WOKEN[place], strict=True)) | change
    return [*WOKEN[:place], tuple(line.values()), *WOKEN[place + 1 :]]  # type: ignore[list-item]


def test_a_wallet_that_is_emptied_after_silence_is_found_with_where_its_money_went(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*WOKEN)
    (woken,) = detect_dormant_reactivations(activity, profile.dormant_reactivation).patterns
    assert names_of(woken, activity) == ["w", "h", "e"]
    assert woken.roles == ("wallet", "hop", "exit")
    assert activity.amount_usd[woken.transfers].tolist() == [900, 800]
    assert woken.facts == {
        "hops": 2,
        "still_days": 15.0,
        "emptied_share": 0.9,
        "mean_held_hours": 12.0,
        "passages": 1,
    }
    assert woken.risk == pytest.approx(0.4 * 15 / 30 + 0.4 * (1 - 12 / 24) + 0.2 * 0.9)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (WOKEN[1:], "what it held is not known"),
        (WOKEN[:2], "the money rests where it went"),
        (changed(0, hour=1.1 * DAY), "it lay still for less than two weeks"),
        ([*WOKEN, ("y", "w", 1, 5 * DAY)], "it was paid in between"),
        ([*WOKEN, ("w", "y", 1, 5 * DAY)], "it paid in between"),
        ([("x", "w", 300, -1), *WOKEN], "less than seven tenths left"),
        (changed(0, usd=850), "more left than it is known to have had"),
        (changed(2, hour=15 * DAY), "the second hop leaves at the moment the first arrives"),
        (changed(2, hour=14 * DAY), "the second hop leaves before the first arrives"),
        (changed(2, hour=16 * DAY + 0.1), "the money rests for longer than a day"),
        (changed(2, usd=620), "too little is passed on"),
        (changed(2, usd=950), "too much is passed on"),
        (changed(2, target="w"), "the money goes back"),
        ([(a, b, usd / 20, hour) for a, b, usd, hour in WOKEN], "the volume is dust"),
        ([(a, b, 0, hour) for a, b, _, hour in WOKEN], "no money moves"),
    ],
)
def test_no_reactivation_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    activity = activity_of(*lines)
    assert detect_dormant_reactivations(activity, profile.dormant_reactivation).patterns == [], why


def test_the_best_fitting_payment_is_followed_and_of_alike_ones_the_earlier(
    profile: MonitoringProfile,
) -> None:
    lines: list[Line] = [
        *WOKEN,
        ("h", "near", 890, 15 * DAY + 20),
        ("near", "late", 890, 15 * DAY + 23),
        ("near", "soon", 890, 15 * DAY + 22),
    ]
    activity = activity_of(*lines)
    (woken,) = detect_dormant_reactivations(activity, profile.dormant_reactivation).patterns
    assert names_of(woken, activity) == ["w", "h", "near", "soon"]


def test_each_wallet_of_several_is_a_pattern_though_they_end_at_one_exit(
    profile: MonitoringProfile,
) -> None:
    other: list[Line] = [
        ("x", "v", 500, 3),
        ("v", "g", 490, 15.5 * DAY),
        ("g", "e", 480, 15.5 * DAY + 1),
    ]
    activity = activity_of(*WOKEN, *other)
    found = detect_dormant_reactivations(activity, profile.dormant_reactivation).patterns
    assert sorted("".join(names_of(each, activity)) for each in found) == ["vge", "whe"]


def test_what_it_holds_is_asked_of_the_asset_it_pays(
    activity_of: MakeActivity, profile: MonitoringProfile
) -> None:
    """Of TOR it pays all it has; what it has of another asset stays, and says nothing."""
    activity = activity_of(
        [
            ("x", "w", "400", "800", "1 12:00"),
            ("x", "w", "700", "700", "1 12:01", "USDX"),
            ("w", "h", "400", "900", "16 12:00"),
            ("h", "e", "390", "880", "16 13:00"),
        ]
    )
    (woken,) = detect_dormant_reactivations(activity, profile.dormant_reactivation).patterns
    assert woken.facts["emptied_share"] == 1.0  # in its own unit, whatever became of its price


def test_a_bound_that_bites_is_counted_and_a_path_ends_at_the_most_hops(
    profile: MonitoringProfile,
) -> None:
    few = profile.dormant_reactivation.model_copy(update={"max_onward": 1, "max_hops": 2})
    better: Line = ("h", "i", 899, 15 * DAY + 13)  # and beyond the bound
    lines: list[Line] = [*WOKEN, better, ("e", "f", 790, 15 * DAY + 14)]
    activity = activity_of(*lines)
    found = detect_dormant_reactivations(activity, few)
    assert [names_of(each, activity) for each in found.patterns] == [["w", "h", "e"]]
    assert found.cut_off == 1


def test_a_refund_ends_no_path(profile: MonitoringProfile) -> None:
    refund: Line = ("h", "w", 899, 15 * DAY + 1)
    activity = activity_of(*WOKEN[:2], refund, WOKEN[2])
    (woken,) = detect_dormant_reactivations(activity, profile.dormant_reactivation).patterns
    assert names_of(woken, activity) == ["w", "h", "e"]


@pytest.mark.parametrize(
    "dust",
    [
        ("y", "w", 0, 5 * DAY),
        ("w", "y", 0, 5 * DAY),
        ("y", "w", 0.01, 5 * DAY),
        ("w", "h", 0.01, 15 * DAY - 0.5),
    ],
)
def test_dust_ends_no_silence(dust: Line, profile: MonitoringProfile) -> None:
    activity = activity_of(WOKEN[0], dust, *WOKEN[1:])
    (woken,) = detect_dormant_reactivations(activity, profile.dormant_reactivation).patterns
    assert names_of(woken, activity) == ["w", "h", "e"]
    assert woken.facts["still_days"] == 15.0
