from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.monitoring.patterns.layering_path import LAYERING_PATH
from aml_miner.monitoring.patterns.overlaps import keep_apart, keep_riskiest, walk_groups
from aml_miner.monitoring.patterns.pattern import Pattern


def kept_of(groups: list[set[int]], overlap: float, most: int) -> tuple[list[bool], int]:
    start = np.array([0, *accumulate(len(each) for each in groups)])
    member = np.array([m for each in groups for m in sorted(each)], np.int64)
    kept, full = keep_apart(start, member, max_overlap=overlap, max_groups=most)
    return kept.tolist(), full


@pytest.mark.parametrize(
    ("groups", "kept", "why"),
    [
        ([{1, 2, 3}, {4, 5, 6}], [True, True], "nothing is shared"),
        ([{1, 2, 3}, {3, 4, 5}], [True, True], "a third is shared"),
        ([{1, 2, 3}, {2, 3, 4}], [True, False], "two thirds are shared"),
        ([{1, 2, 3}, {2, 3, 4}, {3, 4, 5}], [True, False, True], "one left out hides nobody"),
        ([{1, 2}, {3, 4}, {1, 3, 5}], [True, True, True], "no single one has more than a third"),
    ],
)
def test_a_group_mostly_of_members_of_one_before_it_is_left_out(
    groups: list[set[int]], kept: list[bool], why: str
) -> None:
    assert kept_of(groups, 0.5, 9) == (kept, 0), why


def test_an_address_is_in_so_many_groups_and_is_counted_where_that_keeps_one_out() -> None:
    groups = [{1, 2, 3}, {1, 4, 5}, {1, 6, 7}, {6, 7, 8}, {1, 9, 10}]
    assert kept_of(groups, 0.5, 2) == ([True, True, False, True, False], 1)


def test_no_group_is_no_error() -> None:
    assert kept_of([], 0.5, 2) == ([], 0)


def test_the_riskiest_patterns_of_an_address_are_kept() -> None:
    drawn = [
        Pattern(
            LAYERING_PATH, (0, i, i + 1, i + 2), ("member",) * 4, np.arange(3), i / 100, "drawn", {}
        )
        for i in range(1, 60, 4)
    ]
    kept, full = keep_riskiest(drawn, 3)
    assert [pattern.risk for pattern in kept] == [0.57, 0.53, 0.49]
    assert full == 1
    assert keep_riskiest(drawn, 99)[1] == 0
    assert keep_riskiest([], 1) == ([], 0)


GROUPS = st.lists(st.sets(st.integers(0, 9), min_size=1, max_size=5), max_size=25)


@given(GROUPS, st.sampled_from([0.0, 0.4, 0.5, 1.0]), st.integers(1, 4))
def test_what_is_kept_is_what_the_definition_says(
    groups: list[set[int]], overlap: float, most: int
) -> None:
    kept: list[set[int]] = []
    expected, full = [], set()
    for group in groups:
        is_new = all(len(group & other) <= overlap * len(group) for other in kept)
        busy = {m for m in group if sum(m in other for other in kept) == most}
        full |= busy if is_new else set()
        expected.append(is_new and not busy)
        kept += [group] if expected[-1] else []
    assert kept_of(groups, overlap, most) == (expected, len(full))


def test_the_compiled_walk_equals_the_one_in_python() -> None:
    start, member = np.array([0, 2, 4, 6, 8]), np.array([0, 1, 1, 2, 0, 1, 1, 3])
    results = [
        walk(start, member, np.zeros((4, 2), np.int64), 0.5)
        for walk in (walk_groups, walk_groups.py_func)
    ]
    assert [part.tolist() for part in results[0]] == [part.tolist() for part in results[1]]
