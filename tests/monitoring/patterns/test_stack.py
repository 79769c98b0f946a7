from itertools import product

import pytest

from aml_miner.monitoring.patterns.stack import detect_stacks
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

# every middle address is paid by a and b, and pays x and y
IN: list[Line] = [("a", "m", 400, 0), ("b", "m", 410, 1), ("a", "n", 420, 2), ("b", "n", 430, 3)]
OUT: list[Line] = [("m", "x", 390, 5), ("m", "y", 395, 6), ("n", "x", 400, 7), ("n", "y", 410, 8)]
DRAWN = [*IN, *OUT]


def changed(place: int, **change: float | str) -> list[Line]:
    """The drawing with one transfer changed."""
    line = dict(zip(("source", "target", "usd", "hour"), DRAWN[place], strict=True)) | change
    return [*DRAWN[:place], tuple(line.values()), *DRAWN[place + 1 :]]  # type: ignore[list-item]


def test_the_three_layers_are_found_in_their_order(profile: MonitoringProfile) -> None:
    activity = activity_of(*DRAWN, ("m", "shop", 20, 6), ("firm", "b", 3000, 0), ("x", "z", 80, 9))
    (stack,) = detect_stacks(activity, profile.stack).patterns
    assert names_of(stack, activity) == ["a", "b", "m", "n", "x", "y"]
    assert stack.roles == ("source", "source", "middle", "middle", "sink", "sink")
    assert len(stack.transfers) == 8
    assert stack.facts["density"] == 1


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (DRAWN[1:], "a middle address has one source"),
        (DRAWN[:-1], "a middle address has one sink"),
        (changed(0, source="c"), "the middle addresses have one source in common"),
        (changed(4, target="z"), "the middle addresses have one sink in common"),
        (changed(4, hour=0.5), "a middle address pays before it is paid"),
        (changed(4, hour=74.1), "a middle address pays too late"),
        (changed(4, usd=100), "a middle address keeps too much"),
        ([(a, b, usd / 2, hour) for a, b, usd, hour in DRAWN], "the volume is below the least"),
    ],
)
def test_none_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_stacks(activity_of(*lines), profile.stack).patterns == [], why


def test_layers_that_share_nothing_are_stacks_of_their_own(profile: MonitoringProfile) -> None:
    other: list[Line] = [(a.upper(), b.upper(), usd, hour) for a, b, usd, hour in DRAWN]
    activity = activity_of(*DRAWN, *other)
    stacks = detect_stacks(activity, profile.stack).patterns
    assert sorted("".join(names_of(stack, activity)) for stack in stacks) == ["ABMNXY", "abmnxy"]


def test_a_source_of_one_middle_address_alone_is_no_part_of_it(profile: MonitoringProfile) -> None:
    activity = activity_of(*DRAWN, ("c", "m", 390, 2), ("m", "x", 380, 7))
    (stack,) = detect_stacks(activity, profile.stack).patterns
    assert names_of(stack, activity) == ["a", "b", "m", "n", "x", "y"]


def test_what_falls_below_the_least_by_leaving_others_out_is_left_out_too(
    profile: MonitoringProfile,
) -> None:
    # with three middle addresses asked for, y serves two and goes; then no address in the middle has two sinks
    third: list[Line] = [
        ("a", "o", 400, 2),
        ("b", "o", 410, 3),
        ("o", "x", 390, 7),
        ("o", "w", 400, 8),
    ]
    asked = profile.stack.model_copy(update={"min_middles": 3})
    assert detect_stacks(activity_of(*DRAWN, *third), asked).patterns == []


def test_an_address_with_two_parts_is_named_once(profile: MonitoringProfile) -> None:
    lines = [(a, "a" if b == "x" else b, usd, hour) for a, b, usd, hour in DRAWN]
    activity = activity_of(*lines)
    (stack,) = detect_stacks(activity, profile.stack).patterns
    assert names_of(stack, activity) == ["a", "b", "m", "n", "y"]
    assert stack.roles[0] == "source"
    assert stack.facts["sinks"] == 2


def test_a_stack_with_holes_is_reported_only_while_dense_enough(
    profile: MonitoringProfile,
) -> None:
    # m, n share a, b and x, y; n, o share c, d and w, z: half of all pairs and a bit
    ring: list[Line] = []
    for middle, sources, sinks in (("m", "ab", "xy"), ("n", "abcd", "xywz"), ("o", "cd", "wz")):
        ring += [(s, middle, 400, i) for i, s in enumerate(sources)]
        ring += [(middle, k, 390, 9 + i) for i, k in enumerate(sinks)]
    activity = activity_of(*ring)
    (stack,) = detect_stacks(activity, profile.stack).patterns
    assert stack.facts["density"] == round(16 / 24, 4)
    denser = profile.stack.model_copy(update={"min_density": 0.7})
    assert detect_stacks(activity, denser).patterns == []


def test_risk_counts_the_middle_its_share_and_density(profile: MonitoringProfile) -> None:
    activity = activity_of(
        *DRAWN, ("m", "shop", 1595, 300)
    )  # as much again as m moved in the stack
    (stack,) = detect_stacks(activity, profile.stack).patterns
    assert stack.risk == pytest.approx(0.2 * 2 / 5 + 0.5 * (0.5 + 1) / 2 + 0.3)


def test_an_address_in_too_many_turnovers_is_left_out_and_counted(
    profile: MonitoringProfile,
) -> None:
    middles = [f"m{i:03}" for i in range(300)]
    crowd: list[Line] = [(s, m, 400, 0.0) for m, s in product(middles, ("firm", "bank"))]
    crowd += [(m, k, 390, 5.0) for m, k in product(middles, ("shop", "tax"))]
    found = detect_stacks(activity_of(*crowd, *DRAWN), profile.stack)
    assert found.cut_off == 4
    assert len(found.patterns) == 1
