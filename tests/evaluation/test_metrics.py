"""Metrics by hand, against scikit-learn, and over every order of tied rows."""

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import calibration
from sklearn import metrics as sklearn_metrics

from aml_miner.errors import ConfigurationError, UndefinedMetricError
from aml_miner.evaluation.metrics import (
    alerts_saved_at_recall,
    average_precision,
    brier_score,
    expected_calibration_error,
    mean_ndcg_at_k,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    roc_auc,
)

type Metric = Callable[..., float]

METRICS: dict[str, Metric] = {
    "average_precision": average_precision,
    "roc_auc": roc_auc,
    "precision_at_k": partial(precision_at_k, k=3),
    "recall_at_k": partial(recall_at_k, k=3),
    "alerts_saved_at_recall": partial(alerts_saved_at_recall, recall=0.8),
    "ndcg_at_k": partial(ndcg_at_k, k=3),
    "brier_score": brier_score,
    "expected_calibration_error": expected_calibration_error,
}

every_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())


def rows(
    seed: int, n: int = 300, distinct: int = 12
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels and tied scores that have some skill."""
    rng = np.random.Generator(np.random.PCG64(seed))
    scores = rng.integers(0, distinct, n) / distinct
    return (rng.random(n) < 0.1 + 0.4 * scores).astype(np.int64), scores


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("distinct", [2, 12, 10**9])
def test_metrics_agree_with_scikit_learn(seed: int, distinct: int) -> None:
    labels, scores = rows(seed, distinct=distinct)
    grades = labels * np.random.Generator(np.random.PCG64(seed)).integers(1, 5, len(labels))
    close = partial(pytest.approx, abs=1e-12)
    assert average_precision(labels, scores) == close(
        sklearn_metrics.average_precision_score(labels, scores)
    )
    assert roc_auc(labels, scores) == close(sklearn_metrics.roc_auc_score(labels, scores))
    assert brier_score(labels, scores) == close(sklearn_metrics.brier_score_loss(labels, scores))
    for k in (1, 7, 100, 300):
        oracle = sklearn_metrics.ndcg_score([2.0**grades - 1], [scores], k=k)
        assert ndcg_at_k(grades, scores, k) == close(oracle)


@pytest.mark.parametrize("seed", range(5))
def test_weighted_metrics_agree_with_scikit_learn(seed: int) -> None:
    labels, scores = rows(seed)
    weights = np.random.Generator(np.random.PCG64(seed)).integers(0, 4, len(labels))
    for metric, oracle in (
        (average_precision, sklearn_metrics.average_precision_score),
        (roc_auc, sklearn_metrics.roc_auc_score),
        (brier_score, sklearn_metrics.brier_score_loss),
    ):
        expected = oracle(labels, scores, sample_weight=weights)
        assert metric(labels, scores, weights) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_calibration_error_agrees_with_scikit_learns_curve(seed: int) -> None:
    labels, scores = rows(seed, distinct=10**9)
    shares, means = calibration.calibration_curve(labels, scores, n_bins=10)
    counts = np.bincount((scores * 10).astype(int), minlength=10)
    expected = np.sum(counts[counts > 0] / len(scores) * np.abs(shares - means))
    assert expected_calibration_error(labels, scores) == pytest.approx(expected, abs=1e-12)


@every_metric
@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, derandomize=True, database=None, deadline=None)
def test_order_of_rows_does_not_matter(metric: Metric, seed: int) -> None:
    labels, scores = rows(3)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(labels))
    assert metric(labels[order], scores[order]) == metric(labels, scores)


@every_metric
def test_a_weight_is_a_repetition(metric: Metric) -> None:
    labels, scores = rows(4, n=40)
    weights = np.arange(40) % 4
    repeated = metric(np.repeat(labels, weights), np.repeat(scores, weights))
    assert metric(labels, scores, weights=weights) == pytest.approx(repeated, abs=1e-14)


@every_metric
def test_labels_may_be_booleans_and_scores_single_precision(metric: Metric) -> None:
    labels, scores = rows(5)
    halves = np.round(scores * 8) / 8  # exact in single precision
    single = metric(labels.astype(np.bool_), halves.astype(np.float32))
    assert single == metric(labels, halves)


@pytest.mark.parametrize("metric", ["precision_at_k", "recall_at_k", "ndcg_at_k"])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6])
def test_a_metric_at_k_is_the_mean_over_all_orders_of_ties(metric: str, k: int) -> None:
    at_k = {"precision_at_k": precision_at_k, "recall_at_k": recall_at_k, "ndcg_at_k": ndcg_at_k}
    labels = np.array([1, 0, 0, 1, 1, 0])
    scores = np.array([0.9, 0.9, 0.5, 0.5, 0.5, 0.1])
    ordered = [
        at_k[metric](labels[list(order)], -np.arange(6), k) for order in orders_of_ties(scores)
    ]
    assert at_k[metric](labels, scores, k) == pytest.approx(np.mean(ordered), abs=1e-15)


@pytest.mark.parametrize("recall", [0.2, 1 / 3, 0.5, 2 / 3, 0.9, 1.0])
def test_alerts_saved_is_the_mean_over_all_orders_of_ties(recall: float) -> None:
    labels = np.array([1, 0, 0, 1, 1, 0])
    scores = np.array([0.9, 0.9, 0.5, 0.5, 0.5, 0.1])
    ordered = [
        alerts_saved_at_recall(labels[list(order)], -np.arange(6), recall)
        for order in orders_of_ties(scores)
    ]
    expected = np.mean(ordered)
    assert alerts_saved_at_recall(labels, scores, recall) == pytest.approx(expected, abs=1e-15)


def orders_of_ties(scores: NDArray[np.float64]) -> list[tuple[int, ...]]:
    """Every order of the rows in which no score comes before a higher one."""
    return [
        order
        for order in itertools.permutations(range(len(scores)))
        if np.all(np.diff(scores[list(order)]) <= 0)
    ]


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        ([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 1.0),
        ([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], (1 / 3 + 2 / 4) / 2),
        ([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1], (1 / 1 + 2 / 3) / 2),  # found at 2 of 3, not 2 of 2
        ([1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5], 0.25),  # no skill: the base rate
        ([1, 1], [0.5, 0.4], 1.0),  # nothing licit: defined, and perfect
    ],
)
def test_average_precision_by_hand(labels: list[int], scores: list[float], expected: float) -> None:
    assert average_precision(np.array(labels), np.array(scores)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        ([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 1.0),
        ([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], 0.0),
        ([1, 0, 0, 1], [0.5, 0.5, 0.5, 0.5], 0.5),
        ([1, 0, 1], [0.7, 0.7, 0.1], (0.5 + 0.0) / 2),
    ],
)
def test_roc_auc_by_hand(labels: list[int], scores: list[float], expected: float) -> None:
    assert roc_auc(np.array(labels), np.array(scores)) == expected


@pytest.mark.parametrize(
    ("k", "precision", "recall"),
    [
        (1, 1.0, 1 / 3),
        (2, 0.75, 1.5 / 3),  # half of the tie
        (3, 2 / 3, 2 / 3),
        (5, 3 / 5, 1.0),
        (500, 3 / 5, 1.0),  # beyond the rows: all of them
    ],
)
def test_precision_and_recall_at_k_by_hand(k: int, precision: float, recall: float) -> None:
    labels, scores = np.array([1, 0, 1, 0, 1]), np.array([0.9, 0.5, 0.5, 0.4, 0.3])
    assert precision_at_k(labels, scores, k) == pytest.approx(precision)
    assert recall_at_k(labels, scores, k) == pytest.approx(recall)


@pytest.mark.parametrize(
    ("recall", "saved"),
    [
        (1e-12, 0.9),  # the first illicit row at least
        (0.5, 0.9),
        (0.51, 0.5),
        (1.0, 0.5),
    ],
)
def test_alerts_saved_by_hand(recall: float, saved: float) -> None:
    labels = np.array([1, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    assert alerts_saved_at_recall(labels, -np.arange(10), recall) == pytest.approx(saved)


def test_alerts_saved_asks_for_no_row_more_because_of_rounding() -> None:
    assert 0.55 * 100 > 55
    labels = np.ones(100, np.int64)
    assert alerts_saved_at_recall(labels, -np.arange(100), 0.55) == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("grades", "k", "expected"),
    [
        ([3, 2, 1, 0], 4, 1.0),
        ([3, 2, 1, 0], 100, 1.0),
        ([0, 0, 1], 2, 0.0),
        ([0, 1], 2, 1 / math.log2(3)),
        ([1, 2], 2, (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))),
        ([2, 30], 1, 3 / (2**30 - 1)),
    ],
)
def test_ndcg_by_hand(grades: list[int], k: int, expected: float) -> None:
    assert ndcg_at_k(np.array(grades), -np.arange(len(grades)), k) == pytest.approx(expected)


def test_ndcg_of_the_best_order_does_not_pass_one() -> None:
    grades = np.arange(200) // 25
    for k in range(1, 201):
        assert ndcg_at_k(grades, np.arange(200), k) <= 1.0


def test_brier_score_by_hand() -> None:
    assert brier_score(np.array([1, 0, 0, 0]), np.full(4, 0.25)) == 0.25 * 0.75
    assert brier_score(np.array([1, 0]), np.array([1.0, 0.0])) == 0.0


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        ([0, 1], [0.0, 1.0], 0.0),
        ([1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], 0.0),  # the base rate for all
        ([0, 1], [1.0, 0.0], 1.0),
        ([0, 1], [0.3, 0.25], (0.3 + 0.75) / 2),  # 0.3 opens the next bin
        ([0, 1], [0.25, 0.29], abs(1 - 0.54) / 2),  # one bin: 1 of 2 illicit
    ],
)
def test_calibration_error_by_hand(labels: list[int], scores: list[float], expected: float) -> None:
    found = expected_calibration_error(np.array(labels), np.array(scores))
    assert found == pytest.approx(expected)


def test_calibration_error_of_one_bin_is_the_distance_of_the_means() -> None:
    found = expected_calibration_error(np.array([0, 1]), np.array([0.1, 0.5]), bins=1)
    assert found == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("metric", "labels", "message"),
    [
        ("average_precision", [0, 0], "average_precision: needs an illicit row; all 2 rows are"),
        ("roc_auc", [0, 0], "roc_auc: needs an illicit row; all 2 rows are licit"),
        ("roc_auc", [1, 1], "roc_auc: needs a licit row; all 2 rows are illicit"),
        ("recall_at_k", [0, 0], "recall_at_k: needs an illicit row; all 2 rows are licit"),
        ("alerts_saved_at_recall", [0, 0], "alerts_saved_at_recall: needs an illicit row"),
        ("ndcg_at_k", [0, 0], "ndcg_at_k: needs a row with a grade above 0; all 2 rows have 0"),
    ],
)
def test_a_metric_of_one_class_alone_is_undefined(
    metric: str, labels: list[int], message: str
) -> None:
    with pytest.raises(UndefinedMetricError, match=message):
        METRICS[metric](np.array(labels), np.array([0.5, 0.1]))


def test_precision_and_calibration_of_one_class_are_defined() -> None:
    labels, scores = np.array([0, 0]), np.array([0.5, 0.1])
    assert precision_at_k(labels, scores, 1) == 0.0
    assert brier_score(labels, scores) == pytest.approx(0.13)
    assert expected_calibration_error(labels, scores) == pytest.approx(0.3)


@every_metric
@pytest.mark.parametrize(
    ("labels", "scores", "weights", "message"),
    [
        ([1, 0], [np.nan, 0.1], [1, 1], "scores must be finite; 1 of 2 are not, first row 0 with"),
        ([1, 0], [0.1, np.inf], [1, 1], "scores must be finite; 1 of 2 are not, first row 1 with"),
        ([1, -1], [0.1, 0.2], [1, 1], "labels must be whole numbers from 0 to [0-9]+; 1 of 2"),
        ([1, 31], [0.1, 0.2], [1, 1], "labels must be whole numbers from 0 to [0-9]+; 1 of 2"),
        ([1, 0], [0.1, 0.2], [1, -1], "weights must be whole numbers, 0 or more; 1 of 2"),
        ([1, 0], [0.1, 0.2], [1, 0.5], "weights must be whole numbers, 0 or more; 1 of 2"),
        ([1, 0], [0.1, 0.2], [1, np.inf], "weights must be whole numbers, 0 or more; 1 of 2"),
        ([1, 0], [0.1, 0.2], [0, 0], "a metric needs at least one row; there is none"),
        ([], [], [], "a metric needs at least one row; there is none"),
        ([1, 0], [0.1], [1, 1], r"columns of one length; found shapes \(2,\), \(1,\) and \(2,\)"),
        ([[1, 0]], [[0.1, 0.2]], [[1, 1]], "labels, scores and weights must be columns of one"),
    ],
)
def test_rows_no_metric_can_use_are_refused(
    metric: Metric, labels: list[Any], scores: list[Any], weights: list[Any], message: str
) -> None:
    with pytest.raises(UndefinedMetricError, match=message):
        metric(np.array(labels), np.array(scores), weights=np.array(weights))


@pytest.mark.parametrize("metric", [brier_score, expected_calibration_error])
@pytest.mark.parametrize("score", [-0.1, 1.1])
def test_a_score_that_is_no_probability_is_refused(metric: Metric, score: float) -> None:
    with pytest.raises(UndefinedMetricError, match=r"scores must lie between 0 and 1 for .*row 1"):
        metric(np.array([1, 0]), np.array([0.5, score]))


@pytest.mark.parametrize("metric", [precision_at_k, recall_at_k, ndcg_at_k])
def test_k_below_one_is_refused(metric: Metric) -> None:
    with pytest.raises(ConfigurationError, match="k must be at least 1; found 0"):
        metric(np.array([1, 0]), np.array([0.5, 0.1]), k=0)


@pytest.mark.parametrize("recall", [0.0, 1.1, math.nan])
def test_a_recall_out_of_range_is_refused(recall: float) -> None:
    with pytest.raises(ConfigurationError, match="recall must be above 0 and at most 1; found"):
        alerts_saved_at_recall(np.array([1, 0]), np.array([0.5, 0.1]), recall)


def test_no_bins_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="bins must be at least 1; found 0"):
        expected_calibration_error(np.array([1, 0]), np.array([0.5, 0.1]), bins=0)


@given(data=st.data(), k=st.integers(1, 8))
def test_mean_ndcg_is_the_mean_of_the_lists_that_have_one(data: st.DataObject, k: int) -> None:
    rows = data.draw(st.integers(1, 40))
    grades = np.array(data.draw(st.lists(st.integers(0, 3), min_size=rows, max_size=rows)))
    scores = np.array(data.draw(st.lists(st.integers(0, 4), min_size=rows, max_size=rows)))
    lists = np.array(data.draw(st.lists(st.integers(3, 6), min_size=rows, max_size=rows)))
    each = [
        ndcg_at_k(grades[lists == one], scores[lists == one], k)
        for one in np.unique(lists)
        if grades[lists == one].any()
    ]
    if each:
        assert mean_ndcg_at_k(grades, scores, k, lists) == pytest.approx(
            float(np.mean(each)), abs=1e-12
        )
    else:
        with pytest.raises(UndefinedMetricError, match=f"all {rows} rows have 0"):
            mean_ndcg_at_k(grades, scores, k, lists)


def test_a_large_list_does_not_outweigh_small_ones() -> None:
    """Perfect in one list of 2,000 and upside down in forty of 200, by places within the list."""
    lists = np.repeat(np.arange(41), [2_000, *[200] * 40])
    place = np.concatenate([np.arange(2_000) / 2_000, *[np.arange(200) / 200] * 40])
    grades = np.where(lists == 0, place >= 0.9, place < 0.1).astype(int)
    assert ndcg_at_k(grades, place, 10) > 0.7
    assert mean_ndcg_at_k(grades, place, 10, lists) == pytest.approx(1 / 41)


def test_rows_without_a_list_are_refused() -> None:
    with pytest.raises(UndefinedMetricError, match="lists must be a column of the length"):
        mean_ndcg_at_k(np.array([1, 0]), np.array([0.5, 0.1]), 1, np.array([0]))
