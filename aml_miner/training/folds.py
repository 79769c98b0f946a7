"""Which rows a model is judged on, and which it may have learned from.

Alerts on one address, or of one pattern, know each other's answer. No owner and no tie of a tested row is therefore on
any row learned from. And where there are several days, nobody learns from the future: the rows tested are of later days
than every row learned from.

An address can be in two patterns that fall into different folds. Its alerts then straddle them: they are never tested,
and are learned from only where neither fold is tested. To keep together all that such chains join would leave one group
of most of the rows; to test them as well would take every alert of those patterns out of what is learned from.

Source of the purge: López de Prado, "Advances in Financial Machine Learning" (2018), section 7.4.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.training.groups import Tokens, form_groups, most_common
from aml_miner.training.rows import LabelledRows


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Places of the rows to learn from and of the rows to test."""

    train: NDArray[np.int64]
    test: NDArray[np.int64]


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
    """

    folds: tuple[Fold, ...]
    groups: int
    largest_group: int
    straddling: int
    by_time: bool


def make_folds(rows: LabelledRows, count: int, seed: int) -> Folds:
    """Split rows into folds by group, and by time where there is time.

    Every group falls into one fold. Illicit groups first, the largest first, each goes to the fold that has the fewest
    illicit rows; then the others to the fold with the fewest rows; equals by the seed. With several processing dates
    there is one cut: up to it are at least half of the rows, and at least one date lies behind it. A fold then
    learns from its rows up to the cut and tests those behind it; the rest of its rows is not used.
    """
    owners, ties = Tokens.of(rows.keys["owners"]), Tokens.of(rows.keys["ties"])
    group_of_owner = form_groups(owners, ties)
    group_of_row = most_common(owners.rows, group_of_owner[owners.tokens], len(rows))
    sizes = np.bincount(group_of_row, minlength=group_of_owner.max(initial=-1) + 1)
    groups, largest = int((sizes > 0).sum()), int(sizes.max(initial=0))
    early, late = _by_time(rows.keys["processing_date"])
    by_time = not np.array_equal(early, late)
    count = min(count, groups)
    if count < 2:
        return Folds((), groups, largest, 0, by_time)
    fold_of_group = _assign(group_of_row, rows.labels, sizes, count, seed)
    touched = _touched(owners, ties, fold_of_group[group_of_owner], (len(rows), count))
    straddling = touched.sum(axis=1) > 1
    folds = [
        Fold(np.flatnonzero(early & ~fold), np.flatnonzero(late & fold & ~straddling))
        for fold in touched.T
    ]
    tested = tuple(fold for fold in folds if len(fold.test))
    return Folds(tested, groups, largest, int((straddling & late).sum()), by_time)


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


def _by_time(dates: pl.Series) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows may be learned from and which may be tested: all of both where there is one date."""
    counts = dates.value_counts().sort(dates.name)
    if counts.height < 2:
        everything = np.ones(len(dates), np.bool_)
        return everything, everything
    reached = np.cumsum(counts["count"].to_numpy())
    place = int(np.searchsorted(2 * reached, len(dates)))
    cut = counts[dates.name][min(place, counts.height - 2)]
    late: NDArray[np.bool_] = (dates > cut).to_numpy()
    return ~late, late
