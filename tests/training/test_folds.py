"""No owner and no tie on both sides, nobody learns from the future."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aml_miner.training.folds import Folds, make_folds, split_by_group, split_every_row
from aml_miner.training.rows import LabelledRows

type MakeRows = Callable[..., LabelledRows]
DAYS = [date(2025, 11, 20) + timedelta(days=n) for n in range(5)]


def places_tested(folds: Folds) -> list[int]:
    return sorted(int(place) for fold in folds.folds for place in fold.test)


def tokens_of(rows: LabelledRows, places: NDArray[np.int64]) -> set[str]:
    """Owners and ties of some rows."""
    lists = rows.keys.select(pl.concat_list("owners", "ties").alias("token"))["token"][places]
    return {token for tokens in lists.to_list() for token in tokens}


OWNERS = st.sets(st.integers(0, 7), min_size=1, max_size=3)


@given(
    st.lists(
        st.tuples(st.booleans(), OWNERS, st.sets(st.integers(0, 3), max_size=2), st.integers(0, 3)),
        min_size=1,
        max_size=40,
    ),
    st.integers(2, 6),
    st.integers(0, 3),
)
def test_no_owner_and_no_tie_is_on_both_sides_and_no_test_lies_before_its_training(
    make_rows: MakeRows,
    cases: list[tuple[bool, set[int], set[int], int]],
    count: int,
    seed: int,
) -> None:
    labels, owners, ties, days = zip(*cases, strict=True)
    rows = make_rows(labels, dates=[DAYS[n] for n in days])
    held = {
        "owners": [[f"o{n}" for n in sorted(own)] for own in owners],
        "ties": [[f"t{n}" for n in sorted(own)] for own in ties],
    }
    lists = pl.DataFrame(held, schema=dict.fromkeys(held, pl.List(pl.String)))
    rows = LabelledRows(rows.features, rows.keys.with_columns(lists.get_columns()))
    folds = make_folds(rows, count, seed)
    day = rows.keys["processing_date"]
    for fold in folds.folds:
        assert not tokens_of(rows, fold.train) & tokens_of(rows, fold.test)
        if folds.by_time and len(fold.train):
            assert day[fold.train].max() < day[fold.test].min()  # type: ignore[operator]
    places = places_tested(folds)
    assert len(places) == len(set(places))
    if folds.groups > 1 and len(set(days)) == 1:
        assert len(places) + folds.straddling == len(rows)
    every = split_every_row(rows, count, seed)
    for fold in every:
        assert not tokens_of(rows, fold.train) & tokens_of(rows, fold.test)
    tested = [int(place) for fold in every for place in fold.test]
    assert len(tested) == len(set(tested))
    if folds.groups > 1 and len(set(days)) == 1:
        assert set(places) <= set(tested)


def test_alerts_of_one_pattern_fall_into_one_fold(make_rows: MakeRows) -> None:
    ties = [f"pattern-{n // 4}" for n in range(20)]
    folds = make_folds(make_rows([n % 2 == 0 for n in range(20)], ties=ties), 5, seed=1)
    assert (folds.groups, folds.largest_group, folds.straddling) == (5, 4, 0)
    tested = [{ties[place] for place in fold.test.tolist()} for fold in folds.folds]
    assert sorted(map(len, tested)) == [1] * 5


def test_alert_between_two_patterns_is_not_tested_nor_learned_from_beside_them(
    make_rows: MakeRows,
) -> None:
    """The owner "o" is in both patterns, most often in p; its one alert in q straddles."""
    owners = ["a", "b", "o", "o", "o", "c", "d", "e"]
    ties = ["p", "p", "p", "p", "q", "q", "q", "q"]
    folds = make_folds(make_rows([n % 2 == 0 for n in range(8)], owners, ties=ties), 2, seed=1)
    assert (folds.groups, folds.largest_group, folds.straddling) == (2, 5, 1)
    sides = {(tuple(fold.train.tolist()), tuple(fold.test.tolist())) for fold in folds.folds}
    assert sides == {((5, 6, 7), (0, 1, 2, 3)), ((0, 1, 2, 3), (5, 6, 7))}


def test_straddling_alert_is_learned_from_where_neither_of_its_folds_is_tested(
    make_rows: MakeRows,
) -> None:
    owners = ["a", "b", "o", "o", "o", "c", "d", "e", "f", "g"]
    ties = ["p", "p", "p", "p", "q", "q", "q", "q", "r", "r"]
    folds = make_folds(make_rows([n % 2 == 0 for n in range(10)], owners, ties=ties), 3, seed=1)
    learned = [fold.test.tolist() for fold in folds.folds if 4 in fold.train]
    assert learned == [[8, 9]]


def test_straddling_alert_is_tested_where_every_row_is(make_rows: MakeRows) -> None:
    """Alert 4 is between p and q: what is learned from to test it is of r."""
    owners = ["a", "b", "o", "o", "o", "c", "d", "e", "f", "g"]
    ties = ["p", "p", "p", "p", "q", "q", "q", "q", "r", "r"]
    rows = make_rows([n % 2 == 0 for n in range(10)], owners, ties=ties)
    sides = {
        tuple(fold.test.tolist()): fold.train.tolist() for fold in split_every_row(rows, 3, seed=1)
    }
    assert sides == {
        (0, 1, 2, 3): [5, 6, 7, 8, 9],
        (4,): [8, 9],
        (5, 6, 7): [0, 1, 2, 3, 8, 9],
        (8, 9): [0, 1, 2, 3, 4, 5, 6, 7],
    }
    assert split_every_row(rows.take(np.arange(1)), 3, seed=1) == ()


def test_chain_of_patterns_does_not_become_one_group(make_rows: MakeRows) -> None:
    """Thirty patterns of six alerts; the first address of each is also in the pattern before it."""
    owners = [f"o{n}" for n in range(180)] + [f"o{6 * n}" for n in range(1, 30)]
    ties = [f"p{n // 6:02d}" for n in range(180)] + [f"p{n - 1:02d}" for n in range(1, 30)]
    folds = make_folds(make_rows([n % 3 == 0 for n in range(209)], owners, ties=ties), 5, seed=1)
    assert folds.largest_group < 209 / 5
    assert folds.straddling < 29
    assert all(len(fold.train) > 209 / 2 for fold in folds.folds)


def test_order_of_rows_does_not_matter(make_rows: MakeRows) -> None:
    random = np.random.Generator(np.random.PCG64(3))
    owners = [f"o{n}" for n in random.integers(0, 30, 80)]
    ties = [f"p{n}" for n in random.integers(0, 9, 80)]
    rows = make_rows([n % 3 == 0 for n in range(80)], owners, ties=ties)
    order = random.permutation(80)
    turned = make_folds(rows.take(order), 4, seed=1)
    found = [
        (np.sort(order[f.train]).tolist(), np.sort(order[f.test]).tolist()) for f in turned.folds
    ]
    straight = make_folds(rows, 4, seed=1)
    assert found == [(f.train.tolist(), f.test.tolist()) for f in straight.folds]


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


def test_origin_rolls_on_and_each_row_is_tested_once(make_rows: MakeRows) -> None:
    """Ten days of ten rows; the first origin is day 5, and three periods are cut of the last five days."""
    days = [date(2025, 11, 1) + timedelta(days=n // 10) for n in range(100)]
    rows = make_rows([n % 3 == 0 for n in range(100)], dates=days)
    folds = make_folds(rows, 2, 1, origins=3, embargo_days=2)
    day = rows.keys["processing_date"]
    assert folds.embargo_days == 2
    periods = {
        (fold.origin, day[fold.train].max(), day[fold.test].min(), day[fold.test].max())
        for fold in folds.folds
    }
    november = partial(date, 2025, 11)
    assert periods == {
        (november(6), november(3), november(6), november(7)),
        (november(8), november(5), november(8), november(9)),
        (november(10), november(7), november(10), november(10)),
    }
    assert len(folds.folds) == 6
    assert places_tested(folds) == list(range(50, 100))


def test_embargo_longer_than_the_dates_is_what_they_allow(make_rows: MakeRows) -> None:
    days = [DAYS[n // 10] for n in range(50)]
    rows = make_rows([n % 3 == 0 for n in range(50)], dates=days)
    folds = make_folds(rows, 2, 1, origins=2, embargo_days=30)
    day = rows.keys["processing_date"]
    assert {day[fold.train].max() for fold in folds.folds} == {DAYS[0]}
    assert folds.embargo_days == 2  # the first origin is the fourth day


def test_one_day_has_no_origin(make_rows: MakeRows) -> None:
    folds = make_folds(make_rows([n % 3 == 0 for n in range(30)]), 3, 1, origins=3, embargo_days=7)
    assert {fold.origin for fold in folds.folds} == {None}
    assert folds.embargo_days is None
    assert len(places_tested(folds)) == 30


def test_slice_apart_by_group_shares_no_owner(make_rows: MakeRows) -> None:
    owners = [f"o{n % 10}" for n in range(40)]
    rows = make_rows(
        [n % 3 == 0 for n in range(40)], owners, dates=[DAYS[n % 5] for n in range(40)]
    )
    parts = split_by_group(rows, 5, 1)
    assert len(parts) == 5
    for part in parts:
        assert not tokens_of(rows, part.train) & tokens_of(rows, part.test)
    assert split_by_group(make_rows([True, False], ["o", "o"]), 5, 1) == ()
