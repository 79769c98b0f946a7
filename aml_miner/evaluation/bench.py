"""Several scorings of the same rows, measured side by side on the same draws of their addresses.

Each scoring is sorted once; a draw then only counts. A paired difference costs nothing more, as every scoring's value
in every draw is kept.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from aml_miner.errors import UndefinedMetricError
from aml_miner.evaluation.intervals import (
    Groups,
    Interval,
    draw_weights,
    make_interval,
    number_groups,
)
from aml_miner.evaluation.metrics import Labels, Scores
from aml_miner.evaluation.ranked import Ranked, RankedLists, Ranking, number_lists

BINS = 10
"""Bins of a calibration error, as in ``metrics.expected_calibration_error``."""

type _Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Undefined:
    """A metric that has no value, and why."""

    undefined: str


type Measured = Interval | Undefined
type Metrics = Mapping[str, Measured]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One scoring under one draw: what a measure is taken of."""

    ranked: Ranked
    lists: Callable[[], RankedLists]
    weights: _Reals
    labels: _Reals
    scores: _Reals

    def mean_ndcg_at_k(self, k: int) -> float:
        """Return the mean NDCG of the lists, as ``metrics.mean_ndcg_at_k`` says it."""
        return self.lists().mean_ndcg_at_k(self.weights, k)

    def brier_score(self) -> float:
        """Return the mean squared difference between score and label, as ``metrics.brier_score`` says it."""
        return float(np.sum(self.weights * (self.scores - self.labels) ** 2) / self.weights.sum())

    def calibration_error(self) -> float:
        """Return the expected calibration error, as ``metrics.expected_calibration_error`` says it."""
        place = np.minimum((self.scores * BINS).astype(np.int64), BINS - 1)
        surplus = np.bincount(place, self.weights * (self.scores - self.labels))
        return float(np.abs(surplus).sum() / self.weights.sum())

    def recall_of(self, threshold: float, tied_share: float) -> float:
        """Return the share of the illicit rows above a threshold, those at it counted by ``tied_share``."""
        illicit = self.weights * self.labels
        self.ranked.require_illicit("recall")
        opened = (self.scores > threshold) + tied_share * (self.scores == threshold)
        return float(np.sum(illicit * opened) / illicit.sum())


type Measure = Callable[[Drawn], float]
"""A number of a scoring under a draw; raises ``UndefinedMetricError`` where it has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Metrics with intervals, and their value in each draw, NaN where there is none."""

    metrics: Metrics
    values: Mapping[str, _Reals]
    level: float

    def minus(self, other: "Recorded") -> Metrics:
        """Return the paired differences of what both have measured: an interval without 0 says they differ."""
        shared = [name for name in self.metrics if name in other.metrics]
        return {name: self._difference(name, other) for name in shared}

    def _difference(self, name: str, other: "Recorded") -> Measured:
        mine, theirs = self.metrics[name], other.metrics[name]
        if isinstance(mine, Undefined):
            return mine
        if isinstance(theirs, Undefined):
            return theirs
        try:
            values = self.values[name] - other.values[name]
            return make_interval(mine.value - theirs.value, values, self.level)
        except UndefinedMetricError as error:
            return Undefined(str(error))


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """Labelled rows, and the draws of their addresses.

    Attributes
    ----------
    labels, grades, groups
        Per row: illicit or not, its relevance (0 where licit), and what is drawn as one.
    seed, resamples, level
        Seed and number of the draws, and the share of them an interval holds.
    without_licit
        Measures that say something of illicit rows alone, such as a recall; the others need rows of both classes, for
        a perfect average precision would then be no achievement.
    lists
        Per row the list somebody opens it from, such as its batch; None where all are of one.
    """

    labels: Labels
    grades: Labels
    groups: Groups
    seed: int
    resamples: int
    level: float
    without_licit: frozenset[str] = frozenset()
    lists: Groups | None = None

    def measure(
        self, scorings: Mapping[str, Scores], measures: Mapping[str, Mapping[str, Measure]]
    ) -> dict[str, Recorded]:
        """Return what is measured of each scoring.

        Parameters
        ----------
        scorings
            Finite scores by name.
        measures
            By name of the scoring, what to measure of it.
        """
        try:
            codes = number_groups(self.groups)
        except UndefinedMetricError as error:
            return {name: _nothing(measures[name], str(error), self.level) for name in scorings}
        recorders = {
            name: _Recorder.of(self, scores, measures[name], codes)
            for name, scores in scorings.items()
        }
        for resample, weights in enumerate(draw_weights(codes, self.seed, self.resamples)):
            for recorder in recorders.values():
                recorder.record(resample, weights.astype(np.float64))
        return {name: recorder.recorded(self.level) for name, recorder in recorders.items()}

    def lacks(self, measure: str) -> Undefined | None:
        """Say why a measure has no value of these rows, None when they are of the classes it needs."""
        illicit = int(np.count_nonzero(self.labels))
        if illicit and (illicit < len(self.labels) or measure in self.without_licit):
            return None
        rows = f"of {len(self.labels)} tested {illicit} are illicit"
        return Undefined(f"needs illicit and licit rows; {rows}")


@dataclass(frozen=True, slots=True, eq=False)
class _Recorder:
    """One scoring, its rows in an order that depends on their values alone."""

    ranking: Ranking
    lists: Callable[[], RankedLists]
    order: NDArray[np.int64]
    labels: _Reals
    scores: _Reals
    measures: Mapping[str, Measure]
    values: Mapping[str, _Reals]
    whole: dict[str, float | Undefined]

    @classmethod
    def of(
        cls, bench: Bench, scores: Scores, measures: Mapping[str, Measure], codes: NDArray[np.int64]
    ) -> "_Recorder":
        grades = np.where(bench.labels, np.maximum(bench.grades, 1), 0).astype(np.float64)
        numbers = np.asarray(scores, np.float64)
        order = np.lexsort((codes, grades, -numbers)).astype(np.int64)
        grades, numbers = grades[order], numbers[order]
        values = {name: np.full(bench.resamples, math.nan) for name in measures}
        recorder = cls(
            Ranking.of(grades, numbers),
            cache(partial(_rank_lists, grades, numbers, bench.lists, order)),
            order,
            (grades > 0).astype(np.float64),
            numbers,
            measures,
            values,
            {},
        )
        recorder._look_at_the_whole(bench)
        return recorder

    def _look_at_the_whole(self, bench: Bench) -> None:
        drawn = self._drawn(np.ones(len(self.order)))
        for name, measure in self.measures.items():
            try:
                self.whole[name] = bench.lacks(name) or measure(drawn)
            except UndefinedMetricError as error:
                self.whole[name] = Undefined(str(error))

    def record(self, resample: int, weights: _Reals) -> None:
        drawn = self._drawn(weights[self.order])
        for name, measure in self.measures.items():
            try:
                self.values[name][resample] = measure(drawn)
            except UndefinedMetricError:
                continue  # stays NaN, and is counted

    def _drawn(self, weights: _Reals) -> Drawn:
        ranked = self.ranking.weighted(weights)
        return Drawn(ranked, self.lists, weights, self.labels, self.scores)

    def recorded(self, level: float) -> Recorded:
        metrics: dict[str, Measured] = {}
        for name, value in self.whole.items():
            if isinstance(value, Undefined):
                metrics[name] = value
                continue
            try:
                metrics[name] = make_interval(value, self.values[name], level)
            except UndefinedMetricError as error:
                metrics[name] = Undefined(str(error))
        return Recorded(metrics, self.values, level)


def _rank_lists(
    grades: _Reals, scores: _Reals, lists: Groups | None, order: NDArray[np.int64]
) -> RankedLists:
    """Sort rows that stand in an order by the lists they are of; all are of one where there are none."""
    if lists is None:
        return RankedLists.of(grades, scores, np.zeros(len(order), np.int64))
    return RankedLists.of(grades, scores, number_lists(lists)[order])


def _nothing(measures: Mapping[str, Measure], reason: str, level: float) -> Recorded:
    return Recorded({name: Undefined(reason) for name in measures}, {}, level)
