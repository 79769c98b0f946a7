"""No group on both sides, nobody learns from the future."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aml_miner.training.folds import Folds, make_folds
from aml_miner.training.rows import LabelledRows

type MakeRows = Callable[..., LabelledRows]
DAYS = [date(2025, 11, 20) + timedelta(days=n) for n in range(5)]


def places_tested(folds: Folds) -> list[int]:
    return sorted(int(place) for fold in folds.folds for place in fold.test)


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=40
    ),
    st.integers(2, 6),
    st.integers(0, 3),
)
def test_no_group_is_on_both_sides_and_no_test_lies_before_its_training(
    make_rows: MakeRows, cases: list[tuple[bool, int, int]], count: int, seed: int
) -> None:
    labels, groups, days = zip(*cases, strict=True)
    rows = make_rows(labels, [f"g{n}" for n in groups], [DAYS[n] for n in days])
    folds = make_folds(rows, count, seed)
    group, day = rows.keys["group"], rows.keys["processing_date"]
    for fold in folds.folds:
        assert not set(group[fold.train]) & set(group[fold.test])
        if folds.by_time and len(fold.train):
            assert day[fold.train].max() < day[fold.test].min()  # type: ignore[operator]
    places = places_tested(folds)
    assert len(places) == len(set(places))
    if len(set(groups)) > 1 and len(set(days)) == 1:
        assert places == list(range(len(rows)))


def test_illicit_and_licit_groups_are_dealt_out_evenly(make_rows: MakeRows) -> None:
    rows = make_rows([n < 10 for n in range(40)])
    folds = make_folds(rows, 5, seed=1)
    assert folds.groups == 40
    assert [len(fold.test) for fold in folds.folds] == [8] * 5
    assert [int(rows.labels[fold.test].sum()) for fold in folds.folds] == [2] * 5


def test_there_are_no_more_folds_than_groups(make_rows: MakeRows) -> None:
    folds = make_folds(make_rows([True, False, False], ["a", "b", "b"]), 5, seed=1)
    assert [len(fold.test) for fold in folds.folds] == [1, 2]


def test_one_group_alone_cannot_be_tested(make_rows: MakeRows) -> None:
    folds = make_folds(make_rows([True, False], ["a", "a"]), 5, seed=1)
    assert folds.folds == ()
    assert folds.groups == 1


@pytest.mark.parametrize(
    ("days", "late"),
    [
        ([0, 0, 0, 1], [3]),
        ([0, 1, 1, 1], [1, 2, 3]),  # the last date is always tested
        ([0, 1, 2, 3], [2, 3]),
        ([0, 1, 1, 2], [3]),
    ],
)
def test_cut_leaves_half_of_the_rows_to_learn_from_and_a_date_to_test(
    make_rows: MakeRows, days: list[int], late: list[int]
) -> None:
    folds = make_folds(make_rows([True, False] * 2, dates=[DAYS[n] for n in days]), 2, seed=1)
    assert folds.by_time
    assert places_tested(folds) == late


def test_seed_decides_between_equal_groups(make_rows: MakeRows) -> None:
    rows = make_rows([False] * 30)
    same, again, other = (make_folds(rows, 3, seed).folds[0].test for seed in (1, 1, 2))
    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)
