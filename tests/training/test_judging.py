"""Scores, outcomes and baselines of one alert come to stand in one row."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from aml_miner.batch.batch import Batch
from aml_miner.errors import InvalidBatchError
from aml_miner.evaluation.results import ScoredResults
from aml_miner.training.judging import OWN_LINE, Beside, judge_alerts, judge_clusters
from aml_miner.training.labels import label_alerts
from aml_miner.training.truth import Truth, check_truth

SCORE = {"alert-1": 0.7, "alert-2": 0.9, "alert-3": 0.1, "alert-4": 0.2, "alert-5": 0.3}


@pytest.fixture
def results(batch: Batch) -> ScoredResults:
    """The six alerts in reverse; the two of "alert-2" have 0.9 and 0.4."""
    scores = batch.alerts.select("processing_date", "alert_id", "address").with_columns(
        network=pl.lit("torus"), score=pl.col("alert_id").replace_strict(SCORE)
    )
    second = pl.int_range(pl.len()) == 2
    scores = scores.with_columns(score=pl.when(second).then(0.4).otherwise("score")).reverse()
    ranks = scores.select("alert_id", rank=pl.col("score").rank("ordinal", descending=True))
    clusters = batch.clusters.select("cluster_id", score=pl.Series([0.5, 0.75, 0.25])).reverse()
    return ScoredResults(scores, ranks, clusters)


@pytest.fixture
def given() -> Truth:
    return check_truth(pl.DataFrame({"address": ["collector"], "is_illicit": [True]}))


def test_results_alone_are_judged_by_network(results: ScoredResults, given: Truth) -> None:
    judged = judge_alerts(results, given, Beside())
    assert judged.rows["id"].to_list() == [
        "alert-1", "alert-2", "alert-2", "alert-3", "alert-4", "alert-5",
    ]  # fmt: skip
    assert judged.rows["label"].to_list() == [False, True, True, False, False, False]
    assert list(judged.scorings) == ["alert_scorer", "alert_ranker"]
    assert judged.scorings["alert_ranker"].tolist() == [-2, -1, -3, -6, -5, -4]
    assert list(judged.segments) == ["network"]
    assert judged.probabilities == {"alert_scorer"}


def test_columns_of_the_batch_stand_beside_the_right_alert(
    results: ScoredResults, given: Truth, batch: Batch
) -> None:
    judged = judge_alerts(results, given, Beside(batch))
    assert judged.scorings["severity"].tolist() == [2, 3, 1, 1, 0, 3]
    confidence = judged.scorings["alert_confidence"].tolist()
    assert confidence == [0.75, 0.9375, 0.625, 0.625, 0.5, 1.0]  # of alert-2 the higher first
    assert judged.scorings["volume"][1] == 120_000
    assert judged.segments["typology_type"][1] == "MOTIF_FANIN"
    first_seen = judged.segments["first_seen"].to_list()
    assert first_seen == ["before", "before", "before", "in this window", None, None]
    assert judged.probabilities == {"alert_scorer", "alert_confidence", OWN_LINE}


def test_severity_nobody_knows_is_opened_last(
    results: ScoredResults, given: Truth, batch: Batch
) -> None:
    from dataclasses import replace

    strange = replace(batch, alerts=batch.alerts.with_columns(severity=pl.lit("odd")))
    assert set(judge_alerts(results, given, Beside(strange)).scorings["severity"]) == {-1.0}


def test_previous_model_is_matched_by_alert(results: ScoredResults, given: Truth) -> None:
    scores = results.alert_scores.with_columns(score=1.0 - pl.col("score")).reverse()
    judged = judge_alerts(results, given, Beside(previous=ScoredResults(scores)))
    expected = [0.3, 0.6, 0.1, 0.9, 0.8, 0.7]  # of a repeated id the higher beside the higher
    assert judged.scorings["previous_model"].tolist() == pytest.approx(expected)


def test_results_of_another_batch_are_refused(
    results: ScoredResults, given: Truth, batch: Batch
) -> None:
    from dataclasses import replace

    other = replace(batch, alerts=batch.alerts.filter(pl.col("alert_id") != "alert-4"))
    with pytest.raises(InvalidBatchError, match=r"1 of 6 are not .*first 'alert-4'"):
        judge_alerts(results, given, Beside(other))


def test_clusters_are_judged_beside_their_batch(
    results: ScoredResults, given: Truth, batch: Batch
) -> None:
    assert judge_clusters(results, given, Beside()) is None
    judged = judge_clusters(results, given, Beside(batch, previous=results))
    assert judged is not None
    assert judged.rows["id"].to_list() == ["cluster-1", "cluster-2", "cluster-3"]
    assert judged.rows["label"].to_list() == [True, True, None]
    assert judged.scorings["cluster_scorer"].tolist() == [0.5, 0.75, 0.25]
    assert judged.scorings["previous_model"].tolist() == [0.5, 0.75, 0.25]


def test_logistic_regression_learns_from_other_batches(
    make_world: Callable[..., Batch], truth: Truth
) -> None:
    learned, asked = make_world(0), make_world(1)
    scores = asked.alerts.select("processing_date", "alert_id", "address", score=pl.lit(0.5))
    clusters = asked.clusters.select("cluster_id", score=pl.lit(0.5))
    results = ScoredResults(scores, None, clusters)
    beside = Beside(asked, learned=[learned], learned_truth=truth)
    judged = judge_alerts(results, truth, beside)
    line = judged.scorings["logistic_regression"]
    illicit = judged.rows["label"].to_numpy()
    assert line[illicit].mean() > line[~illicit].mean() + 0.5
    assert set(judged.segments["address"]) == {"learned from"}
    judged_clusters = judge_clusters(results, truth, beside)
    assert judged_clusters is not None
    assert np.isfinite(judged_clusters.scorings["logistic_regression"]).all()


def test_without_other_batches_it_learns_from_this_one_out_of_fold(
    make_world: Callable[..., Batch], truth: Truth
) -> None:
    """Every score stands beside its own alert, in whatever order results are, and an unlabelled one has the share."""
    batch = make_world(0)
    named = batch.alerts.select("alert_id", "processing_date", confirmed_illicit=pl.lit(value=True))
    labels = label_alerts(batch.alerts, truth)["label"]
    known = check_truth(named.with_columns(confirmed_illicit=labels).tail(-1))
    scores = batch.alerts.select("processing_date", "alert_id", "address", score=pl.lit(0.5))
    clusters = batch.clusters.select("cluster_id", score=pl.lit(0.5))
    lines = []
    for order in (scores, scores.reverse()):
        judged = judge_alerts(ScoredResults(order), known, Beside(batch))
        line = pl.Series("line", judged.scorings[OWN_LINE])
        lines.append(judged.rows.select("id", "label").with_columns(line).sort("id"))
    assert lines[0].equals(lines[1])
    first, *others = lines[0].iter_rows()
    assert first[1:] == (None, labels[1:].mean())
    told = pl.DataFrame(others, schema=["id", "label", "line"], orient="row")
    means = dict(told.group_by("label").agg(pl.col("line").mean()).iter_rows())
    assert means[True] > means[False] + 0.3
    judged_clusters = judge_clusters(ScoredResults(scores, None, clusters), truth, Beside(batch))
    assert judged_clusters is not None
    assert OWN_LINE in judged_clusters.probabilities
