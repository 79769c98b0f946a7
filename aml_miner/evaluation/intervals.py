"""How far a metric may be off: bootstrap intervals that draw addresses, not rows.

Alerts on one address stand or fall together, so drawing single rows would promise more certainty than there is. Each
resample draws as many groups as there are, with replacement, and a row counts as often as its group was drawn.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3 (percentile interval); Field and
Welsh, "Bootstrapping clustered data", Journal of the Royal Statistical Society B 69 (2007), the cluster bootstrap.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aml_miner.errors import ConfigurationError, UndefinedMetricError
from aml_miner.evaluation.metrics import Labels, Scores

type Groups = NDArray[np.str_] | NDArray[np.integer] | NDArray[np.object_]
type _Statistic = Callable[[NDArray[np.int64]], float]


class Metric(Protocol):
    """A metric of ``evaluation.metrics``; one with more parameters is bound by ``functools.partial``."""

    def __call__(
        self, labels: Labels, scores: Scores, *, weights: NDArray[np.integer] | None = None
    ) -> float:
        """Return the metric of the rows, each counted as often as its weight says."""
        ...


@dataclass(frozen=True, slots=True)
class Interval:
    """A metric and the range it had over the resamples.

    Attributes
    ----------
    value
        The metric of all rows as they are. It may lie outside the range: no resample has exactly the shares of all
        rows, so that a calibration error near 0 is higher in most of them, and a metric of ranks is not centred either.
    low, high
        The (1 − level) / 2 and (1 + level) / 2 quantiles over the resamples that have a value.
    level
        Share of those resamples inside the range, 0–1.
    resamples
        Resamples drawn.
    undefined
        How many of them have no value, such as those without an illicit row. ``low`` and ``high`` know nothing of
        them: the more there are, the less the interval says.
    """

    value: float
    low: float
    high: float
    level: float
    resamples: int
    undefined: int

    def rounded(self, decimals: int) -> "Interval":
        """Return it with so many decimals; nothing is -0."""
        value, low, high = (round(x, decimals) + 0.0 for x in (self.value, self.low, self.high))
        return replace(self, value=value, low=low, high=high)


def bootstrap_interval(
    metric: Metric,
    labels: Labels,
    scores: Scores,
    groups: Groups,
    *,
    seed: int,
    resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return a metric with its percentile interval over resampled groups.

    The same rows in another order give the same interval, to the last bit.

    Parameters
    ----------
    metric
        What is judged.
    labels, scores
        Columns of one length, as the metric takes them.
    groups
        Per row: what is drawn as one, usually its address. Not null.
    seed
        Seed of the draws.
    resamples, level
        Resamples drawn, and the share of them the interval holds.

    Raises
    ------
    UndefinedMetricError
        If the metric of all rows, or of every resample, has no value, or if there are fewer than two groups.
    ConfigurationError
        If there is less than one resample, or the level is not between 0 and 1.

    Examples
    --------
    >>> from aml_miner.evaluation.metrics import roc_auc
    >>> labels = np.array([1, 0, 1, 0, 0, 0])
    >>> scores = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1])
    >>> groups = np.array(["a", "b", "c", "d", "e", "f"])
    >>> interval = bootstrap_interval(roc_auc, labels, scores, groups, seed=1)
    >>> interval.value, interval.low, interval.high
    (0.875, 0.4, 1.0)
    >>> interval.undefined
    94
    """
    codes = _codes(groups, labels, scores)
    order = _canonical_order(codes, labels, scores)
    labels, scores = labels[order], scores[order]

    def statistic(weights: NDArray[np.int64]) -> float:
        return metric(labels, scores, weights=weights)

    return _interval(statistic, codes[order], seed, resamples, level)


def bootstrap_difference(
    metric: Metric,
    labels: Labels,
    scores: tuple[Scores, Scores],
    groups: Groups,
    *,
    seed: int,
    resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return the metric of the first scores minus that of the second, with the interval of this difference.

    Paired: both are judged on the same draws, so what makes a draw hard for both cancels. An interval that does not
    hold 0 says they differ. Other parameters and errors as in ``bootstrap_interval``; a resample is undefined when
    either metric is.

    Examples
    --------
    >>> from aml_miner.evaluation.metrics import roc_auc
    >>> labels = np.array([1, 0, 1, 0, 0, 0])
    >>> scores = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1])
    >>> groups = np.array(["a", "b", "c", "d", "e", "f"])
    >>> interval = bootstrap_difference(roc_auc, labels, (scores, -scores), groups, seed=1)
    >>> interval.value, interval.low, interval.high
    (0.75, -0.19999999999999996, 1.0)
    """
    codes = _codes(groups, labels, *scores)
    order = _canonical_order(codes, labels, *scores)
    labels, first, second = labels[order], scores[0][order], scores[1][order]

    def statistic(weights: NDArray[np.int64]) -> float:
        return metric(labels, first, weights=weights) - metric(labels, second, weights=weights)

    return _interval(statistic, codes[order], seed, resamples, level)


def draw_weights(
    codes: NDArray[np.int64], seed: int, resamples: int
) -> Iterator[NDArray[np.int64]]:
    """Yield, per resample, how often each row counts: as often as its group was drawn.

    Parameters
    ----------
    codes
        Per row the number of its group, from 0.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    groups = int(codes.max()) + 1
    for _ in range(resamples):
        yield np.bincount(rng.integers(0, groups, groups), minlength=groups)[codes]


def make_interval(value: float, values: NDArray[np.float64], level: float) -> Interval:
    """Return the percentile interval of a metric's values over the resamples, NaN where it has none.

    Raises
    ------
    UndefinedMetricError
        If it has none in any of them.
    """
    known = values[~np.isnan(values)]
    if not known.size:
        raise UndefinedMetricError(
            f"the metric has no value in any of {values.size} resamples; it needs more groups "
            f"of each class than there are."
        )
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(known, [tail, 1.0 - tail])
    return Interval(
        float(value), float(low), float(high), level, values.size, values.size - known.size
    )


def number_groups(groups: Groups) -> NDArray[np.int64]:
    """Return each row's group, counted by sorted name: draws must not depend on the order of the rows.

    Raises
    ------
    UndefinedMetricError
        If a group is null, or there are fewer than two.
    """
    if groups.dtype == np.object_:
        missing = np.flatnonzero([group is None for group in groups])
        if missing.size:
            raise UndefinedMetricError(
                f"groups must not be null; {missing.size} of {len(groups)} are, first row {missing[0]}."
            )
    names, codes = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise UndefinedMetricError(
            f"an interval needs at least 2 groups to draw from; found {len(names)}."
        )
    return codes.astype(np.int64)


def _check_draws(resamples: int, level: float) -> None:
    if resamples < 1:
        raise ConfigurationError(f"resamples must be at least 1; found {resamples}.")
    if not 0.0 < level < 1.0:
        raise ConfigurationError(f"level must be above 0 and below 1; found {level}.")


def _canonical_order(
    codes: NDArray[np.int64], labels: Labels, *scores: Scores
) -> NDArray[np.int64]:
    """Return the order by score, highest first, then label and group; a metric has little left to sort."""
    keys = [-np.asarray(column, dtype=np.float64) for column in reversed(scores)]
    return np.lexsort((codes, labels, *keys)).astype(np.int64)


def _codes(groups: Groups, *columns: Labels | Scores) -> NDArray[np.int64]:
    rows = len(groups)
    lengths = [len(column) for column in columns]
    if any(length != rows for length in lengths):
        raise UndefinedMetricError(
            f"labels, scores and groups must have one length; found {lengths} and {rows}."
        )
    return number_groups(groups)


def _interval(
    statistic: _Statistic, codes: NDArray[np.int64], seed: int, resamples: int, level: float
) -> Interval:
    _check_draws(resamples, level)
    value = statistic(np.ones(codes.size, np.int64))
    values = np.full(resamples, np.nan)
    for resample, weights in enumerate(draw_weights(codes, seed, resamples)):
        try:
            values[resample] = statistic(weights)
        except UndefinedMetricError:
            continue  # stays NaN, and is counted
    return make_interval(value, values, level)
