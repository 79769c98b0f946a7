import math

import pytest

from aml_miner.monitoring.patterns.rug_pull import detect_rug_pulls
from aml_miner.monitoring.profile import MonitoringProfile
from aml_miner.monitoring.typologies.structural import detect_structural
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

DAY = 24.0
BACKED: list[Line] = [(f"b{i}", "p", 200 + i, i * DAY) for i in range(6)]
LATER: Line = ("y", "z", 1, 10 * DAY)
"""The window's last transfer, of others: five days in which nobody paid the project."""


def emptied(usd: float = 1100, hour: float = 5.5 * DAY, to: str = "e") -> Line:
    return ("p", to, usd, hour)


def test_a_project_that_is_emptied_for_good_is_found_with_its_backers_and_exits(
    profile: MonitoringProfile,
) -> None:
    lines = [*BACKED, emptied(700), emptied(400, 6 * DAY, "f"), LATER]
    activity = activity_of(*lines)
    (pulled,) = detect_rug_pulls(activity, profile.rug_pull).patterns
    assert names_of(pulled, activity) == ["p", *(f"b{i}" for i in range(6)), "e", "f"]
    assert pulled.roles == ("project", *["backer"] * 6, "exit", "exit")
    assert activity.amount_usd[pulled.transfers].tolist() == [
        *(200 + i for i in range(6)),
        700,
        400,
    ]
    share, stillness = 1100 / 1215, 1 - math.exp(-5)
    assert pulled.risk == pytest.approx(stillness * (0.6 * share + 0.4 * 6 / 20))
    assert pulled.facts == {
        "backers": 6,
        "gathered_usd": 1215.0,
        "gathered_days": 5.0,
        "emptied_share": round(share, 4),
        "quiet_days": 5.0,
        "stillness": round(stillness, 4),
    }


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([*BACKED[1:], emptied(1000), LATER], "it has five backers"),
        ([*BACKED, emptied(800), LATER], "a third of the money stays"),
        ([*BACKED, emptied(400), emptied(700, 7.6 * DAY), LATER], "it is emptied in two days"),
        ([*BACKED, emptied(hour=5 * DAY), LATER], "it pays at the moment of the last receipt"),
        ([*BACKED, emptied(hour=4.5 * DAY), LATER], "a sixth of the money comes after that"),
        ([*BACKED, emptied(), ("b6", "p", 50, 8 * DAY), LATER], "it is paid again"),
        ([*BACKED, emptied(200, 2.5 * DAY), emptied(1000), LATER], "a sixth was paid out before"),
        ([*BACKED, emptied(), emptied(30, 6 * DAY, "b3"), LATER], "a backer has some of it back"),
        (
            [
                ("x", "w", 5000, 0),
                *((f"d{i}", "w", 0.01, i * DAY) for i in range(6)),
                ("w", "x", 5000, 6 * DAY),
                LATER,
            ],
            "dust makes nobody a backer",
        ),
        (
            [*BACKED, *(emptied(275, to=f"e{i}") for i in range(4)), LATER],
            "four are paid when it is emptied",
        ),
        (
            [*((a, b, usd, hour / 2) for a, b, usd, hour in BACKED), emptied(), LATER],
            "all was gathered within three days",
        ),
        ([(a, b, usd / 2, hour) for a, b, usd, hour in [*BACKED, emptied()]], "too little money"),
        ([(a, b, 0, hour) for a, b, _, hour in [*BACKED, emptied(), LATER]], "no money moves"),
    ],
)
def test_no_rug_pull_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_rug_pulls(activity_of(*lines), profile.rug_pull).patterns == [], why


NOTICED: list[list[Line]] = [
    [("x", "p", 0.01, 9 * DAY)],
    [("x", "p", 0.01, -60 * DAY)],
    [("x", "p", 20, -60 * DAY)],
    [("p", "x", 0.01, 2.5 * DAY)],
    [("p", "x", 0.01, 5.2 * DAY)],
    [("p", "x", 0, 5.4 * DAY)],
    [("x", "p", 0, 5.6 * DAY)],
    [("p", f"x{i}", 0, 5.6 * DAY) for i in range(9)],
    [("p", f"b{i}", 0, 3 * DAY) for i in range(6)],
    [("e", "p", 300, 8 * DAY)],
    [("m", "p", 500, 0), ("p", "m", 500, 2 * DAY)],
    [("m", "p", 500, 0), ("p", "m", 500, 5.6 * DAY)],
    [("p", "e", 400, 8 * DAY)],
]


@pytest.mark.parametrize("others", NOTICED)
def test_neither_dust_nor_money_of_their_own_hides_a_rug_pull(
    others: list[Line], profile: MonitoringProfile
) -> None:
    activity = activity_of(*BACKED, emptied(), *others, LATER)
    (pulled,) = detect_rug_pulls(activity, profile.rug_pull).patterns
    found = names_of(pulled, activity)
    assert [name for name in found if name[0] not in "x"] == [
        "p",
        *(f"b{i}" for i in range(6)),
        "e",
    ]
    assert pulled.roles[-1] == "exit"
    assert found[-1] == "e"
    assert pulled.risk > 0.6


def test_the_hours_in_which_most_leaves_are_those_it_is_emptied_in(
    profile: MonitoringProfile,
) -> None:
    lines = [emptied(100, 5.1 * DAY, "f"), emptied(500, 8 * DAY), emptied(550, 10 * DAY)]
    activity = activity_of(*BACKED, *lines, ("y", "z", 1, 12 * DAY))
    (pulled,) = detect_rug_pulls(activity, profile.rug_pull).patterns
    assert activity.amount_usd[pulled.transfers][6:].tolist() == [500, 550]
    assert pulled.facts["emptied_share"] == round(1050 / 1215, 4)


def test_no_more_than_everything_is_emptied(profile: MonitoringProfile) -> None:
    (pulled,) = detect_rug_pulls(
        activity_of(*BACKED, emptied(1300), LATER), profile.rug_pull
    ).patterns
    assert pulled.facts["emptied_share"] == 1.0


def test_the_victims_are_shown_and_not_alerted(profile: MonitoringProfile) -> None:
    activity = activity_of(*BACKED, emptied(), LATER)
    patterns = detect_rug_pulls(activity, profile.rug_pull).patterns
    found = detect_structural(activity, patterns, profile.structural).findings
    assert {activity.addresses[each.address] for each in found} == {"p", "e"}


def test_what_one_is_a_victim_of_leaves_room_for_alerts(profile: MonitoringProfile) -> None:
    pulls = [*BACKED, emptied()]
    own = [(a.replace("p", "v"), b.replace("p", "v"), usd, hour) for a, b, usd, hour in pulls]
    others: list[Line] = [
        line
        for n in range(3)
        for line in [
            *(
                (a.replace("p", f"p{n}"), b.replace("p", f"p{n}"), 2 * usd, hour)
                for a, b, usd, hour in pulls
            ),
            ("v", f"p{n}", 2, n * DAY),
        ]
    ]
    activity = activity_of(*own, *others, LATER)
    patterns = detect_rug_pulls(activity, profile.rug_pull).patterns
    assert [names_of(each, activity)[0] for each in patterns] == ["p0", "p1", "p2", "v"]
    assert patterns[-1].risk < min(each.risk for each in patterns[:-1])
    one = profile.structural.model_copy(update={"max_alerts": 1})
    found = detect_structural(activity, patterns, one).findings
    assert "v" in {activity.addresses[each.address] for each in found}


def test_a_project_that_would_soon_be_paid_again_bears_little_risk(
    profile: MonitoringProfile,
) -> None:
    (soon,) = detect_rug_pulls(activity_of(*BACKED, emptied()), profile.rug_pull).patterns
    (later,) = detect_rug_pulls(activity_of(*BACKED, emptied(), LATER), profile.rug_pull).patterns
    assert soon.risk < 0.4 * later.risk + 0.01
    assert soon.facts["stillness"] == round(1 - math.exp(-0.5), 4)
