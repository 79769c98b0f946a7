from itertools import pairwise

import pytest

from aml_miner.monitoring.patterns.layering_path import detect_layering_paths
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

PATH: list[Line] = [("a", "b", 1000, 0), ("b", "c", 990, 2), ("c", "d", 980, 5)]
LIFE: list[Line] = [("a", "x", 30, 1), ("b", "x", 400, 1), ("x", "b", 970, 3), ("d", "c", 5, 9)]


def changed(place: int, **change: float | str) -> list[Line]:
    """The path with one transfer changed."""
    names = ("source", "target", "usd", "hour")
    line = dict(zip(names, PATH[place], strict=True)) | change
    return [*PATH[:place], tuple(line.values()), *PATH[place + 1 :]]  # type: ignore[list-item]


def test_a_path_is_found_in_its_order_amid_ordinary_life(profile: MonitoringProfile) -> None:
    activity = activity_of(*PATH, *LIFE)
    (path,) = detect_layering_paths(activity, profile.layering_path).patterns
    assert names_of(path, activity) == ["a", "b", "c", "d"]
    assert path.roles == ("source", "intermediary", "intermediary", "destination")
    assert activity.amount_usd[path.transfers].tolist() == [1000, 990, 980]
    assert path.facts["hops"] == 3
    assert path.facts["mean_held_hours"] == 2.5


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (PATH[:2], "two hops are too few"),
        (changed(1, hour=6), "the second hop leaves after the third"),
        (changed(2, hour=2), "the third hop leaves at the moment the second arrives"),
        (changed(2, hour=26.1), "the money rests longer than the holding time"),
        (changed(1, usd=600), "too little is passed on"),
        (changed(2, usd=1100), "too much is added"),
        (changed(1, target="x"), "the money goes elsewhere"),
        (changed(2, target="b"), "the money goes back"),
        ([(a, b, usd / 3, hour) for a, b, usd, hour in PATH], "the volume is below the least"),
    ],
)
def test_no_path_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_layering_paths(activity_of(*lines), profile.layering_path).patterns == [], why


def test_no_path_when_its_amounts_vary_as_much_as_is_allowed(profile: MonitoringProfile) -> None:
    strict = profile.layering_path.model_copy(update={"max_variation": 0.008})
    assert detect_layering_paths(activity_of(*PATH), profile.layering_path).patterns
    assert detect_layering_paths(activity_of(*PATH), strict).patterns == []  # .00825


def test_only_the_longest_path_is_reported(profile: MonitoringProfile) -> None:
    longer: list[Line] = [*PATH, ("d", "e", 975, 6), ("e", "f", 970, 7)]
    activity = activity_of(*longer)
    (path,) = detect_layering_paths(activity, profile.layering_path).patterns
    assert names_of(path, activity) == list("abcdef")


def test_every_hop_of_a_path_is_a_real_transfer_later_than_the_one_before(
    profile: MonitoringProfile,
) -> None:
    lines: list[Line] = [*PATH, ("d", "b", 975, 6), ("b", "e", 970, 7), ("e", "a", 960, 8)]
    activity = activity_of(*lines, *LIFE)
    for path in detect_layering_paths(activity, profile.layering_path).patterns:
        hops = [
            (activity.source[i], activity.target[i], activity.timestamp[i]) for i in path.transfers
        ]
        assert [hop[:2] for hop in hops] == list(pairwise(path.addresses))
        assert all(one[2] < other[2] for one, other in pairwise(hops))
        assert len(set(path.addresses)) == len(path.addresses)


def test_money_that_goes_the_same_way_again_is_the_same_pattern(profile: MonitoringProfile) -> None:
    again = [(a, b, usd * 1.3, hour + 100) for a, b, usd, hour in PATH]
    (path,) = detect_layering_paths(activity_of(*PATH, *again), profile.layering_path).patterns
    assert path.transfers.tolist() == [0, 1, 2, 3, 4, 5]
    assert path.facts["passages"] == 2


def test_risk_counts_amounts_time_length_and_volume(profile: MonitoringProfile) -> None:
    (path,) = detect_layering_paths(activity_of(*PATH), profile.layering_path).patterns
    difference = (10 / 1000 + 10 / 990) / 2
    assert path.risk == pytest.approx(
        0.4 * (1 - difference / 0.06) + 0.3 * (1 - 2.5 / 24) + 0.15 / 4 + 0.15 * 2970 / 20_000
    )


def test_money_that_shrinks_and_rests_is_no_alert(
    profile: MonitoringProfile,
) -> None:
    lent_on: list[Line] = [("a", "b", 1000, 0), ("b", "c", 900, 20), ("c", "d", 800, 40)]
    (path,) = detect_layering_paths(activity_of(*lent_on), profile.layering_path).patterns
    assert path.risk < profile.structural.min_risk


def test_a_path_through_a_hub_is_searched_within_the_bound(profile: MonitoringProfile) -> None:
    came: list[Line] = [(f"s{i}", "hub", 1000, i / 1000) for i in range(3000)]
    went: list[Line] = [("hub", f"r{i}", 1000, 4 + i / 1000) for i in range(3000)]
    found = detect_layering_paths(activity_of(*came, *went, *PATH), profile.layering_path)
    assert found.cut_off == 1
    assert len(found.patterns) == 1


def test_an_address_is_in_so_many_paths_and_counted_where_there_are_more(
    profile: MonitoringProfile,
) -> None:
    amounts = [1000 * 2**i for i in range(5)]
    forks: list[Line] = [
        line
        for i, usd in enumerate(amounts)
        for line in (
            ("a", "b", usd, i),
            ("b", f"x{i}", usd * (1 - i / 100), i + 0.5),
            (f"x{i}", f"y{i}", usd * (1 - i / 100), i + 0.7),
        )
    ]
    activity = activity_of(*forks)
    few = profile.layering_path.model_copy(update={"max_patterns": 2})
    every, some = (detect_layering_paths(activity, each) for each in (profile.layering_path, few))
    assert (len(every.patterns), every.cut_off) == (5, 0)
    assert (len(some.patterns), some.cut_off) == (2, 2)
    assert [path.risk for path in some.patterns] == sorted(
        (path.risk for path in every.patterns), reverse=True
    )[:2]


HASTY: list[Line] = [("a", "b", 1000, 0), ("b", "c", 700, 0.2), ("c", "d", 900, 0.5)]


def test_money_that_changes_on_the_way_is_followed_when_it_is_passed_on_in_haste(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*HASTY, *LIFE)
    (path,) = detect_layering_paths(activity, profile.layering_path).patterns
    assert names_of(path, activity) == ["a", "b", "c", "d"]
    assert path.detection_method == "rapid_passages"
    assert path.risk == pytest.approx(0.7 * 0.75 + 0.15 * 0.25 + 0.15 * 2600 / 20_000)
    assert path.risk >= profile.structural.min_risk


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (HASTY[:2], "two hops are too few"),
        ([*HASTY[:2], ("c", "d", 900, 1.3)], "an hour and more is no haste"),
        ([*HASTY[:2], ("c", "d", 1100, 0.5)], "more than half is added"),
        ([HASTY[0], ("b", "c", 450, 0.2), ("c", "d", 500, 0.5)], "more than half is kept"),
        ([*HASTY[:2], ("c", "b", 900, 0.5)], "the money goes back"),
        ([*HASTY, *((f"x{i}", "c", 5.0, 30.0 + i) for i in range(20))], "c is a busy address"),
    ],
)
def test_no_hasty_path_when_one_transfer_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_layering_paths(activity_of(*lines), profile.layering_path).patterns == [], why


def test_a_whole_and_hasty_path_is_one_pattern_of_the_larger_risk(
    profile: MonitoringProfile,
) -> None:
    quick = [(a, b, usd, hour / 10) for a, b, usd, hour in PATH]
    (path,) = detect_layering_paths(activity_of(*quick), profile.layering_path).patterns
    ends = 0.15 * 0.25 + 0.15 * 2970 / 20_000
    difference = (10 / 1000 + 10 / 990) / 2
    whole = 0.4 * (1 - difference / 0.06) + 0.3 * (1 - 0.25 / 24)
    assert path.risk == pytest.approx(max(whole, 0.7 * 0.75) + ends)
    assert path.facts["passages"] == 1
