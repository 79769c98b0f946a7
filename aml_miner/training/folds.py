"""Which rows a model is judged on, and which it may have learned from.

Alerts on one address, or of one pattern, know each other's answer. No owner and no tie of a tested row is therefore on
any row learned from. And where there are several days, nobody learns from the future: training stops at an origin, the
rows tested are of later days than every row learned from, with an embargo between, and labels are those of the origin.
Then the origin rolls on.

An address can be in two patterns that fall into different folds. Its alerts then straddle them: they are never tested,
and are learned from only where neither fold is tested. To keep together all that such chains join would leave one group
of most of the rows; to test them as well would take every alert of those patterns out of what is learned from.

Source of the purge and the embargo: López de Prado, "Advances in Financial Machine Learning" (2018), section 7.4; of
the origins: Tashman, "Out-of-sample tests of forecasting accuracy", International Journal of Forecasting 16 (2000).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.training.groups import Tokens, form_groups, most_common
from aml_miner.training.rows import LabelledRows


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Places of the rows to learn from and of the rows to test.

    Attributes
    ----------
    origin
        The first day tested, by which a label must be known to be learned; None where there is one day.
    part
        Which part of the groups is tested: of each origin there is a fold for each part.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    origin: date | None = None
    part: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """All folds of a set of rows.

    Attributes
    ----------
    folds
        At most as many as were asked for; none where there are fewer than two groups.
    groups
        How many groups the rows fall into.
    largest_group
        How many rows the largest has.
    straddling
        How many rows are in no test because their owners and ties fall into several folds.
    by_time
        Whether the tested rows are also of later days than those learned from.
    embargo_days
        Fewest days between the last day learned from and the first tested, both left out; None without several days.
    """

    folds: tuple[Fold, ...]
    groups: int
    largest_group: int
    straddling: int
    by_time: bool
    embargo_days: int | None = None


def wanted_embargo(rows: LabelledRows, embargo_days: int | None) -> int:
    """Return the days asked for; else those that leave no transfer on both sides, the longest window less one."""
    return max(0, rows.longest_window - 1) if embargo_days is None else embargo_days


def make_folds(
    rows: LabelledRows, count: int, seed: int, *, origins: int = 1, embargo_days: int | None = None
) -> Folds:
    """Split rows into folds by group, and by time where there is time.

    Every group falls into one fold. Illicit groups first, the largest first, each goes to the fold that has the fewest
    illicit rows; then the others to the fold with the fewest rows; equals by the seed. With several processing dates
    the first origin has at least half of the rows before it, and the dates from it on are cut into as many periods as
    there are origins. A fold then learns from its rows before a period's embargo and tests those of the period; the
    rest of its rows is not used. The embargo is ``wanted_embargo``; where nothing lies before it, it is what the dates
    allow.
    """
    cut = _Cut.of(rows, count, seed)
    embargo = wanted_embargo(rows, embargo_days)
    periods = _periods(rows.keys["processing_date"], origins, embargo)
    by_time = periods[0].origin is not None
    if cut is None:
        return Folds((), *_sizes(rows), 0, by_time)
    folds = [
        Fold(
            np.flatnonzero(period.early & ~fold),
            np.flatnonzero(period.late & fold & ~cut.straddling),
            period.origin,
            part,
        )
        for period in periods
        for part, fold in enumerate(cut.touched.T)
    ]
    late = np.any([period.late for period in periods], axis=0)
    gaps = [period.embargo_days for period in periods if period.embargo_days is not None]
    return Folds(
        tuple(fold for fold in folds if len(fold.test)),
        cut.groups,
        cut.largest,
        int((cut.straddling & late).sum()),
        by_time,
        min(gaps, default=None),
    )


def split_by_group(rows: LabelledRows, count: int, seed: int) -> tuple[Fold, ...]:
    """Split rows into folds by group alone; none where there are fewer than two groups."""
    cut = _Cut.of(rows, count, seed)
    if cut is None:
        return ()
    return tuple(
        Fold(np.flatnonzero(~fold), np.flatnonzero(fold & ~cut.straddling))
        for fold in cut.touched.T
    )


def split_every_row(rows: LabelledRows, count: int, seed: int) -> tuple[Fold, ...]:
    """Split rows by group so that those between folds are tested too, by what touches none of their folds.

    Only a row that touches all folds is in no test, as nothing is left to learn from. None where there are fewer than
    two groups.
    """
    cut = _Cut.of(rows, count, seed)
    if cut is None:
        return ()
    kinds, kind_of_row = np.unique(cut.touched, axis=0, return_inverse=True)
    return tuple(
        Fold(
            np.flatnonzero(~cut.touched[:, kind].any(axis=1)), np.flatnonzero(kind_of_row == place)
        )
        for place, kind in enumerate(kinds)
        if not kind.all()
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """Which rows touch which fold, and which touch several."""

    touched: NDArray[np.bool_]
    straddling: NDArray[np.bool_]
    groups: int
    largest: int

    @classmethod
    def of(cls, rows: LabelledRows, count: int, seed: int) -> "_Cut | None":
        owners, ties = Tokens.of(rows.keys["owners"]), Tokens.of(rows.keys["ties"])
        group_of_owner = form_groups(owners, ties)
        group_of_row = _groups(rows, owners, group_of_owner)
        sizes = np.bincount(group_of_row, minlength=group_of_owner.max(initial=-1) + 1)
        groups, largest = int((sizes > 0).sum()), int(sizes.max(initial=0))
        if min(count, groups) < 2:
            return None
        count = min(count, groups)
        fold_of_group = _assign(group_of_row, rows.labels, sizes, count, seed)
        touched = _touched(owners, ties, fold_of_group[group_of_owner], (len(rows), count))
        return cls(touched, touched.sum(axis=1) > 1, groups, largest)


def group_rows(rows: LabelledRows) -> NDArray[np.int64]:
    """Return the group of each row, as ``make_folds`` keeps them together."""
    owners, ties = Tokens.of(rows.keys["owners"]), Tokens.of(rows.keys["ties"])
    return _groups(rows, owners, form_groups(owners, ties))


def _groups(
    rows: LabelledRows, owners: Tokens, group_of_owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    return most_common(owners.rows, group_of_owner[owners.tokens], len(rows))


def _sizes(rows: LabelledRows) -> tuple[int, int]:
    """How many groups there are, fewer than two, and how many rows the largest has."""
    return (1 if len(rows) else 0), len(rows)


def _touched(
    owners: Tokens, ties: Tokens, fold_of_owner: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return which rows have an owner or a tie in which fold; a tie is in the one most of its rows are in."""
    touched = np.zeros(shape, np.bool_)
    touched[owners.rows, fold_of_owner[owners.tokens]] = True
    votes = np.zeros((ties.count, shape[1]), np.int64)
    np.add.at(votes, ties.tokens, touched[ties.rows])
    touched[ties.rows, votes.argmax(axis=1)[ties.tokens]] = True
    return touched


def _assign(
    of_row: NDArray[np.int64],
    labels: NDArray[np.bool_],
    sizes: NDArray[np.int64],
    count: int,
    seed: int,
) -> NDArray[np.int64]:
    """Return the fold of each group."""
    illicit = np.bincount(of_row, labels, len(sizes)).astype(np.int64)
    drawn = np.random.Generator(np.random.PCG64(seed)).permutation(len(sizes))
    fold_of_group = np.zeros(len(sizes), np.int64)
    folds = [(0, 0, fold) for fold in range(count)]  # illicit rows, rows, fold
    for group in np.lexsort((drawn, -sizes, -illicit)).tolist():
        key = (lambda f: f) if illicit[group] else (lambda f: f[1:])
        fold = min(folds, key=key)
        fold_of_group[group] = fold[2]
        folds[fold[2]] = (fold[0] + int(illicit[group]), fold[1] + int(sizes[group]), fold[2])
    return fold_of_group


@dataclass(frozen=True, slots=True, eq=False)
class _Period:
    """Which rows may be learned from and which are tested, from which day on, and how many days lie between."""

    early: NDArray[np.bool_]
    late: NDArray[np.bool_]
    origin: date | None
    embargo_days: int | None


def _periods(dates: pl.Series, origins: int, embargo_days: int) -> list[_Period]:
    """Cut the days after the first half of the rows; one day alone is all of both."""
    counts = dates.value_counts().sort(dates.name)
    if counts.height < 2:
        everything = np.ones(len(dates), np.bool_)
        return [_Period(everything, everything, None, None)]
    reached = np.cumsum(counts["count"].to_numpy())
    place = min(int(np.searchsorted(2 * reached, len(dates))), counts.height - 2)
    days: list[date] = counts[dates.name].to_list()
    late = days[place + 1 :]
    starts = [part[0] for part in np.array_split(np.arange(len(late)), min(origins, len(late)))]
    bounds = [*(late[start] for start in starts), days[-1] + timedelta(days=1)]
    return [_period(dates, days, (first, end), embargo_days) for first, end in pairwise(bounds)]


def _period(
    dates: pl.Series, days: list[date], tested: tuple[date, date], embargo_days: int
) -> _Period:
    first, end = tested
    before = [day for day in days if day < first - timedelta(days=embargo_days)]
    last = before[-1] if before else days[0]  # the dates allow no more
    return _Period(
        (dates <= last).to_numpy(),
        dates.is_between(first, end, closed="left").to_numpy(),
        first,
        (first - last).days - 1,
    )
