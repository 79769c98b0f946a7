import pytest

from aml_miner.monitoring.patterns.round_trip import detect_round_trips
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

ROUND: list[Line] = [("b", "c", 100, 0), ("c", "d", 90, 2), ("d", "a", 80, 4), ("a", "b", 70, 6)]


def changed(place: int, **change: float | str) -> list[Line]:
    """The drawing with one transfer changed."""
    names = ("source", "target", "usd", "hour")
    line = dict(zip(names, ROUND[place], strict=True)) | change
    return [*ROUND[:place], tuple(line.values()), *ROUND[place + 1 :]]  # type: ignore[list-item]


def test_money_that_shrinks_on_its_way_round_is_found_from_the_lowest_address_on(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*ROUND)
    (trip,) = detect_round_trips(activity, profile.round_trip).patterns
    assert names_of(trip, activity) == ["a", "b", "c", "d"]
    assert trip.roles == ("cycle_member",) * 4
    assert trip.transfers.tolist() == [0, 1, 2, 3]
    assert trip.facts == {
        "length": 4,
        "largest_over_smallest_amount": round(100 / 70, 4),
        "mean_held_hours": 2.0,
        "rounds": 1,
    }
    assert trip.risk == pytest.approx(0.6 + 0.3 * (1 - 2 / 24) + 0.1 * 340 / 10_000)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (ROUND[:3], "it does not come back"),
        (changed(3, target="x"), "it comes back to nobody"),
        (changed(2, hour=2), "the third hop leaves at the moment the second arrives"),
        (changed(2, hour=1), "the third hop leaves before the second arrives"),
        (changed(3, hour=28.1), "the money rests longer than a day"),
        (changed(2, usd=62), "too much is kept"),
        (changed(2, usd=95), "too much is added"),
        ([(a, b, 100 - hour, hour) for a, b, _, hour in ROUND], "alike amounts are a cycle's"),
        ([(a, b, usd / 4, hour) for a, b, usd, hour in ROUND], "the volume is dust"),
        ([ROUND[0], ("c", "b", 80, 2)], "two who pay each other are no circle"),
    ],
)
def test_no_round_trip_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_round_trips(activity_of(*lines), profile.round_trip).patterns == [], why


@pytest.mark.parametrize("service", "abcd")
def test_by_way_of_a_service_nothing_comes_back(service: str, profile: MonitoringProfile) -> None:
    """Whether money begins at it or goes through it."""
    customers: list[Line] = [(f"x{i}", service, 1, 50 + i) for i in range(49)]
    found = [
        len(
            detect_round_trips(activity_of(*ROUND, *customers[:count]), profile.round_trip).patterns
        )
        for count in (48, 49)
    ]
    assert found == [1, 0]


def test_rounds_along_the_same_addresses_are_one_pattern(profile: MonitoringProfile) -> None:
    again: list[Line] = [(a, b, 2 * usd, 2 * hour + 100) for a, b, usd, hour in ROUND]
    (trip,) = detect_round_trips(activity_of(*ROUND, *again), profile.round_trip).patterns
    assert trip.facts["rounds"] == 2
    assert trip.facts["mean_held_hours"] == 2.0  # of the riskier one
    assert len(trip.transfers) == 8


def test_an_address_is_in_a_round_trip_once(profile: MonitoringProfile) -> None:
    """a pays b, b's money comes back to b by way of c and d, and goes on to a."""
    lines: list[Line] = [
        ("a", "b", 200, 0),
        ("b", "c", 190, 1),
        ("c", "d", 175, 2),
        ("d", "b", 160, 3),
        ("b", "a", 150, 4),
    ]
    activity = activity_of(*lines)
    found = detect_round_trips(activity, profile.round_trip).patterns
    assert [names_of(trip, activity) for trip in found] == [["b", "c", "d"]]


def test_no_round_trip_is_longer_than_told(profile: MonitoringProfile) -> None:
    three = profile.round_trip.model_copy(update={"max_length": 3})
    assert detect_round_trips(activity_of(*ROUND), three).patterns == []


def test_rounds_without_a_pause_are_not_counted_from_every_address(
    profile: MonitoringProfile,
) -> None:
    second: list[Line] = [
        ("b", "c", 65, 8),
        ("c", "d", 60, 10),
        ("d", "a", 55, 12),
        ("a", "b", 50, 14),
    ]
    (trip,) = detect_round_trips(activity_of(*ROUND, *second), profile.round_trip).patterns
    assert trip.facts["rounds"] == 2
    assert trip.transfers.tolist() == list(range(8))


def test_as_many_rounds_are_counted_as_come_one_after_the_other(profile: MonitoringProfile) -> None:
    """A long round begins before two short ones and ends after both."""
    large = [(a, b, 10 * usd, 10 * hour) for a, b, usd, hour in ROUND]
    short = [(a, b, usd, hour + begin) for begin in (5, 31) for a, b, usd, hour in ROUND]
    (trip,) = detect_round_trips(activity_of(*large, *short), profile.round_trip).patterns
    assert len(trip.transfers) == 12
    assert trip.facts["rounds"] == 2
