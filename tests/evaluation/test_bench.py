"""What a bench measures is what the metrics say, on the draws of the bootstrap."""

from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from aml_miner.evaluation.bench import Bench, Measure, Undefined
from aml_miner.evaluation.intervals import Interval, Metric, bootstrap_interval, draw_weights
from aml_miner.evaluation.measures import CALIBRATION_METRICS
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

PAIRS: dict[str, tuple[Measure, Metric]] = {
    "average_precision": (lambda drawn: drawn.ranked.average_precision(), average_precision),
    "roc_auc": (lambda drawn: drawn.ranked.roc_auc(), roc_auc),
    "precision": (lambda drawn: drawn.ranked.precision_at_k(7), partial(precision_at_k, k=7)),
    "recall": (lambda drawn: drawn.ranked.recall_at_k(7), partial(recall_at_k, k=7)),
    "saved": (
        lambda drawn: drawn.ranked.alerts_saved_at_recall(0.8),
        partial(alerts_saved_at_recall, recall=0.8),
    ),
    "ndcg": (lambda drawn: drawn.ranked.ndcg_at_k(7), partial(ndcg_at_k, k=7)),
    "brier_score": (CALIBRATION_METRICS["brier_score"], brier_score),
    "calibration_error": (CALIBRATION_METRICS["calibration_error"], expected_calibration_error),
}
RANDOM = np.random.Generator(np.random.PCG64(4))
SCORES = RANDOM.integers(0, 12, 90) / 12
LABELS = RANDOM.random(90) < 0.1 + 0.5 * SCORES
GROUPS = np.array([f"address-{n}" for n in RANDOM.integers(0, 30, 90)])


def bench(
    labels: NDArray[np.bool_] = LABELS,
    *,
    lists: NDArray[np.str_] | None = None,
    **more: frozenset[str],
) -> Bench:
    groups = GROUPS[: len(labels)]
    return Bench(labels, labels.astype(np.int64), groups, 5, 40, 0.9, lists=lists, **more)


@pytest.mark.parametrize("name", PAIRS)
def test_measure_is_the_metric_with_its_bootstrap_interval(name: str) -> None:
    measure, metric = PAIRS[name]
    found = bench().measure({"model": SCORES}, {"model": {name: measure}})["model"].metrics[name]
    expected = bootstrap_interval(metric, LABELS, SCORES, GROUPS, seed=5, resamples=40, level=0.9)
    assert isinstance(found, Interval)
    for field in ("value", "low", "high"):
        assert getattr(found, field) == pytest.approx(getattr(expected, field), abs=1e-12)
    assert found.undefined == expected.undefined


def test_every_calibration_metric_is_held_against_its_definition() -> None:
    assert CALIBRATION_METRICS.keys() <= PAIRS.keys()


def test_calibration_error_of_kept_shares_lies_below_its_interval() -> None:
    scores = np.repeat([0.25, 0.75], 20)
    labels = np.concatenate(
        [np.tile([True, False, False, False], 5), np.tile([True, True, True, False], 5)]
    )
    kept = Bench(labels, labels.astype(np.int64), np.arange(40), 5, 200, 0.9)
    measures = {"model": {"calibration_error": CALIBRATION_METRICS["calibration_error"]}}
    found = kept.measure({"model": scores}, measures)["model"].metrics["calibration_error"]
    assert isinstance(found, Interval)
    assert 0.0 == found.value < found.low < found.high


def test_order_of_the_rows_does_not_show() -> None:
    turned = np.random.Generator(np.random.PCG64(9)).permutation(len(LABELS))
    measures = {"model": {name: measure for name, (measure, _) in PAIRS.items()}}
    other = Bench(LABELS[turned], LABELS[turned].astype(np.int64), GROUPS[turned], 5, 40, 0.9)
    found = other.measure({"model": SCORES[turned]}, measures)
    assert found["model"].metrics == bench().measure({"model": SCORES}, measures)["model"].metrics


def test_scoring_differs_from_itself_by_nothing_and_from_its_reverse_by_more() -> None:
    measures = {"auc": PAIRS["roc_auc"][0]}
    scorings = {"model": SCORES, "again": SCORES, "reverse": -SCORES}
    found = bench().measure(scorings, dict.fromkeys(scorings, measures))
    same = found["model"].minus(found["again"])["auc"]
    assert same == Interval(0.0, 0.0, 0.0, 0.9, 40, 0)
    reverse = found["model"].minus(found["reverse"])["auc"]
    assert isinstance(reverse, Interval)
    assert reverse.low > 0.0


def test_rows_of_one_class_have_only_what_needs_no_other() -> None:
    illicit = np.ones(4, np.bool_)
    asked = {"model": {name: PAIRS[name][0] for name in ("recall", "average_precision")}}
    one = bench(illicit, without_licit=frozenset({"recall"})).measure({"model": SCORES[:4]}, asked)
    assert one["model"].metrics["average_precision"] == Undefined(
        "needs illicit and licit rows; of 4 tested 4 are illicit"
    )
    assert one["model"].metrics["recall"] == Interval(1.0, 1.0, 1.0, 0.9, 40, 0)
    licit = bench(~illicit, without_licit=frozenset({"recall"}))
    metrics = licit.measure({"model": SCORES[:4]}, asked)["model"].metrics
    assert all(isinstance(measured, Undefined) for measured in metrics.values())


def test_difference_from_what_has_no_value_has_none() -> None:
    measure = {"auc": PAIRS["roc_auc"][0]}
    known = bench().measure({"model": SCORES}, {"model": measure})["model"]
    unknown = bench(LABELS[:1]).measure({"model": SCORES[:1]}, {"model": measure})["model"]
    reason = Undefined("an interval needs at least 2 groups to draw from; found 1.")
    assert known.minus(unknown) == unknown.minus(known) == {"auc": reason}


def test_recall_of_a_threshold_counts_tied_rows_by_their_share() -> None:
    labels, scores = np.array([1, 1, 1, 0]), np.array([0.9, 0.5, 0.5, 0.5])
    judge = Bench(labels, labels, np.array(["a", "b", "c", "d"]), 1, 5, 0.9)
    measures = {"model": {"recall": lambda drawn: drawn.recall_of(0.5, 0.25)}}
    found = judge.measure({"model": scores}, measures)["model"].metrics["recall"]
    assert isinstance(found, Interval)
    assert found.value == pytest.approx(1.5 / 3)


def test_lists_are_judged_apart_in_every_draw() -> None:
    lists = np.array([f"day {n}" for n in RANDOM.integers(0, 4, 90)])
    measures = {"model": {"ndcg": lambda drawn: drawn.mean_ndcg_at_k(3)}}
    judge = bench(lists=lists)
    found = judge.measure({"model": SCORES}, measures)["model"]
    relevance, codes = LABELS.astype(int), np.unique(GROUPS, return_inverse=True)[1]
    for weights, value in zip(draw_weights(codes, 5, 40), found.values["ndcg"], strict=True):
        drawn = np.repeat(np.arange(90), weights)
        expected = mean_ndcg_at_k(relevance[drawn], SCORES[drawn], 3, lists[drawn])
        assert value == pytest.approx(expected, abs=1e-12)
    whole = found.metrics["ndcg"]
    assert isinstance(whole, Interval)
    assert whole.value == pytest.approx(mean_ndcg_at_k(relevance, SCORES, 3, lists), abs=1e-12)
    together = bench().measure({"model": SCORES}, measures)["model"].metrics["ndcg"]
    assert isinstance(together, Interval)
    assert together.value == pytest.approx(ndcg_at_k(relevance, SCORES, 3), abs=1e-12)
