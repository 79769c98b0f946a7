from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns.columns import Columns, outgoing
from aml_miner.monitoring.patterns.passages import (
    PassageLimits,
    PassageParameters,
    find_passages,
    search_passages,
)
from tests.monitoring.graphs import Line, activity_of

LIMITS = PassageParameters(
    holding_hours=10, max_kept_share=0.2, max_added_share=0.1, max_onward=100, max_fitting=100
)
RECEIVED: Line = ("a", "b", 100, 0)


def pairs_of(*lines: Line, max_onward: int = 100) -> list[tuple[int, int]]:
    found = find_passages(activity_of(*lines), LIMITS.model_copy(update={"max_onward": max_onward}))
    return list(zip(found.received.tolist(), found.sent.tolist(), strict=True))


@pytest.mark.parametrize(
    ("onward", "why"),
    [
        (("b", "c", 100, 1), "the same amount, an hour later"),
        (("b", "c", 80, 1), "the largest share is kept"),
        (("b", "c", 110, 1), "the largest share is added"),
        (("b", "c", 100, 10), "it leaves at the end of the holding time"),
    ],
)
def test_an_amount_passed_on_in_time_is_a_passage(onward: Line, why: str) -> None:
    assert pairs_of(RECEIVED, onward) == [(0, 1)], why


@pytest.mark.parametrize(
    ("onward", "why"),
    [
        (("b", "c", 79, 1), "too much is kept"),
        (("b", "c", 111, 1), "too much is added"),
        (("b", "c", 100, 10.1), "it rests too long"),
        (("b", "c", 100, 0), "it leaves at the moment the money comes, not later"),
        (("b", "a", 100, 1), "it goes back to the sender"),
        (("c", "d", 100, 1), "another address sends it"),
    ],
)
def test_no_passage_when_amount_time_or_way_is_changed(onward: Line, why: str) -> None:
    assert pairs_of(RECEIVED, onward) == [], why


def test_money_that_left_before_it_came_is_no_passage() -> None:
    assert pairs_of(("b", "c", 100, 0), ("a", "b", 100, 1)) == []


def test_nothing_received_is_passed_on_by_nothing() -> None:
    assert pairs_of(("a", "b", 0, 0), ("b", "c", 0, 1)) == []


def test_the_best_fitting_passage_comes_first_then_the_quicker_one() -> None:
    lines: list[Line] = [
        RECEIVED,
        ("b", "c", 90, 1),
        ("b", "d", 100, 4),
        ("b", "e", 90, 2),
        ("b", "f", 100, 3),
    ]
    # in time order: 90 to c, 90 to e, 100 to f, 100 to d
    assert pairs_of(*lines) == [(0, 3), (0, 4), (0, 1), (0, 2)]


def test_a_hub_is_searched_within_the_bound_and_counted_once() -> None:
    came: list[Line] = [(f"s{i}", "hub", 100, i / 1000) for i in range(2000)]
    went: list[Line] = [("hub", f"r{i}", 100, 2 + i / 1000) for i in range(2000)]
    found = find_passages(activity_of(*came, *went), LIMITS.model_copy(update={"max_onward": 5}))
    assert len(found.received) == 2000 * 5
    assert found.cut_off == 1


def test_a_bound_that_is_just_enough_is_not_counted() -> None:
    lines: list[Line] = [RECEIVED, ("b", "c", 100, 1), ("b", "d", 100, 2)]
    for bound, expected in ((2, 0), (1, 1)):
        parameters = LIMITS.model_copy(update={"max_onward": bound})
        assert find_passages(activity_of(*lines), parameters).cut_off == expected


def by_definition(activity: Activity) -> set[tuple[int, int]]:
    columns = Columns.of(activity)
    return {
        (i, j)
        for i in range(len(columns.source))
        for j in range(len(columns.source))
        if columns.target[i] == columns.source[j]
        and columns.source[i] != columns.target[j]
        and 0 < columns.timestamp[j] - columns.timestamp[i] <= 36_000_000
        and 0.8 * columns.amount[i] <= columns.amount[j] <= 1.1 * columns.amount[i]
        and columns.amount[i] > 0
    }


LINE = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from("abcd"),
    st.sampled_from([0.0, 79, 80, 90, 100, 110]),
    st.integers(0, 20).map(float),
)


@given(st.lists(LINE.filter(lambda line: line[0] != line[1]), min_size=1, max_size=25))
def test_passages_are_what_their_definition_says(lines: list[Line]) -> None:
    activity = activity_of(*lines)
    found = find_passages(activity, LIMITS.model_copy(update={"max_kept_share": 0.2}))
    pairs = list(zip(found.received.tolist(), found.sent.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) == by_definition(activity)
    assert np.all(np.diff(found.difference) >= 0)


def test_the_compiled_search_equals_the_one_in_python() -> None:
    lines: list[Line] = [RECEIVED, ("b", "c", 90, 1), ("b", "d", 100, 2), ("c", "e", 95, 20)]
    activity = activity_of(*lines, ("b", "e", 0, 3), ("e", "b", 0, 4), ("c", "b", 5, 30))
    for max_onward in (1, 10):
        arguments = (
            Columns.of(activity),
            outgoing(activity),
            np.arange(activity.count) != 3,
            PassageLimits(36e6, 0.8, 1.1, max_onward, 2),
        )
        compiled, plain = search_passages(*arguments), search_passages.py_func(*arguments)
        assert [np.asarray(part).tolist() for part in compiled] == [
            np.asarray(part).tolist() for part in plain
        ]


def test_of_many_that_fit_the_best_are_kept_and_the_address_is_counted() -> None:
    lines: list[Line] = [RECEIVED, *(("b", "c", usd, usd / 50) for usd in (81, 99, 85, 99.5, 90))]
    activity = activity_of(*lines)
    few = find_passages(activity, LIMITS.model_copy(update={"max_fitting": 2}))
    assert activity.amount_usd[few.sent].tolist() == [99.5, 99]
    assert few.cut_off == 1
    enough = find_passages(activity, LIMITS.model_copy(update={"max_fitting": 5}))
    assert len(enough.sent) == 5
    assert enough.cut_off == 0


@given(st.lists(LINE.filter(lambda line: line[0] != line[1]), min_size=1, max_size=25))
def test_the_few_that_are_kept_are_the_first_of_all(lines: list[Line]) -> None:
    activity = activity_of(*lines)
    every, few = (
        find_passages(activity, LIMITS.model_copy(update={"max_fitting": most})) for most in (99, 2)
    )
    pairs = list(zip(every.received.tolist(), every.sent.tolist(), strict=True))
    of_receipt = Counter(received for received, _ in pairs)
    seen: Counter[int] = Counter()
    expected = []
    for received, sent in pairs:
        seen[received] += 1
        expected += [(received, sent)] if seen[received] <= 2 else []
    assert list(zip(few.received.tolist(), few.sent.tolist(), strict=True)) == expected
    busy = {activity.target[received] for received, times in of_receipt.items() if times > 2}
    assert few.cut_off == len(busy)


def test_passages_are_sought_through_the_addresses_told_alone() -> None:
    activity = activity_of(RECEIVED, ("b", "c", 100, 1), ("c", "d", 100, 2))
    through = np.array([name == "c" for name in activity.addresses])
    found = find_passages(activity, LIMITS, through)
    assert list(zip(found.received.tolist(), found.sent.tolist(), strict=True)) == [(1, 2)]
    assert len(find_passages(activity, LIMITS).received) == 2
