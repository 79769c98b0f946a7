"""Which rows a model is judged on, and which it may have learned from.

Alerts on one address, or on addresses of one laundering pattern, know each other's answer. Such a group is never on
both sides. And where there are several days, nobody learns from the future: the rows tested are of later days than
every row learned from.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

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
    by_time
        Whether the tested rows are also of later days than those learned from.
    """

    folds: tuple[Fold, ...]
    groups: int
    by_time: bool


def make_folds(rows: LabelledRows, count: int, seed: int) -> Folds:
    """Split rows into folds by group, and by time where there is time.

    Every group falls into one fold. Illicit groups first, the largest first, each goes to the fold that has the fewest
    illicit rows; then the others to the fold with the fewest rows. Ties are drawn by the seed. With several processing
    dates there is one cut: up to it are at least half of the rows, and at least one date lies behind it. A fold then
    learns from its rows up to the cut and tests those behind it; the rest of its rows is not used.
    """
    groups = rows.keys["group"]
    names = groups.unique().sort()
    of_row = names.search_sorted(groups).to_numpy().astype(np.int64)
    count = min(count, len(names))
    dates = rows.keys["processing_date"]
    by_time = dates.n_unique() > 1
    if count < 2:
        return Folds((), len(names), by_time)
    fold_of_row = _assign(of_row, rows.labels, count, seed)[of_row]
    late = _is_late(dates) if by_time else np.ones(len(rows), np.bool_)
    early = ~late if by_time else late
    folds = [
        Fold(
            np.flatnonzero(early & (fold_of_row != fold)),
            np.flatnonzero(late & (fold_of_row == fold)),
        )
        for fold in range(count)
    ]
    return Folds(tuple(fold for fold in folds if len(fold.test)), len(names), by_time)


def _assign(
    of_row: NDArray[np.int64], labels: NDArray[np.bool_], count: int, seed: int
) -> NDArray[np.int64]:
    """Return the fold of each group."""
    sizes = np.bincount(of_row)
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


def _is_late(dates: pl.Series) -> NDArray[np.bool_]:
    """Whether a row lies behind the cut."""
    counts = dates.value_counts().sort(dates.name)
    reached = np.cumsum(counts["count"].to_numpy())
    place = int(np.searchsorted(2 * reached, len(dates)))
    cut = counts[dates.name][min(place, counts.height - 2)]
    late: NDArray[np.bool_] = (dates > cut).to_numpy()
    return late
