"""What a list of scores is worth, in numbers.

Every metric takes ``labels`` (1 or True: illicit), ``scores`` (higher: riskier) and optional ``weights``, arrays of one
shape (rows,). A weight is how many times its row counts, a whole number ≥ 0; without weights every row counts once.

None depends on the order of the rows. Equal scores are a promise of nothing about their order, so a metric that looks
at the first k rows returns its expected value over all orders of the equal ones: breaking ties by id would make the
alert ids part of the result. To judge one order, ties already broken, pass minus its ranks as scores.

Raises everywhere: ``UndefinedMetricError`` when the rows give the metric no value (no rows, one class only where two
are compared, a score that is not finite), ``ConfigurationError`` when k, a recall or a number of bins is out of range.
"""

import math

import numpy as np
from numpy.typing import NDArray

from aml_miner.errors import ConfigurationError, UndefinedMetricError
from aml_miner.evaluation.ranked import Ranked, RankedLists, Ranking, number_lists

type Labels = NDArray[np.bool_] | NDArray[np.integer]
type Scores = NDArray[np.floating] | NDArray[np.integer]
type Weights = NDArray[np.integer] | None


def average_precision(labels: Labels, scores: Scores, weights: Weights = None) -> float:
    """Average of the precision over the illicit rows, each at the threshold that just finds it.

    Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct scores from the highest down; rows of equal score are found together, at the
    precision of them all. No interpolation. Range 0–1, higher is better; scores without skill get the base rate.

    Source: Boyd, Eng and Page, "Area under the precision-recall curve", ECML PKDD 2013 (the average
    precision estimator); equal to scikit-learn's ``average_precision_score``.

    Raises
    ------
    UndefinedMetricError
        Without an illicit row.

    Examples
    --------
    Found at precision 1/1 and 2/3: (1 + 2/3) / 2.

    >>> labels = np.array([1, 0, 1, 0])
    >>> round(average_precision(labels, np.array([0.9, 0.8, 0.7, 0.1])), 4)
    0.8333
    """
    return _rank(labels, scores, weights).average_precision()


def roc_auc(labels: Labels, scores: Scores, weights: Weights = None) -> float:
    """Share of pairs of an illicit and a licit row in which the illicit one has the higher score.

    A pair of equal scores counts one half (midranks). Range 0–1, higher is better; 0.5 is no skill.

    Source: Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve",
    Radiology 143 (1982), the Wilcoxon form.

    Raises
    ------
    UndefinedMetricError
        Without an illicit or without a licit row.

    Examples
    --------
    Of the four pairs two are ordered rightly, one is tied, one is ordered wrongly.

    >>> labels = np.array([1, 0, 1, 0])
    >>> roc_auc(labels, np.array([0.9, 0.8, 0.5, 0.5]))
    0.625
    """
    return _rank(labels, scores, weights).roc_auc()


def precision_at_k(labels: Labels, scores: Scores, k: int, weights: Weights = None) -> float:
    """Share of illicit rows among the k highest scores.

    Where the k-th score is tied, the expected share over the orders of the tied rows. Beyond the number of rows, k
    means all of them: the precision of opening everything. Range 0–1, higher is better; no skill gets the base rate.

    Source: Manning, Raghavan and Schütze, "Introduction to Information Retrieval" (2008), section 8.4.

    Raises
    ------
    UndefinedMetricError
        Without rows.
    ConfigurationError
        If k is below 1.

    Examples
    --------
    The second place is shared by one illicit and one licit row: (1 + 1/2) / 2.

    >>> labels = np.array([1, 0, 1, 0])
    >>> precision_at_k(labels, np.array([0.9, 0.5, 0.5, 0.1]), k=2)
    0.75
    """
    return _rank(labels, scores, weights).precision_at_k(k)


def recall_at_k(labels: Labels, scores: Scores, k: int, weights: Weights = None) -> float:
    """Share of the illicit rows that are among the k highest scores.

    Ties and large k as in ``precision_at_k``. Range 0–1, higher is better; no skill gets k / rows.

    Source: Manning, Raghavan and Schütze, "Introduction to Information Retrieval" (2008), section 8.4.

    Raises
    ------
    UndefinedMetricError
        Without an illicit row.
    ConfigurationError
        If k is below 1.

    Examples
    --------
    >>> labels = np.array([1, 0, 1, 0])
    >>> recall_at_k(labels, np.array([0.9, 0.5, 0.5, 0.1]), k=2)
    0.75
    """
    return _rank(labels, scores, weights).recall_at_k(k)


def alerts_saved_at_recall(
    labels: Labels, scores: Scores, recall: float, weights: Weights = None
) -> float:
    """Share of the rows that stay unopened when opening by score until ``recall`` of the illicit are found.

    Opening stops at the ⌈recall × illicit⌉-th illicit row. Where that one is tied, the expected place over the orders
    of the w tied rows: its j-th of p illicit rows is expected at place j (w + 1) / (p + 1). Range 0–1 (1 excluded),
    higher is better; no skill saves about 1 − recall.

    Source: our choice; 1 minus the effort at which technology-assisted review reaches a recall (Cormack and Grossman,
    SIGIR 2014). The expected place is that of an order statistic without replacement.

    Raises
    ------
    UndefinedMetricError
        Without an illicit row.
    ConfigurationError
        If the recall is not above 0 and at most 1.

    Examples
    --------
    Half of the illicit rows are found by opening one alert of four, all of them by three.

    >>> labels = np.array([1, 0, 1, 0])
    >>> scores = np.array([0.9, 0.8, 0.7, 0.1])
    >>> alerts_saved_at_recall(labels, scores, 0.5), alerts_saved_at_recall(labels, scores, 1.0)
    (0.75, 0.25)
    """
    return _rank(labels, scores, weights).alerts_saved_at_recall(recall)


def ndcg_at_k(relevance: Labels, scores: Scores, k: int, weights: Weights = None) -> float:
    """Normalised discounted cumulative gain of the k highest scores.

    ``relevance`` is a grade, a whole number from 0 to 30 (0 and 1 for illicit or not). The gain is exponential,
    2^grade − 1, as in LightGBM's lambdarank; the discount 1 / log2(place + 1). Divided by the value of the best order.
    Rows of equal score share the average of their gains. Beyond the number of rows, k means all of them. Range 0–1,
    higher is better.

    Source: Burges et al., "Learning to rank using gradient descent", ICML 2005 (exponential gain); McSherry
    and Najork, "Computing information retrieval performance measures efficiently in the presence of tied scores", ECIR
    2008 (ties).

    Raises
    ------
    UndefinedMetricError
        If no row has a grade above 0, or a grade is not a whole number from 0 to 30.
    ConfigurationError
        If k is below 1.

    Examples
    --------
    The gains 1, 7 stand in the wrong order: (1 + 7 / log2(3)) / (7 + 1 / log2(3)).

    >>> round(ndcg_at_k(np.array([1, 3, 0]), np.array([0.9, 0.8, 0.1]), k=2), 4)
    0.7098
    """
    return _rank(relevance, scores, weights, highest=30).ndcg_at_k(k)


def mean_ndcg_at_k(relevance: Labels, scores: Scores, k: int, lists: NDArray[np.integer]) -> float:
    """Mean of ``ndcg_at_k`` over lists of rows, such as the alerts of each day.

    A list in which no row has a grade above 0 is left out. Range 0–1, higher is better.

    Parameters
    ----------
    relevance, scores, k
        As in ``ndcg_at_k``.
    lists
        Per row which list it is of.

    Raises
    ------
    UndefinedMetricError
        If no row has a grade above 0, a grade is not a whole number from 0 to 30, or a row has no list.
    ConfigurationError
        If k is below 1.

    Examples
    --------
    >>> relevance, scores = np.array([1, 0, 0, 1]), np.array([0.4, 0.3, 0.9, 0.8])
    >>> mean_ndcg_at_k(relevance, scores, k=1, lists=np.array([0, 0, 1, 1]))
    0.5
    >>> ndcg_at_k(relevance, scores, k=1)
    0.0
    """
    grades, numbers, weights = _checked(relevance, scores, None, highest=30)
    if lists.shape != grades.shape:
        raise UndefinedMetricError(
            f"lists must be a column of the length of the labels; found shapes {lists.shape} and {grades.shape}."
        )
    return RankedLists.of(grades, numbers, number_lists(lists)).mean_ndcg_at_k(weights, k)


def brier_score(labels: Labels, scores: Scores, weights: Weights = None) -> float:
    """Mean squared difference between score and label.

    Range 0–1, lower is better; the base rate given to every row gets base rate × (1 − base rate). Ties do not matter.
    The sum is exact before it is rounded, so that the order of rows cannot show.

    Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78 (1950), for
    two classes and counting one of them.

    Raises
    ------
    UndefinedMetricError
        Without rows, or if a score is outside 0–1.

    Examples
    --------
    (0.1² + 0.2²) / 2.

    >>> round(brier_score(np.array([1, 0]), np.array([0.9, 0.2])), 4)
    0.025
    """
    truth, values, counts = _checked(labels, scores, weights)
    _check_probabilities("brier_score", values)
    return math.fsum((counts * (values - truth) ** 2).tolist()) / float(counts.sum())


def expected_calibration_error(
    labels: Labels, scores: Scores, weights: Weights = None, *, bins: int = 10
) -> float:
    """Mean distance between the score promised and the share found illicit, over bins of equal width.

    Σ (rows of the bin / rows) × |share illicit − mean score| over [0, 0.1), …, [0.9, 1]. Empty bins add nothing. Range
    0–1, lower is better; the base rate given to every row gets 0, so look at a ranking metric beside it.

    Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015;
    ten bins of equal width as there, closed at their lower end (our choice).

    Raises
    ------
    UndefinedMetricError
        Without rows, or if a score is outside 0–1.
    ConfigurationError
        If there is less than one bin.

    Examples
    --------
    Two rows promise 0.15 on average and hold 0.5; two promise 0.9 and hold 1: (0.35 + 0.1) / 2.

    >>> labels, scores = np.array([0, 1, 1, 1]), np.array([0.12, 0.18, 0.9, 0.9])
    >>> round(expected_calibration_error(labels, scores), 4)
    0.225
    """
    if bins < 1:
        raise ConfigurationError(f"bins must be at least 1; found {bins}.")
    truth, values, counts = _checked(labels, scores, weights)
    _check_probabilities("expected_calibration_error", values)
    places = np.minimum((values * bins).astype(np.int64), bins - 1)
    surplus = counts * (values - truth)
    distances = [abs(math.fsum(surplus[places == place].tolist())) for place in range(bins)]
    return math.fsum(distances) / float(counts.sum())


def _rank(labels: Labels, scores: Scores, weights: Weights, highest: int = 1) -> Ranked:
    grades, values, counts = _checked(labels, scores, weights, highest)
    return Ranking.of(grades, values).weighted(counts)


def _checked(
    labels: Labels, scores: Scores, weights: Weights, highest: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return labels, scores and weights above 0 as doubles, or say why there is no metric of them."""
    truth = np.asarray(labels, dtype=np.float64)
    values = np.asarray(scores, dtype=np.float64)
    counts = np.ones(truth.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if truth.ndim != 1 or not truth.shape == values.shape == counts.shape:
        raise UndefinedMetricError(
            f"labels, scores and weights must be columns of one length; "
            f"found shapes {truth.shape}, {values.shape} and {counts.shape}."
        )
    _refuse("labels", f"be whole numbers from 0 to {highest}", truth, _not_whole(truth, highest))
    _refuse("scores", "be finite", values, ~np.isfinite(values))
    _refuse("weights", "be whole numbers, 0 or more", counts, _not_whole(counts, 2**53))
    there = counts > 0
    if not there.any():
        raise UndefinedMetricError("a metric needs at least one row; there is none.")
    return truth[there], values[there], counts[there]


def _not_whole(numbers: NDArray[np.float64], highest: float) -> NDArray[np.bool_]:
    whole: NDArray[np.bool_] = np.floor(numbers) == numbers
    return np.logical_not(whole & (numbers >= 0) & (numbers <= highest))


def _refuse(
    column: str, expected: str, numbers: NDArray[np.float64], wrong: NDArray[np.bool_]
) -> None:
    if wrong.any():
        first = int(np.argmax(wrong))
        raise UndefinedMetricError(
            f"{column} must {expected}; {int(wrong.sum())} of {wrong.size} are not, "
            f"first row {first} with {numbers[first]}."
        )


def _check_probabilities(metric: str, values: NDArray[np.float64]) -> None:
    outside = (values < 0.0) | (values > 1.0)
    _refuse("scores", f"lie between 0 and 1 for {metric}", values, outside)
