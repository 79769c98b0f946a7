import pytest

from aml_miner.monitoring.patterns.mule_network import detect_mule_networks
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

NETWORK: list[Line] = [
    ("p1", "a1", 1000, 0),
    ("p2", "a2", 800, 1),
    ("p3", "a3", 600, 2),
    ("a1", "head", 950, 10),
    ("a2", "head", 760, 11),
    ("a3", "head", 570, 12),
    ("head", "x", 2200, 20),
]


def changed(place: int, **change: float | str) -> list[Line]:
    """The drawing with one transfer changed."""
    names = ("source", "target", "usd", "hour")
    line = dict(zip(names, NETWORK[place], strict=True)) | change
    return [*NETWORK[:place], tuple(line.values()), *NETWORK[place + 1 :]]  # type: ignore[list-item]


def test_a_head_is_found_with_its_agents_by_their_first_payment(profile: MonitoringProfile) -> None:
    activity = activity_of(*NETWORK)
    (network,) = detect_mule_networks(activity, profile.mule_network).patterns
    assert names_of(network, activity) == ["head", "a1", "a2", "a3"]
    assert network.roles == ("head", "agent", "agent", "agent")
    assert len(network.transfers) == 7
    assert network.facts == {
        "agents": 3,
        "payers": 3,
        "gathered_usd": 2280.0,
        "share_of_all_received_meanwhile": 1.0,
        "paid_out_ratio": round(2200 / 2280, 4),
    }
    assert network.risk == pytest.approx(0.4 + 0.3 * 2200 / 2280 + 0.3 * 3 / 8)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (changed(5, target="other"), "two agents are too few"),
        (changed(1, source="p1"), "two who pay them are too few"),
        (changed(4, usd=600), "an agent keeps a quarter"),
        (changed(4, usd=900), "an agent adds of its own"),
        (changed(4, hour=1), "an agent pays at the moment it is paid"),
        (changed(4, hour=0.5), "an agent pays before it is paid"),
        (changed(4, hour=49.1), "the money rests with an agent for longer than two days"),
        (changed(0, source="head"), "the money goes back to the head"),
        ([*changed(2, hour=60)[:5], ("a3", "head", 570, 84)], "more than three days apart"),
        ([*NETWORK, ("y", "head", 1000, 11.5)], "the head is paid by others in the meantime"),
        (NETWORK[:6], "the head keeps it"),
        (changed(6, usd=1500), "the head keeps a third"),
        (changed(6, usd=2500), "the head pays out more than it got"),
        (changed(6, hour=60.1), "the head pays out later than two days after"),
        (changed(6, hour=9), "the head paid out before"),
        ([(a, b, usd / 5, hour) for a, b, usd, hour in NETWORK], "the volume is below the least"),
    ],
)
def test_no_network_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_mule_networks(activity_of(*lines), profile.mule_network).patterns == [], why


def test_a_service_is_no_head(profile: MonitoringProfile) -> None:
    three = profile.mule_network.model_copy(update={"max_counterparties": 3})
    four = three.model_copy(update={"max_counterparties": 4})
    activity = activity_of(*NETWORK)
    assert len(detect_mule_networks(activity, four).patterns) == 1
    assert detect_mule_networks(activity, three).patterns == []


def test_the_days_with_most_agents_count(profile: MonitoringProfile) -> None:
    """What two of the agents do a month before and the head's own income then are left out."""
    before: list[Line] = [
        ("p1", "a1", 500, -700),
        ("a1", "head", 500, -690),
        ("p2", "a2", 500, -700),
        ("a2", "head", 500, -680),
        ("y", "head", 5000, -685),
    ]
    (network,) = detect_mule_networks(activity_of(*before, *NETWORK), profile.mule_network).patterns
    assert network.facts["gathered_usd"] == 2280.0


def test_an_agent_who_pays_twice_is_one(profile: MonitoringProfile) -> None:
    again: list[Line] = [*NETWORK[:6], ("p4", "a1", 100, 12), ("a1", "head", 99, 13), NETWORK[6]]
    (network,) = detect_mule_networks(activity_of(*again), profile.mule_network).patterns
    assert (network.facts["agents"], network.facts["payers"]) == (3, 4)
    assert network.facts["gathered_usd"] == 2379.0


IN_PARTS: list[Line] = [
    ("p0", "a1", 100, -3),
    ("p4", "a1", 700, -2),
    ("p1", "a1", 300, 0),
    *NETWORK[1:],
]
"""Two payments to an agent, of 700 and 300, are passed on as one of 950; the one before is not."""


def test_an_agent_may_pass_on_the_sum_of_what_several_paid(profile: MonitoringProfile) -> None:
    activity = activity_of(*IN_PARTS)
    (network,) = detect_mule_networks(activity, profile.mule_network).patterns
    assert names_of(network, activity) == ["head", "a1", "a2", "a3"]
    assert (network.facts["payers"], network.facts["gathered_usd"]) == (4, 2280.0)
    paid = {activity.source[each] for each in network.transfers}
    names = activity.addresses.gather(sorted(paid)).to_list()
    assert names == ["a1", "a2", "a3", "head", "p1", "p2", "p3", "p4"]


@pytest.mark.parametrize(
    ("place", "line", "why"),
    [
        (1, ("p4", "a1", 900, -2), "the agent keeps a fifth and more of the sum"),
        (
            1,
            ("p4", "a1", 150, -2),
            "with the payment before the sum is 550, and 950 is too much",
        ),
        (1, ("p4", "a1", 700, -40), "the first of them rested for longer than two days"),
        (1, ("head", "a1", 700, -2), "the head paid one of them"),
        (2, ("p1", "a1", 300, 10), "one of them came at the moment the sum was passed on"),
        (2, ("p1", "a1", 300, 11), "one of them came after the sum was passed on"),
    ],
)
def test_no_sum_is_passed_on_when_one_part_is_changed(
    place: int, line: Line, why: str, profile: MonitoringProfile
) -> None:
    lines = [*IN_PARTS[:place], line, *IN_PARTS[place + 1 :]]
    assert detect_mule_networks(activity_of(*lines), profile.mule_network).patterns == [], why


def test_a_part_is_passed_on_once(profile: MonitoringProfile) -> None:
    """What a second payment of the agent's would be the sum of was passed on by the first."""
    again: list[Line] = [*IN_PARTS[:-1], ("a1", "head", 900, 13), IN_PARTS[-1]]
    (network,) = detect_mule_networks(
        activity_of(*again), profile.mule_network.model_copy(update={"min_share": 0.5})
    ).patterns
    assert network.facts["gathered_usd"] == 2280.0


def test_more_payments_than_are_added_up_are_counted(profile: MonitoringProfile) -> None:
    two = profile.mule_network.model_copy(update={"max_fitting": 2})
    three: list[Line] = [
        ("p1", "a1", 300, -3),
        ("p4", "a1", 300, -2),
        ("p5", "a1", 400, -1),
        *NETWORK[1:],
    ]
    assert detect_mule_networks(activity_of(*three), profile.mule_network).cut_off == 0
    found = detect_mule_networks(activity_of(*three), two)
    assert (found.patterns, found.cut_off) == ([], 2)  # the agent, and the head, who pays three on
