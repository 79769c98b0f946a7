"""Intervals draw addresses, repeat to the bit, and hide nothing."""

import math
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from aml_miner.errors import ConfigurationError, UndefinedMetricError
from aml_miner.evaluation.intervals import (
    Interval,
    Metric,
    bootstrap_difference,
    bootstrap_interval,
)
from aml_miner.evaluation.metrics import (
    Labels,
    Scores,
    average_precision,
    brier_score,
    expected_calibration_error,
    ndcg_at_k,
    precision_at_k,
    roc_auc,
)

LABELS = np.array([1, 0, 1, 0, 0, 0])
SCORES = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.1])
GROUPS = np.array(["a", "b", "c", "d", "e", "f"])

METRICS: dict[str, Metric] = {
    "average_precision": average_precision,
    "roc_auc": roc_auc,
    "precision_at_k": partial(precision_at_k, k=20),
    "ndcg_at_k": partial(ndcg_at_k, k=20),
    "brier_score": brier_score,
    "expected_calibration_error": expected_calibration_error,
}


def world(
    seed: int, addresses: int = 150, alerts: int = 3
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.str_]]:
    """Alerts whose label is their address's, and whose scores hang together too."""
    rng = np.random.Generator(np.random.PCG64(seed))
    illicit = (rng.random(addresses) < 0.3).astype(np.int64)
    risk = illicit * 0.8 + rng.normal(size=addresses)
    labels, risks = np.repeat(illicit, alerts), np.repeat(risk, alerts)
    names = np.repeat([f"addr{i:04d}" for i in range(addresses)], alerts)
    scores = np.round(1 / (1 + np.exp(-risks - rng.normal(size=len(risks)) * 0.1)), 2)
    return labels, scores, names


def mean_label(
    labels: Labels, scores: Scores, *, weights: NDArray[np.integer] | None = None
) -> float:
    assert weights is not None
    assert len(scores) == len(labels)
    return float(np.average(labels, weights=weights))


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
def test_order_of_rows_does_not_matter(metric: Metric) -> None:
    labels, scores, groups = world(1)
    order = np.random.Generator(np.random.PCG64(9)).permutation(len(labels))
    interval = bootstrap_interval(metric, labels, scores, groups, seed=1, resamples=50)
    shuffled = bootstrap_interval(
        metric, labels[order], scores[order], groups[order], seed=1, resamples=50
    )
    assert shuffled == interval
    pair = (scores, scores[::-1].copy())
    difference = bootstrap_difference(metric, labels, pair, groups, seed=1, resamples=50)
    mixed = (pair[0][order], pair[1][order])
    assert difference == bootstrap_difference(
        metric, labels[order], mixed, groups[order], seed=1, resamples=50
    )


def test_a_seed_repeats_and_another_differs() -> None:
    labels, scores, groups = world(2)
    once, again, other = (
        bootstrap_interval(roc_auc, labels, scores, groups, seed=seed, resamples=100)
        for seed in (7, 7, 8)
    )
    assert once == again
    assert (once.low, once.high) != (other.low, other.high)
    assert once.value == other.value


def test_interval_is_that_of_a_plain_resampling_of_rows_by_group() -> None:
    labels, scores, groups = world(3, addresses=30)
    names = sorted(set(groups.tolist()))
    rng = np.random.Generator(np.random.PCG64(5))
    values = []
    for _ in range(40):
        drawn = [names[i] for i in rng.integers(0, len(names), len(names))]
        taken = np.concatenate([np.flatnonzero(groups == name) for name in drawn])
        values.append(roc_auc(labels[taken], scores[taken]))
    interval = bootstrap_interval(roc_auc, labels, scores, groups, seed=5, resamples=40, level=0.8)
    assert interval.low == pytest.approx(np.quantile(values, 0.1))
    assert interval.high == pytest.approx(np.quantile(values, 0.9))
    assert interval == Interval(
        roc_auc(labels, scores), interval.low, interval.high, 0.8, 40, undefined=0
    )


def test_alerts_on_one_address_make_the_interval_no_narrower() -> None:
    labels, scores, groups = world(4, addresses=200, alerts=1)
    single = bootstrap_interval(roc_auc, labels, scores, groups, seed=1)
    labels, scores, groups = np.repeat(labels, 5), np.repeat(scores, 5), np.repeat(groups, 5)
    assert bootstrap_interval(roc_auc, labels, scores, groups, seed=1) == single
    by_row = bootstrap_interval(roc_auc, labels, scores, np.arange(1000), seed=1)
    assert by_row.high - by_row.low < 0.6 * (single.high - single.low)


def test_a_mean_has_the_interval_theory_gives_it() -> None:
    rng = np.random.Generator(np.random.PCG64(6))
    labels = (rng.random(2000) < 0.3).astype(np.int64)
    interval = bootstrap_interval(
        mean_label, labels, np.zeros(2000), np.arange(2000), seed=1, resamples=4000
    )
    share = float(labels.mean())
    error = 1.96 * math.sqrt(share * (1 - share) / 2000)
    assert interval.low == pytest.approx(share - error, abs=0.1 * error)
    assert interval.high == pytest.approx(share + error, abs=0.1 * error)


def test_a_higher_level_is_wider() -> None:
    labels, scores, groups = world(7)
    narrow, wide = (
        bootstrap_interval(roc_auc, labels, scores, groups, seed=1, resamples=200, level=level)
        for level in (0.5, 0.99)
    )
    assert wide.low < narrow.low < narrow.high < wide.high


def test_resamples_without_a_class_are_counted() -> None:
    interval = bootstrap_interval(roc_auc, LABELS, SCORES, GROUPS, seed=1)
    # neither of 2 illicit among 6 draws of 6, and all 6 among these 2
    expected = 1000 * ((4 / 6) ** 6 + (2 / 6) ** 6)
    assert interval.undefined == pytest.approx(expected, abs=20)
    assert interval.resamples == 1000
    assert math.isfinite(interval.low)


def test_no_resample_with_a_value_is_refused() -> None:
    labels, groups = np.array([1, 0]), np.array(["a", "b"])
    rng = np.random.Generator(np.random.PCG64(0))
    assert len(set(rng.integers(0, 2, 2).tolist())) == 1  # its one resample draws one address
    with pytest.raises(UndefinedMetricError, match="no value in any of 1 resamples"):
        bootstrap_interval(roc_auc, labels, SCORES[:2], groups, seed=0, resamples=1)


def test_difference_is_paired() -> None:
    labels, scores, groups = world(8)
    rng = np.random.Generator(np.random.PCG64(1))
    near = np.clip(scores + rng.normal(size=len(scores)) * 0.05, 0, 1)
    difference = bootstrap_difference(roc_auc, labels, (scores, near), groups, seed=1)
    alone = bootstrap_interval(roc_auc, labels, scores, groups, seed=1)
    assert difference.value == roc_auc(labels, scores) - roc_auc(labels, near)
    assert difference.high - difference.low < 0.3 * (alone.high - alone.low)


def test_difference_of_equal_scores_is_exactly_zero() -> None:
    labels, scores, groups = world(9)
    difference = bootstrap_difference(
        average_precision, labels, (scores, scores), groups, seed=1, resamples=20
    )
    assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)


def test_difference_counts_undefined_resamples_once() -> None:
    alone = bootstrap_interval(roc_auc, LABELS, SCORES, GROUPS, seed=1)
    both = bootstrap_difference(roc_auc, LABELS, (SCORES, -SCORES), GROUPS, seed=1)
    assert both.undefined == alone.undefined


def test_groups_may_be_numbers_or_objects() -> None:
    expected = bootstrap_interval(roc_auc, LABELS, SCORES, GROUPS, seed=1, resamples=20)
    for groups in (np.arange(6), GROUPS.astype(object)):
        assert bootstrap_interval(roc_auc, LABELS, SCORES, groups, seed=1, resamples=20) == expected


def test_a_metric_without_value_on_all_rows_is_refused() -> None:
    with pytest.raises(UndefinedMetricError, match="roc_auc: needs an illicit row; all 6 rows"):
        bootstrap_interval(roc_auc, np.zeros(6, np.int64), SCORES, GROUPS, seed=1)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (GROUPS[:5], r"labels, scores and groups must have one length; found \[6, 6\] and 5"),
        (np.full(6, "a"), "an interval needs at least 2 groups to draw from; found 1"),
        (
            np.array(["a", None, "c", None, "e", "f"], dtype=object),
            "groups must not be null; 2 of 6 are, first row 1",
        ),
    ],
)
def test_groups_that_cannot_be_drawn_are_refused(groups: NDArray[np.str_], message: str) -> None:
    with pytest.raises(UndefinedMetricError, match=message):
        bootstrap_interval(roc_auc, LABELS, SCORES, groups, seed=1)


def test_scores_of_another_length_are_refused() -> None:
    with pytest.raises(UndefinedMetricError, match=r"one length; found \[6, 6, 5\] and 6"):
        bootstrap_difference(roc_auc, LABELS, (SCORES, SCORES[:5]), GROUPS, seed=1)


@pytest.mark.parametrize("level", [0.0, 1.0, math.nan])
def test_a_level_out_of_range_is_refused(level: float) -> None:
    with pytest.raises(ConfigurationError, match="level must be above 0 and below 1; found"):
        bootstrap_interval(roc_auc, LABELS, SCORES, GROUPS, seed=1, level=level)


def test_no_resamples_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="resamples must be at least 1; found 0"):
        bootstrap_interval(roc_auc, LABELS, SCORES, GROUPS, seed=1, resamples=0)


def test_what_is_told_has_so_many_decimals_and_one_zero() -> None:
    told = Interval(0.12345678, -1e-9, 1e-9, level=0.95, resamples=9, undefined=1).rounded(6)
    assert told == Interval(0.123457, 0.0, 0.0, level=0.95, resamples=9, undefined=1)
    assert math.copysign(1.0, told.low) == 1.0
