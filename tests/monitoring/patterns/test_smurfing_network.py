from itertools import pairwise, permutations

import pytest

from aml_miner.monitoring.patterns.pattern import pattern_id
from aml_miner.monitoring.patterns.smurfing_network import detect_smurfing_networks
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

RING: list[Line] = [(a, b, 3000, i) for i, (a, b) in enumerate(pairwise("abcdea"))]
CHORDS: list[Line] = [("a", "c", 3000, 10), ("c", "a", 3000, 11)]
NETWORK = [*RING, *CHORDS]
"""Seven of the twenty directed pairs of five addresses: a density of .35."""


def test_a_network_is_found_amid_ordinary_life(profile: MonitoringProfile) -> None:
    life: list[Line] = [(x, y, 5, 20 + i) for i, (x, y) in enumerate(pairwise("avwxyz"))]
    activity = activity_of(*life, *NETWORK)
    (network,) = detect_smurfing_networks(activity, profile.smurfing_network).patterns
    assert names_of(network, activity) == list("abcde")
    assert network.roles == ("member",) * 5
    assert activity.amount_usd[network.transfers].tolist() == [3000] * 7
    assert network.detection_method == "strongly_connected"
    assert (network.facts["pairs"], network.facts["density"]) == (7, 0.35)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (NETWORK[:-1], "six of twenty pairs are no more than .3"),
        ([(a, b, usd, 0) for a, b, usd, _ in NETWORK if "e" not in (a, b)], "four are too few"),
        (
            [
                (a, b, 10_000 if i in {0, 1, 2} else usd, at)
                for i, (a, b, usd, at) in enumerate(NETWORK)
            ],
            "three of seven pairs are not small",
        ),
        ([*NETWORK, ("c", "v", 3000, 12), ("v", "d", 3000, 13)], "a sixth dilutes it"),
    ],
)
def test_no_network_when_one_pair_or_amount_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    found = detect_smurfing_networks(activity_of(*lines), profile.smurfing_network)
    assert found.patterns == [], why


def test_two_of_seven_pairs_may_be_large(profile: MonitoringProfile) -> None:
    large = [(a, b, 10_000 if i < 2 else usd, at) for i, (a, b, usd, at) in enumerate(NETWORK)]
    (network,) = detect_smurfing_networks(activity_of(*large), profile.smurfing_network).patterns
    assert network.facts["share_of_small_pairs"] == round(5 / 7, 4)


def test_more_than_fifty_addresses_are_no_network(profile: MonitoringProfile) -> None:
    for most, found in ((51, 0), (50, 1)):
        crowd = [(f"p{i}", f"p{j}", 500.0, 0.0) for i, j in permutations(range(most), 2)]
        patterns = detect_smurfing_networks(activity_of(*crowd), profile.smurfing_network).patterns
        assert len(patterns) == found


def test_a_community_that_money_does_not_leave_and_enter_again_is_found(
    profile: MonitoringProfile,
) -> None:
    one_way: list[Line] = [(a, b, 3000, 0) for a in "abcde" for b in "abcde" if a < b]
    activity = activity_of(*one_way)
    (network,) = detect_smurfing_networks(activity, profile.smurfing_network).patterns
    assert names_of(network, activity) == list("abcde")
    assert network.detection_method == "community"


def test_networks_that_deal_with_one_shop_are_told_apart(profile: MonitoringProfile) -> None:
    other = [(a.upper(), b.upper(), usd, at) for a, b, usd, at in NETWORK]
    customers = [(f"x{i}", "shop", 5.0, 30.0) for i in range(60)]
    at_shop: list[Line] = [(x, "shop", 5, 40) for x in "abcABC"] + [
        ("shop", "a", 1, 41),
        ("shop", "A", 1, 41),
    ]
    activity = activity_of(*NETWORK, *other, *customers, *at_shop)
    patterns = detect_smurfing_networks(activity, profile.smurfing_network).patterns
    assert [names_of(each, activity) for each in patterns] == [list("ABCDE"), list("abcde")]


def test_risk_is_isolation_times_volume(profile: MonitoringProfile) -> None:
    def risk(*lines: Line) -> float:
        (network,) = detect_smurfing_networks(
            activity_of(*lines), profile.smurfing_network
        ).patterns
        return network.risk

    assert risk(*NETWORK) == 1
    assert risk(*[(a, b, usd / 3, at) for a, b, usd, at in NETWORK]) == pytest.approx(0.7)
    wages: list[Line] = [("firm", x, 2000, 50) for x in "abcde"]
    shop: list[Line] = [(x, "shop", 20, 60) for x in "abcd"]
    assert risk(*NETWORK, *wages, *shop) == pytest.approx(14 / 23)


def test_a_circle_of_friends_is_no_alert(profile: MonitoringProfile) -> None:
    friends = [(a, b, 40.0, at) for a, b, _, at in NETWORK]
    (circle,) = detect_smurfing_networks(activity_of(*friends), profile.smurfing_network).patterns
    assert circle.risk < profile.structural.min_risk


def test_a_network_has_the_same_id_whatever_the_order_of_rows(profile: MonitoringProfile) -> None:
    ids = set()
    for lines in (NETWORK, NETWORK[::-1]):
        activity = activity_of(*lines)
        (network,) = detect_smurfing_networks(activity, profile.smurfing_network).patterns
        ids.add(pattern_id(network, activity.addresses))
    assert len(ids) == 1
