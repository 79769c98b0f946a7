import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.patterns.mule_network import busiest, detect_mule_networks
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
        (changed(6, hour=10), "the head paid out at the moment of the first payment"),
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


@pytest.mark.parametrize("count", [20, 63, 1000])
def test_dust_hides_no_sum_and_makes_no_payer(count: int, profile: MonitoringProfile) -> None:
    dust: list[Line] = [(f"d{n}", "a1", 0.01, 1 + n / 1000) for n in range(count)]
    activity = activity_of(*IN_PARTS, *dust)
    (network,) = detect_mule_networks(activity, profile.mule_network).patterns
    assert network.facts["payers"] == 4


def test_small_parts_are_looked_at_up_to_a_number_and_then_counted(
    profile: MonitoringProfile,
) -> None:
    """Two USD are a part of none of a sum of 950, but more than dust."""
    found = []
    for count in (62, 63):
        small: list[Line] = [(f"d{n}", "a1", 2, 1 + n / 1000) for n in range(count)]
        detected = detect_mule_networks(activity_of(*IN_PARTS, *small), profile.mule_network)
        found.append((len(detected.patterns), detected.cut_off))
    assert found == [(1, 0), (0, 1)]


def test_a_part_of_exactly_the_least_share_counts(profile: MonitoringProfile) -> None:
    """An eighth of 1,000 makes up the sum of 1,000."""
    lines: list[Line] = [
        ("p1", "a1", 875, -2),
        ("p4", "a1", 125, -1),
        *NETWORK[1:3],
        ("a1", "head", 1000, 10),
        *NETWORK[4:],
    ]
    found = []
    for share in (0.125, 0.126):
        parameters = profile.mule_network.model_copy(update={"min_part_share": share})
        found.append(len(detect_mule_networks(activity_of(*lines), parameters).patterns))
    assert found == [1, 0]


def test_whoever_sends_dust_makes_no_head_a_service(profile: MonitoringProfile) -> None:
    found = []
    for usd in (0, 0.99, 1):
        others: list[Line] = [(f"d{n}", "head", usd, -100) for n in range(60)]
        activity = activity_of(*NETWORK, *others)
        found.append(len(detect_mule_networks(activity, profile.mule_network).patterns))
    assert found == [1, 1, 0]


@pytest.mark.parametrize("days", [-30, -5, 5, 30])
def test_days_that_are_no_network_hide_no_others(days: int, profile: MonitoringProfile) -> None:
    """Four agents pay the head, who keeps it; three do before or after, and it pays out."""
    kept: list[Line] = [
        line
        for n in range(4)
        for line in (
            (f"q{n}", f"b{n}", 900, 24 * days + n),
            (f"b{n}", "head", 880, 24 * days + 10 + n),
        )
    ]
    (network,) = detect_mule_networks(activity_of(*kept, *NETWORK), profile.mule_network).patterns
    assert network.facts["agents"] == 3


def test_what_is_left_beside_the_busiest_days_is_asked_too() -> None:
    """Three pay within the busiest ten hours, two soon after them and two soon before."""
    agents, times = [1, 2, 1, 2, 3, 4, 5], [0, 3, 10, 15, 20, 23, 29]
    assert list(busiest(agents, times, 10, 2)) == [(2, 5), (0, 2), (5, 7)]
    assert list(busiest(agents, times, 10, 3)) == [(2, 5)]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), max_size=25),
    st.integers(0, 9),
    st.integers(1, 4),
)
def test_each_run_has_the_most_agents_of_what_is_left(
    payments: list[tuple[int, int]], within: int, least: int
) -> None:
    payments.sort()
    times, agents = [time for time, _ in payments], [agent for _, agent in payments]
    left = set(range(len(times)))

    def most() -> int:
        runs = [range(first, last) for last in range(len(times) + 1) for first in range(last)]
        near = [run for run in runs if times[run[-1]] - times[run[0]] <= within and left >= {*run}]
        return max((len({agents[i] for i in run}) for run in near), default=0)

    for first, last in busiest(agents, times, within, least):
        assert times[last - 1] - times[first] <= within
        assert least <= len(set(agents[first:last])) == most()
        left -= set(range(first, last))
    assert most() < least
