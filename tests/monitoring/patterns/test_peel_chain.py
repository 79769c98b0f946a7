from itertools import pairwise

import numpy as np
import pytest

from aml_miner.monitoring.patterns.columns import Columns, outgoing
from aml_miner.monitoring.patterns.peel_chain import (
    PeelLimits,
    detect_peel_chains,
    search_carriers,
)
from aml_miner.monitoring.profile import MonitoringProfile
from tests.monitoring.graphs import Line, activity_of
from tests.monitoring.patterns.drawings import names_of

CARRIED: list[Line] = [("a", "b", 1000, 0), ("b", "c", 900, 2), ("c", "d", 800, 4)]
PEELED: list[Line] = [("b", "p", 95, 1), ("c", "q", 60, 5), ("c", "r", 30, 3)]


def changed(place: int, **change: float | str) -> list[Line]:
    """The chain with one transfer changed."""
    lines = [*CARRIED, *PEELED]
    names = ("source", "target", "usd", "hour")
    line = dict(zip(names, lines[place], strict=True)) | change
    return [*lines[:place], tuple(line.values()), *lines[place + 1 :]]  # type: ignore[list-item]


def test_a_chain_is_found_in_its_order_with_its_peels(profile: MonitoringProfile) -> None:
    activity = activity_of(*CARRIED, *PEELED, ("b", "z", 40, 6))
    (chain,) = detect_peel_chains(activity, profile.peel_chain_path).patterns
    assert names_of(chain, activity) == ["a", "b", "c", "d"]
    assert chain.roles == ("source", "carrier", "carrier", "destination")
    assert activity.amount_usd[chain.transfers].tolist() == [1000, 95, 900, 30, 800, 60]
    assert chain.facts["peels"] == 3
    assert chain.facts["peeled_usd"] == 185


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([*CARRIED[:2], PEELED[0]], "two hops are too few"),
        ([*CARRIED, PEELED[0]], "one carrier peels nothing off"),
        (changed(3, usd=45), "the peels are less than half of what is not passed on"),
        (changed(3, usd=121), "the peel is more than what is left"),
        (changed(3, target="a"), "the peel goes back to the sender"),
        (changed(3, target="c"), "the peel goes to the next carrier"),
        (changed(3, hour=0), "the peel leaves at the moment the money comes"),
        (changed(3, hour=24.1), "the peel leaves after the holding time"),
        (changed(1, usd=995), "less than the least share is left behind"),
        (changed(1, usd=649), "more than the largest share is left behind"),
        (changed(1, hour=4), "a carrier pays before it is paid"),
        (changed(2, hour=26.1), "a carrier holds the money too long"),
        (changed(2, target="b"), "the money goes back"),
        (
            [(a, b, usd / 3, hour) for a, b, usd, hour in [*CARRIED, *PEELED]],
            "the volume is below the least",
        ),
    ],
)
def test_no_chain_when_one_transfer_or_time_is_changed(
    lines: list[Line], why: str, profile: MonitoringProfile
) -> None:
    assert detect_peel_chains(activity_of(*lines), profile.peel_chain_path).patterns == [], why


def test_money_passed_on_whole_is_no_peel_chain(profile: MonitoringProfile) -> None:
    whole: list[Line] = [(a, b, 1000, hour) for a, b, _, hour in CARRIED]
    assert detect_peel_chains(activity_of(*whole), profile.peel_chain_path).patterns == []


def test_a_transfer_of_nothing_is_no_peel(profile: MonitoringProfile) -> None:
    activity = activity_of(*CARRIED, *PEELED, ("b", "z", 0, 1.5))
    (chain,) = detect_peel_chains(activity, profile.peel_chain_path).patterns
    assert chain.facts["peels"] == 3


def test_of_two_receipts_that_one_transfer_could_carry_on_the_closer_one_is_taken(
    profile: MonitoringProfile,
) -> None:
    activity = activity_of(*CARRIED, *PEELED, ("z", "b", 990, 0.5))
    (chain,) = detect_peel_chains(activity, profile.peel_chain_path).patterns
    assert names_of(chain, activity) == ["z", "b", "c", "d"]


def test_every_hop_of_a_chain_is_a_real_transfer(profile: MonitoringProfile) -> None:
    activity = activity_of(*CARRIED, *PEELED, ("d", "b", 700, 6), ("d", "s", 90, 7))
    paid = set(zip(activity.source.tolist(), activity.target.tolist(), strict=True))
    (chain,) = detect_peel_chains(activity, profile.peel_chain_path).patterns
    assert all(pair in paid for pair in pairwise(chain.addresses))


def test_a_chain_walked_again_is_the_same_pattern(profile: MonitoringProfile) -> None:
    once = [*CARRIED, *PEELED]
    again = [(a, b, usd * 2, hour + 100) for a, b, usd, hour in once]
    (chain,) = detect_peel_chains(activity_of(*once, *again), profile.peel_chain_path).patterns
    assert len(chain.transfers) == 12
    assert chain.facts["passages"] == 2


def test_risk_counts_length_what_the_peels_explain_and_time(profile: MonitoringProfile) -> None:
    (chain,) = detect_peel_chains(activity_of(*CARRIED, *PEELED), profile.peel_chain_path).patterns
    explained = (95 / 100 + 90 / 100) / 2
    assert chain.risk == pytest.approx(0.4 / 6 + 0.3 * explained + 0.3 * (1 - 2 / 24))


def test_a_hub_is_searched_within_the_bound_and_counted(profile: MonitoringProfile) -> None:
    came: list[Line] = [(f"s{i}", "hub", 1000, i / 1000) for i in range(3000)]
    went: list[Line] = [("hub", f"r{i}", 900 - i % 850, 4 + i / 1000) for i in range(3000)]
    found = detect_peel_chains(activity_of(*came, *went), profile.peel_chain_path)
    assert found.patterns == []
    assert found.cut_off == 1


def test_the_compiled_search_equals_the_one_in_python() -> None:
    activity = activity_of(
        *CARRIED,
        *PEELED,
        ("b", "z", 0, 1.5),
        ("y", "b", 0, 1),
        ("d", "e", 700, 6),
        ("e", "f", 9, 90),
    )
    for max_onward in (2, 64):
        limits = PeelLimits(86_400_000.0, 0.01, 0.35, 0.5, 0.02, max_onward)
        arguments = Columns.of(activity), outgoing(activity), limits
        compiled, plain = search_carriers(*arguments), search_carriers.py_func(*arguments)
        assert compiled[0].tolist() == plain[0].tolist()
        assert np.array_equal(compiled[1].start, plain[1].start)
        assert np.array_equal(compiled[1].transfer, plain[1].transfer)
        assert compiled[2] == plain[2]


def test_an_address_is_in_so_many_chains_and_counted_where_there_are_more(
    profile: MonitoringProfile,
) -> None:
    other: list[Line] = [("a", "m", 1000, 50), ("m", "n", 900, 52), ("n", "o", 800, 54)]
    peels: list[Line] = [("m", "p", 95, 51), ("n", "q", 90, 53)]
    activity = activity_of(*CARRIED, *PEELED, *other, *peels)
    one = profile.peel_chain_path.model_copy(update={"max_patterns": 1})
    every, some = (detect_peel_chains(activity, each) for each in (profile.peel_chain_path, one))
    assert (len(every.patterns), every.cut_off) == (2, 0)
    assert (len(some.patterns), some.cut_off) == (1, 1)
