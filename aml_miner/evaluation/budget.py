"""Where to stop opening alerts: a threshold for what people can open, must find, or lose by missing.

Each rule draws one line through the alerts by score. What it saves is counted over all of them; what it finds and
misses is known of the labelled ones alone, and what lies below it is an estimate from those (below-the-line testing).

Source of the estimate: Cochran, "Sampling Techniques" (1977), chapter 5, stratified by score.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.config.model_config import EvaluationParameters
from aml_miner.errors import ConfigurationError, UndefinedMetricError
from aml_miner.evaluation.bench import Measured, Undefined
from aml_miner.evaluation.intervals import (
    Interval,
    draw_weights,
    make_interval,
    number_groups,
)
from aml_miner.evaluation.judged import Judged

DEFAULT_PLACES: Final = 100
"""The K of precision and recall at K where nobody says how many alerts are opened."""

_STRATA: Final = 10

type _Reals = NDArray[np.float64]
type _Statistic = Callable[[_Reals], float]


@dataclass(frozen=True, slots=True)
class Budget:
    """What limits how many alerts are opened; what is None is no rule.

    Attributes
    ----------
    capacity
        Alerts that can be opened, of those scored together.
    recall_floor
        Share of the illicit alerts that must be opened, above 0 and at most 1.
    miss_cost
        What an illicit alert left unopened costs, in openings of an alert; above 0.

    Raises
    ------
    ConfigurationError
        If one is out of its range.
    """

    capacity: int | None = None
    recall_floor: float | None = None
    miss_cost: float | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.capacity is not None and self.capacity < 1:
            raise ConfigurationError(f"capacity must be at least 1; found {self.capacity}.")
        floor = self.recall_floor
        if floor is not None and not 0.0 < floor <= 1.0:
            raise ConfigurationError(f"recall_floor must be above 0 and at most 1; found {floor}.")
        cost = self.miss_cost
        if cost is not None and not (cost > 0.0 and math.isfinite(cost)):
            raise ConfigurationError(f"miss_cost must be above 0 and finite; found {cost}.")

    @property
    def places(self) -> int:
        """The K of precision and recall at K."""
        return self.capacity or DEFAULT_PLACES


@dataclass(frozen=True, slots=True)
class Line:
    """One rule's line, and what lies on either side.

    Attributes
    ----------
    rule
        The rule in words.
    threshold
        Open what has this score or a higher one; None when nothing is opened.
    opened, saved, saved_share
        Alerts above and below the line, and the second as a share of all.
    found, missed
        Labelled illicit alerts above and below.
    recall, precision
        Of the labelled alerts at this threshold, with intervals by address. The threshold was chosen on these alerts,
        so a rule that aims at a recall meets it here; on others it may not.
    below
        How many of the alerts below the line are illicit, unlabelled ones included: an estimate, from the labelled ones
        of like score.
    cost
        Openings and misses together, in openings, over the labelled alerts; None where no cost was given.
    """

    rule: str
    threshold: float | None
    opened: int
    saved: int
    saved_share: float
    found: int
    missed: int
    recall: Measured
    precision: Measured
    below: Measured
    cost: float | None = None


def draw_lines(
    judged: Judged, budget: Budget, parameters: EvaluationParameters, seed: int
) -> tuple[Line, ...]:
    """Draw the line of each rule of a budget by the model's scores.

    Parameters
    ----------
    judged
        Scored rows; unlabelled ones are opened and saved like the others.
    budget
        The rules.
    parameters, seed
        Resamples and level of the intervals, and the seed of their draws.
    """
    table = _Table.of(judged, parameters, seed)
    return tuple(table.line(*rule) for rule in _rules(table, budget))


def _rules(table: "_Table", budget: Budget) -> Iterator[tuple[str, float | None, float | None]]:
    if budget.capacity is not None:
        yield f"open at most {budget.capacity}", table.within(budget.capacity), None
    if budget.recall_floor is not None:
        threshold = table.reaching(budget.recall_floor)
        yield f"find at least {budget.recall_floor:g} of the illicit", threshold, None
    if budget.miss_cost is not None:
        cost = budget.miss_cost
        yield f"a miss costs {cost:g} openings", table.cheapest(cost), cost


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """All scores, and the labels of those that have one."""

    scores: _Reals
    known: NDArray[np.bool_]
    labels: NDArray[np.bool_]
    addresses: pl.Series
    parameters: EvaluationParameters
    seed: int

    @classmethod
    def of(cls, judged: Judged, parameters: EvaluationParameters, seed: int) -> "_Table":
        frame = judged.rows.select("label", "address").with_columns(
            score=pl.Series(judged.scorings[judged.model])
        )
        frame = frame.sort("score", "address", "label", nulls_last=True)
        known = frame["label"].is_not_null()
        labelled = frame.filter(known)
        return cls(
            frame["score"].to_numpy(),
            known.to_numpy(),
            labelled["label"].to_numpy(),
            labelled["address"],
            parameters,
            seed,
        )

    def within(self, capacity: int) -> float | None:
        """Return the lowest score at or above which at most ``capacity`` alerts lie."""
        distinct = np.unique(self.scores)
        reached = len(self.scores) - np.searchsorted(self.scores, distinct)
        fitting = distinct[reached <= capacity]
        return float(fitting[0]) if fitting.size else None

    def reaching(self, recall: float) -> float | None:
        """Return the highest score at or above which this share of the illicit lies."""
        illicit = self.scores[self.known][self.labels]
        if not illicit.size:
            return None
        needed = max(1, math.ceil(recall * illicit.size - 1e-9))
        return float(illicit[-needed])  # scores ascend

    def cheapest(self, miss_cost: float) -> float | None:
        """Return the score at which opening and missing cost the least; of equals the highest."""
        scores = self.scores[self.known]
        distinct = np.unique(scores)
        place = np.searchsorted(scores, distinct)
        missed = np.concatenate([[0], np.cumsum(self.labels)])
        costs = (len(scores) - place) + miss_cost * missed[place]
        nothing = miss_cost * missed[-1]
        if not distinct.size or nothing <= costs.min():
            return None
        return float(distinct[np.flatnonzero(costs == costs.min())[-1]])

    def line(self, rule: str, threshold: float | None, miss_cost: float | None) -> Line:
        limit = math.inf if threshold is None else threshold
        opened = int(np.count_nonzero(self.scores >= limit))
        above = self.scores[self.known] >= limit
        found = int(np.count_nonzero(self.labels & above))
        missed = int(np.count_nonzero(self.labels)) - found
        saved = len(self.scores) - opened
        return Line(
            rule=rule,
            threshold=threshold,
            opened=opened,
            saved=saved,
            saved_share=saved / max(1, len(self.scores)),
            found=found,
            missed=missed,
            recall=self._share(self.labels & above, self.labels),
            precision=self._share(self.labels & above, above),
            below=self._below(limit),
            cost=None if miss_cost is None else int(above.sum()) + miss_cost * missed,
        )

    def _share(self, part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> Measured:
        if not whole.any():
            return Undefined("no labelled alert to take a share of")

        def share(weights: _Reals) -> float:
            of = np.sum(weights * whole)
            return float(np.sum(weights * part) / of) if of else math.nan

        return self._interval(share)

    def _below(self, limit: float) -> Measured:
        """Estimate the illicit below the line: each stratum's alerts times the share of its labelled ones."""
        below = self.scores < limit
        labelled = below[self.known]
        count = int(labelled.sum())
        if not below.any() or not count:
            why = "no labelled alert lies below the line" if below.any() else "no alert lies below"
            return Undefined(why)
        strata = min(_STRATA, count)
        first = np.searchsorted(np.arange(count) * strata // count, np.arange(strata))
        edges = self.scores[self.known][labelled][first[1:]]  # where the next stratum begins
        rows = np.bincount(np.searchsorted(edges, self.scores[below], "right"), minlength=strata)
        of = np.searchsorted(edges, self.scores[self.known][labelled], "right")
        illicit = self.labels[labelled].astype(np.float64)

        def estimate(weights: _Reals) -> float:
            drawn = weights[labelled]
            if not drawn.sum():
                return math.nan
            seen, bad = (np.bincount(of, w, strata) for w in (drawn, drawn * illicit))
            overall = bad.sum() / seen.sum()  # for a stratum nobody of which was drawn
            rate = np.where(seen > 0, bad / np.maximum(seen, 1.0), overall)
            return float(np.sum(rows * rate))

        found = self._interval(estimate)
        if isinstance(found, Undefined) or illicit.any():
            return found
        return self._none_found(found, int(below.sum()), self.addresses.filter(labelled).n_unique())

    def _none_found(self, found: Interval, rows: int, addresses: int) -> Interval:
        """Return how many there may be although none was found: no draw of licit rows knows.

        Source: the exact binomial bound for no event in n trials, 1 − (1 − level)^(1/n); Clopper and Pearson, "The use
        of confidence or fiducial limits", Biometrika 26 (1934). An address is a trial.
        """
        high = rows * (1.0 - (1.0 - found.level) ** (1.0 / addresses))
        return Interval(found.value, found.low, high, found.level, found.resamples, found.undefined)

    def _interval(self, statistic: _Statistic) -> Measured:
        try:
            codes = number_groups(self.addresses.to_numpy())
            draws = draw_weights(codes, self.seed, self.parameters.bootstrap_resamples)
            values = np.array([statistic(weights.astype(np.float64)) for weights in draws])
            whole = statistic(np.ones(len(codes)))
            return make_interval(whole, values, self.parameters.interval_level)
        except UndefinedMetricError as error:
            return Undefined(str(error))
