"""How far two scorings of the same alerts agree, in numbers from −1 (reversed) to 1 (alike).

Every function takes two columns of one length, either of which may come first. None depends on the order of the rows.

Raises everywhere: ``UndefinedMetricError`` when there are fewer than two rows, a value is not finite, or all values of
a column are equal: who ranks nothing agrees with nobody.
"""

import math

import numpy as np
from numpy.typing import NDArray

from aml_miner.errors import UndefinedMetricError
from aml_miner.evaluation.metrics import Scores


def pearson(first: Scores, second: Scores) -> float:
    """Linear correlation: covariance over the product of the standard deviations.

    Range −1 to 1. The sums are exact before they are rounded, so that the order of rows cannot show.

    Source: Pearson, "Note on regression and inheritance in the case of two parents", Proceedings of the Royal Society
    of London 58 (1895).

    Examples
    --------
    >>> round(pearson(np.array([0.1, 0.2, 0.3]), np.array([0.2, 0.6, 0.4])), 4)
    0.5
    """
    one, other = _checked("pearson", first, second)
    return _pearson("pearson", one, other)


def spearman(first: Scores, second: Scores) -> float:
    """Correlation of the ranks; equal values share the middle of their ranks.

    Range −1 to 1; 1 when both columns order the rows alike, however far apart their values are.

    Source: Spearman, "The proof and measurement of association between two things", American Journal of Psychology 15
    (1904), with midranks; equal to SciPy's ``spearmanr``.

    Examples
    --------
    The ranks 1 2 3 4 and 1 2 4 3: 1 − 6 · 2 / (4 · 15).

    >>> round(spearman(np.array([0.1, 0.2, 0.3, 0.9]), np.array([0.0, 0.1, 0.5, 0.4])), 4)
    0.8
    """
    one, other = _checked("spearman", first, second)
    return _pearson("spearman", _midranks(one), _midranks(other))


def kendall_tau(first: Scores, second: Scores) -> float:
    """Share of pairs in the same order minus the share in opposite order, corrected for ties (tau-b).

    Range −1 to 1.

    Source: Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945), as SciPy computes it.

    Examples
    --------
    Of the six pairs one is reversed: (5 − 1) / 6.

    >>> round(kendall_tau(np.array([0.1, 0.2, 0.3, 0.9]), np.array([0.0, 0.1, 0.5, 0.4])), 4)
    0.6667
    """
    from scipy.stats import kendalltau  # here: it takes half a second, and only one check asks

    one, other = _checked("kendall_tau", first, second)
    for column in (one, other):
        _refuse_constant("kendall_tau", column)
    return float(kendalltau(one, other).statistic)


def _pearson(metric: str, first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    for column in (first, second):
        _refuse_constant(metric, column)
    one, other = _centred(first), _centred(second)
    together = math.fsum((one * other).tolist())
    squares = math.fsum((one * one).tolist()) * math.fsum((other * other).tolist())
    return max(-1.0, min(1.0, together / math.sqrt(squares)))  # rounding may pass 1


def _centred(column: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = column - math.fsum(column.tolist()) / column.size
    scaled: NDArray[np.float64] = centred / np.abs(centred).max()
    return scaled  # squares of small differences would vanish


def _midranks(column: NDArray[np.float64]) -> NDArray[np.float64]:
    _, places, counts = np.unique(column, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle: NDArray[np.float64] = last - (counts - 1) / 2.0
    return middle[places]


def _checked(
    metric: str, first: Scores, second: Scores
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise UndefinedMetricError(
            f"{metric}: needs two columns of one length; found shapes {one.shape} and {other.shape}."
        )
    if one.size < 2:
        raise UndefinedMetricError(f"{metric}: needs at least 2 rows; found {one.size}.")
    wrong = ~(np.isfinite(one) & np.isfinite(other))
    if wrong.any():
        raise UndefinedMetricError(
            f"{metric}: values must be finite; {int(wrong.sum())} of {wrong.size} rows are not, "
            f"first row {int(np.argmax(wrong))}."
        )
    return one, other


def _refuse_constant(metric: str, column: NDArray[np.float64]) -> None:
    if column.min() == column.max():
        raise UndefinedMetricError(
            f"{metric}: needs values that differ; all {column.size} are equal in one column."
        )
