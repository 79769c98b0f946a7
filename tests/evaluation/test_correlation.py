"""Correlations by hand and against SciPy."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aml_miner.errors import UndefinedMetricError
from aml_miner.evaluation.correlation import kendall_tau, pearson, spearman

type Correlation = Callable[[NDArray[np.float64], NDArray[np.float64]], float]

CORRELATIONS: dict[str, Correlation] = {
    "pearson": pearson,
    "spearman": spearman,
    "kendall_tau": kendall_tau,
}
every_correlation = pytest.mark.parametrize("correlation", CORRELATIONS.values(), ids=CORRELATIONS)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([0.1, 0.2, 0.3], [0.4, 0.5, 0.9], (0.9449, 1.0, 1.0)),  # 0.05 / sqrt(0.02 · 0.14)
        ([0.1, 0.2, 0.3], [0.9, 0.5, 0.4], (-0.9449, -1.0, -1.0)),
        ([0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0], (0.0, 0.0, 0.0)),
        (
            [0.0, 0.0, 1.0],
            [0.0, 1.0, 1.0],
            (0.5, 0.5, 0.5),
        ),  # ties: midranks, tau-b 1 / sqrt(2 · 2)
    ],
)
def test_correlations_by_hand(
    first: list[float], second: list[float], expected: tuple[float, ...]
) -> None:
    found = [one(np.array(first), np.array(second)) for one in CORRELATIONS.values()]
    assert found == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("seed", range(10))
def test_correlations_agree_with_scipy(seed: int) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    first = rng.integers(0, 30, 200) / 30.0
    second = np.round(0.5 * first + rng.random(200), 1)
    assert pearson(first, second) == pytest.approx(scipy.stats.pearsonr(first, second).statistic)
    assert spearman(first, second) == pytest.approx(scipy.stats.spearmanr(first, second).statistic)
    oracle = scipy.stats.kendalltau(first, second).statistic
    assert kendall_tau(first, second) == pytest.approx(oracle)


@every_correlation
@given(seed=st.integers(0, 2**32))
def test_order_of_rows_and_of_columns_does_not_matter(correlation: Correlation, seed: int) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    first, second = rng.random(40), np.round(rng.random(40), 1)
    order = rng.permutation(40)
    value = correlation(first, second)
    assert correlation(first[order], second[order]) == value
    assert correlation(second, first) == pytest.approx(value, abs=1e-15)  # SciPy rounds otherwise


@every_correlation
def test_a_column_agrees_with_itself(correlation: Correlation) -> None:
    column = np.array([0.1, 0.1000000000000001, 0.3, 1e-300])
    assert correlation(column, column) == 1.0
    assert correlation(column, -column) == -1.0


@every_correlation
@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([0.1], [0.1], "needs at least 2 rows; found 1"),
        ([], [], "needs at least 2 rows; found 0"),
        ([0.1, 0.1], [0.1, 0.2], "needs values that differ; all 2 are equal in one column"),
        ([0.1, 0.2], [0.3, 0.3], "needs values that differ; all 2 are equal in one column"),
        ([0.1, 0.2], [0.3, np.nan], "must be finite; 1 of 2 rows are not, first row 1"),
        ([0.1, 0.2], [0.3], r"two columns of one length; found shapes \(2,\) and \(1,\)"),
    ],
)
def test_columns_without_a_correlation_are_refused(
    correlation: Correlation, first: list[float], second: list[float], message: str
) -> None:
    with pytest.raises(UndefinedMetricError, match=message):
        correlation(np.array(first), np.array(second))
