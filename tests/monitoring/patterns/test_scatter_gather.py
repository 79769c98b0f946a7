from collections import Counter
from itertools import permutations

import pytest

from aml_miner.monitoring.patterns.scatter_gather import detect_scatter_gather
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

OUT: list[Line] = [("s", "m", 500, 2), ("s", "n", 400, 0), ("s", "o", 600, 1)]
IN: list[Line] = [("m", "k", 490, 10), ("n", "k", 395, 11), ("o", "k", 590, 12)]
DRAWN = [*OUT, *IN]


def changed(place: int, **change: float | str) -> list[Line]:
    """The drawing with one transfer changed."""
    line = dict(zip(("source", "target", "usd", "hour"), DRAWN[place], strict=True)) | change
    return [*DRAWN[:place], tuple(line.values()), *DRAWN[place + 1 :]]  # type: ignore[list-item]


def test_source_middlemen_as_they_were_paid_and_sink_are_found(profile: MonitoringProfile) -> None:
    activity = activity_of(*DRAWN, ("m", "shop", 30, 5), ("s", "x", 90, 3), ("y", "k", 80, 30))
    (found,) = detect_scatter_gather(activity, profile.scatter_gather).patterns
    assert names_of(found, activity) == ["s", "n", "o", "m", "k"]
    assert found.roles == ("source", "middleman", "middleman", "middleman", "sink")
    assert sorted(activity.amount_usd[found.transfers]) == [390 + 5, 400, 490, 500, 590, 600]
    assert found.facts["middlemen"] == 3
    assert found.facts["paid_by_source_usd"] == 1500


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (DRAWN[:-1], "two middlemen are too few"),
        (changed(3, hour=1.5), "a middleman pays before it is paid"),
        (changed(3, hour=2), "a middleman pays at the moment it is paid"),
        (changed(3, hour=74.1), "a middleman holds the money too long"),
        (changed(3, usd=399), "a middleman keeps too much"),
        (changed(3, usd=526), "a middleman adds too much"),
        (changed(3, target="x"), "a middleman pays somebody else"),
        (changed(0, source="x"), "somebody else pays a middleman"),
        (changed(3, target="s"), "a middleman pays the source back"),
        ([(a, b, usd / 2, hour) for a, b, usd, hour in DRAWN], "the volume is below the least"),
    ],
)
def test_none_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_scatter_gather(activity_of(*lines), profile.scatter_gather).patterns == [], why


def test_of_several_passages_of_a_middleman_the_best_fitting_counts(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*DRAWN, ("m", "k", 500, 20))
    (found,) = detect_scatter_gather(activity, profile.scatter_gather).patterns
    assert found.facts["gathered_by_sink_usd"] == 500 + 395 + 590
    assert len(found.transfers) == 6


def test_the_same_middlemen_with_another_sink_are_not_reported_again(
    profile: MonitoringProfile,
) -> None:
    also: list[Line] = [(m, "l", usd - 1, hour + 1) for m, _, usd, hour in IN]
    fourth: list[Line] = [("s", "p", 700, 0), ("p", "k", 690, 9)]
    activity = activity_of(*DRAWN, *also, *fourth)
    (found,) = detect_scatter_gather(activity, profile.scatter_gather).patterns
    assert names_of(found, activity)[-1] == "k"
    assert found.facts["middlemen"] == 4
    apart = profile.scatter_gather.model_copy(update={"max_overlap": 1.0})
    assert len(detect_scatter_gather(activity, apart).patterns) == 2


def test_patterns_that_share_few_middlemen_are_both_reported(profile: MonitoringProfile) -> None:
    other: list[Line] = [("t", m, 800, 100) for m in "mxy"] + [(m, "l", 790, 120) for m in "mxy"]
    activity = activity_of(*DRAWN, *other)
    found = detect_scatter_gather(activity, profile.scatter_gather).patterns
    assert sorted(names_of(pattern, activity)[0] for pattern in found) == ["s", "t"]


def test_risk_counts_middlemen_shares_amounts_and_time(profile: MonitoringProfile) -> None:
    activity = activity_of(*DRAWN, ("s", "x", 500, 3), ("y", "k", 525, 30))
    (found,) = detect_scatter_gather(activity, profile.scatter_gather).patterns
    shares = (1500 / 2000 + 1475 / 2000) / 2
    difference = (10 / 500 + 5 / 400 + 10 / 600) / 3
    held = (8 + 11 + 11) / 3
    assert found.risk == pytest.approx(
        0.2 * 0.3 + 0.4 * shares + 0.2 * (1 - difference / 0.2) + 0.2 * (1 - held / 72)
    )


def test_common_customers_of_an_exchange_and_a_shop_are_no_alert(
    profile: MonitoringProfile,
) -> None:
    customers: list[Line] = [("exchange", f"c{i}", 500, i) for i in range(60)]
    spent: list[Line] = [(f"c{i}", "shop", 450, i + 40) for i in range(0, 60, 15)]
    others: list[Line] = [(f"d{i}", "shop", 500, i) for i in range(60)]
    activity = activity_of(*customers, *spent, *others)
    (found,) = detect_scatter_gather(activity, profile.scatter_gather).patterns
    assert found.risk < profile.structural.min_risk


def test_a_hub_in_the_middle_is_searched_within_the_bound(profile: MonitoringProfile) -> None:
    came: list[Line] = [(f"s{i}", "hub", 500, i / 1000) for i in range(3000)]
    went: list[Line] = [("hub", f"r{i}", 500, 4 + i / 1000) for i in range(3000)]
    found = detect_scatter_gather(activity_of(*came, *went, *DRAWN), profile.scatter_gather)
    assert found.cut_off == 1
    assert len(found.patterns) == 1


def test_a_source_that_pays_thousands_is_searched_whole(profile: MonitoringProfile) -> None:
    crowd: list[Line] = [("s", f"r{i}", 500, i / 1000) for i in range(3000)]
    found = detect_scatter_gather(activity_of(*DRAWN, *crowd), profile.scatter_gather)
    assert found.cut_off == 0
    assert found.patterns[0].facts["middlemen"] == 3


@pytest.mark.parametrize("addresses", [30, 60])
def test_a_part_where_everybody_pays_everybody_gives_few_patterns(
    addresses: int, profile: MonitoringProfile
) -> None:
    every = permutations(range(addresses), 2)
    lines: list[Line] = [(f"a{i}", f"a{j}", 950, i * 7 % 50 + j / 100) for i, j in every]
    activity = activity_of(*lines)
    found = detect_scatter_gather(activity, profile.scatter_gather)
    most = profile.scatter_gather.max_patterns
    times = Counter(m for pattern in found.patterns for m in pattern.addresses[1:-1])
    assert found.patterns
    assert max(times.values()) <= most
    assert len(found.patterns) <= most * addresses / profile.scatter_gather.min_middlemen
    assert found.cut_off > 0
