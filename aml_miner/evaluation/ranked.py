"""Rows in the order of their scores, counted once and weighted as often as a bootstrap asks.

Equal scores are a promise of nothing about their order, so whatever looks at the first k rows is its expected value
over all orders of the equal ones. Counts are whole numbers in doubles: their sums are exact in any order.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aml_miner.errors import ConfigurationError, UndefinedMetricError

type _Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Rows by score from the highest down, those of equal score together.

    Attributes
    ----------
    rows, illicit
        Per distinct score: how many rows have it, and how many of them are illicit.
    gained
        Per distinct score: the sum of their gains, 2^grade − 1.
    best
        The gains there are, the highest first, and how many rows have each: the order nobody can beat.
    """

    rows: _Reals
    illicit: _Reals
    gained: _Reals
    best: tuple[_Reals, _Reals]

    @property
    def total(self) -> int:
        """Number of rows."""
        return int(self.rows.sum())

    def average_precision(self) -> float:
        """Return the average precision, as ``metrics.average_precision`` says it."""
        self.require_illicit("average_precision")
        found = np.cumsum(self.illicit)
        precision = found / np.cumsum(self.rows)
        return float(np.sum(self.illicit * precision) / found[-1])

    def roc_auc(self) -> float:
        """Return the area under the ROC curve, as ``metrics.roc_auc`` says it."""
        self.require_both("roc_auc")
        licit = self.rows - self.illicit
        below = licit.sum() - np.cumsum(licit)
        won = np.sum(self.illicit * (below + licit / 2.0))
        return float(won / (self.illicit.sum() * licit.sum()))

    def precision_at_k(self, k: int) -> float:
        """Return the share of illicit rows among the first k, as ``metrics.precision_at_k`` says it."""
        return self._found_at(k) / min(k, self.total)

    def recall_at_k(self, k: int) -> float:
        """Return the share of the illicit rows that are among the first k, as ``metrics.recall_at_k`` says it."""
        self.require_illicit("recall_at_k")
        return self._found_at(k) / float(self.illicit.sum())

    def place_of_share(self, share: float) -> int:
        """Return how many rows a share of them is: rounded up, and at least one."""
        return max(1, math.ceil(share * self.total - 1e-9))  # 0.07 × 100 is 7.000000000000001

    def alerts_saved_at_recall(self, recall: float) -> float:
        """Return the share of rows that stay unopened, as ``metrics.alerts_saved_at_recall`` says it."""
        if not 0.0 < recall <= 1.0:
            raise ConfigurationError(f"recall must be above 0 and at most 1; found {recall}.")
        self.require_illicit("alerts_saved_at_recall")
        found = np.cumsum(self.illicit)
        needed = max(1, math.ceil(recall * found[-1] - 1e-9))  # 0.55 × 100 is 55.00000000000001
        at = int(np.searchsorted(found, needed))
        before = self.rows[:at].sum()
        place = needed - self.illicit[:at].sum()
        opened = before + place * (self.rows[at] + 1) / (self.illicit[at] + 1)
        return float(1.0 - opened / self.total)

    def ndcg_at_k(self, k: int) -> float:
        """Return the normalised discounted cumulative gain, as ``metrics.ndcg_at_k`` says it."""
        _check_k(k)
        gains, counts = self.best
        ideal = _discounted(counts, counts * gains, k)
        if ideal == 0.0:
            raise UndefinedMetricError(
                f"ndcg_at_k: needs a row with a grade above 0; all {self.total} rows have 0."
            )
        return min(1.0, _discounted(self.rows, self.gained, k) / ideal)  # rounding may pass 1

    def require_illicit(self, metric: str) -> None:
        """Refuse rows without an illicit one."""
        if self.illicit.sum() == 0:
            raise UndefinedMetricError(
                f"{metric}: needs an illicit row; all {self.total} rows are licit."
            )

    def require_both(self, metric: str) -> None:
        """Refuse rows of one class."""
        self.require_illicit(metric)
        if self.illicit.sum() == self.total:
            raise UndefinedMetricError(
                f"{metric}: needs a licit row; all {self.total} rows are illicit."
            )

    def _found_at(self, k: int) -> float:
        """Return the expected number of illicit rows among the first k."""
        _check_k(k)
        before = np.cumsum(self.rows) - self.rows
        opened = np.clip(k - before, 0.0, self.rows)
        return float(np.sum(opened * self.illicit / self.rows))


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Rows sorted by score once, to be counted under many weights.

    Attributes
    ----------
    order, starts
        Places of the rows by falling score, and where in that order each distinct score begins.
    illicit, gains
        Per row in that order: whether it is illicit (0 or 1), and its gain.
    levels, level
        The gains there are, the lowest first, and per row in that order which of them it has.
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    illicit: _Reals
    gains: _Reals
    levels: _Reals
    level: NDArray[np.int64]

    @classmethod
    def of(cls, grades: _Reals, scores: _Reals) -> "Ranking":
        """Sort rows, at least one, by finite scores; a row with a grade above 0 is illicit."""
        order = np.argsort(-scores, kind="stable")  # linear when already in order
        ranked = scores[order]
        starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        in_order = grades[order]
        there, level = np.unique(in_order, return_inverse=True)
        levels = np.array([2.0**grade - 1.0 for grade in there.tolist()])
        illicit = (in_order > 0).astype(np.float64)
        return cls(order, starts, illicit, levels[level], levels, level)

    def weighted(self, weights: _Reals) -> Ranked:
        """Count every row as often as its weight says; scores nobody has left are gone."""
        counts = weights[self.order]
        rows = np.add.reduceat(counts, self.starts)
        illicit = np.add.reduceat(counts * self.illicit, self.starts)
        gained = np.add.reduceat(counts * self.gains, self.starts)
        there = rows > 0
        best = np.bincount(self.level, counts, len(self.levels))
        order_nobody_beats = (self.levels[::-1], best[::-1])
        return Ranked(rows[there], illicit[there], gained[there], order_nobody_beats)


@dataclass(frozen=True, slots=True, eq=False)
class RankedLists:
    """Rows of several lists, such as the alerts of several days, each list sorted by score once.

    Attributes
    ----------
    order, starts
        Places of the rows by list and falling score, and where in that order each distinct score of a list begins.
    firsts
        Which of these beginnings is the first of its list.
    gains, levels
        Per row in that order its gain, and the gains there are, the highest first.
    cell
        Per row in that order the number of its list times that of the levels, and which of them it has.
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    firsts: NDArray[np.int64]
    gains: _Reals
    levels: _Reals
    cell: NDArray[np.int64]

    @classmethod
    def of(cls, grades: _Reals, scores: _Reals, lists: NDArray[np.int64]) -> "RankedLists":
        """Sort rows, at least one, by finite scores; lists are numbered from 0 and none is empty."""
        order = np.lexsort((-scores, lists)).astype(np.int64)
        ranked, listed = scores[order], lists[order]
        begins = np.concatenate([[True], listed[1:] != listed[:-1]])
        new = begins | np.concatenate([[True], ranked[1:] != ranked[:-1]])
        starts = np.flatnonzero(new)
        there, level = np.unique(-grades[order], return_inverse=True)
        levels = np.array([2.0**-grade - 1.0 for grade in there.tolist()])
        cell = listed * len(levels) + level
        return cls(order, starts, np.flatnonzero(begins[starts]), levels[level], levels, cell)

    def mean_ndcg_at_k(self, weights: _Reals, k: int) -> float:
        """Return the mean over the lists, as ``metrics.mean_ndcg_at_k`` says it, each row counted by its weight."""
        _check_k(k)
        counts = weights[self.order]
        rows = np.add.reduceat(counts, self.starts)
        gained = np.add.reduceat(counts * self.gains, self.starts)
        found = _discounted_by_list(rows, gained, self.firsts, k)
        shape = (len(self.firsts), len(self.levels))
        best = np.bincount(self.cell, counts, shape[0] * shape[1])
        ideal = _discounted_by_list(
            best,
            (best.reshape(shape) * self.levels).ravel(),
            np.arange(shape[0]) * shape[1],
            k,
        )
        there = ideal > 0.0
        if not there.any():
            raise UndefinedMetricError(
                f"mean_ndcg_at_k: needs a row with a grade above 0; all {int(counts.sum())} rows have 0."
            )
        return float(np.minimum(1.0, found[there] / ideal[there]).mean())  # rounding may pass 1


def number_lists(lists: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return which list each row is of, counted by sorted name."""
    numbers: NDArray[np.int64] = np.unique(lists, return_inverse=True)[1].astype(np.int64)
    return numbers


def _discounted_by_list(rows: _Reals, gained: _Reals, firsts: NDArray[np.int64], k: int) -> _Reals:
    """Discounted gain of the first k rows of each list, each of a group standing for their average."""
    ends = np.cumsum(rows)
    sizes = np.diff(firsts, append=len(rows))
    before = np.repeat(ends[firsts] - rows[firsts], sizes)
    last = np.minimum(ends - before, k).astype(np.int64)
    first = np.minimum(ends - before - rows, k).astype(np.int64)
    reached = _discounts(k)
    average = np.divide(gained, rows, out=np.zeros_like(gained), where=rows > 0)
    return np.add.reduceat(average * (reached[last] - reached[first]), firsts)


def _discounted(rows: _Reals, gained: _Reals, k: int) -> float:
    """Discounted gain of the first k rows, each of a group standing for their average."""
    ends = np.cumsum(rows).astype(np.int64)
    some = slice(0, int(np.searchsorted(ends, k)) + 1)  # the groups that reach into the first k
    last = np.minimum(ends[some], k)
    reached = _discounts(int(last.max(initial=0)))
    first = np.concatenate([[0], last[:-1]])
    there = rows[some] > 0
    average = gained[some][there] / rows[some][there]
    return float(np.sum(average * (reached[last] - reached[first])[there]))


@lru_cache(maxsize=16)
def _discounts(rows: int) -> _Reals:
    """Sum up the discounts of the first 0, 1, … rows: that of place p is 1 / log2(p + 1)."""
    reached = np.cumsum([0.0, *(1.0 / math.log2(place + 1) for place in range(1, rows + 1))])
    reached.setflags(write=False)
    return reached


def _check_k(k: int) -> None:
    if k < 1:
        raise ConfigurationError(f"k must be at least 1; found {k}.")
