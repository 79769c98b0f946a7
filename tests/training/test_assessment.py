"""Models are judged on rows of groups they never saw, and the report says how."""

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from aml_miner.config.model_config import EvaluationParameters, ModelConfig
from aml_miner.evaluation.intervals import Interval, bootstrap_difference
from aml_miner.evaluation.metrics import roc_auc
from aml_miner.models.metadata import Kind
from aml_miner.training.assessment import Judge, assess, within_batches
from aml_miner.training.report import TrainingReport, Undefined, report_lines
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_alert_scorer import fit_alert_scorer

type MakeRows = Callable[..., LabelledRows]
PARAMETERS = EvaluationParameters(cv_folds=5, bootstrap_resamples=50, interval_level=0.9)


def velocity(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
    """Judge by one feature, and check what may be learned from."""
    assert not set(train.keys["group"]) & set(test.keys["group"])
    return test.features["velocity"].to_numpy()


JUDGES: dict[Kind, Judge] = {"alert_scorer": velocity}


def test_report_counts_rows_groups_and_folds(rows: LabelledRows) -> None:
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    assert (found.rows, found.positives, found.groups) == (200, 50, 200)
    assert (found.folds, found.tested_rows, found.split) == (5, 200, "grouped")
    assert list(found.metrics) == ["auc", "average_precision", "ndcg_at_10"]
    assert list(found.baselines) == ["alert_confidence", "volume", "logistic_regression"]
    assert list(found.differences) == list(found.baselines)
    assert found.notes == ()


def test_metrics_are_over_all_tested_rows(rows: LabelledRows) -> None:
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    scores = rows.features["velocity"].to_numpy()
    auc = found.metrics["auc"]
    assert isinstance(auc, Interval)
    assert auc.value == roc_auc(rows.labels, scores)
    assert auc.low < auc.value < auc.high


def test_differences_are_those_of_a_paired_bootstrap(rows: LabelledRows) -> None:
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    scores = rows.features["velocity"].to_numpy(), rows.keys["volume_usd"].to_numpy()
    assert found.differences["volume"]["auc"] == bootstrap_difference(
        roc_auc, rows.labels, scores, rows.keys["address"].to_numpy(),
        seed=1, resamples=50, level=0.9,
    )  # fmt: skip


def test_split_by_time_is_said(make_rows: MakeRows) -> None:
    dates = [date(2025, 11, 20 + n % 2) for n in range(80)]
    rows = make_rows([n % 3 == 0 for n in range(80)], dates=dates)
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    assert found.split == "grouped and by time"
    assert found.tested_rows == 40


def test_fewer_groups_than_folds_are_said(make_rows: MakeRows) -> None:
    labels = [n % 2 == 0 for n in range(30)]
    rows = make_rows(labels, [f"g{n % 3}" for n in range(30)])
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    assert found.folds == 3
    assert found.notes == ("3 folds instead of 5: there are no more groups",)


def test_fold_with_one_class_to_learn_from_is_left_out(make_rows: MakeRows) -> None:
    labels = [n < 10 for n in range(30)]
    groups = ["illicit" if label else f"g{n}" for n, label in enumerate(labels)]
    found = assess(JUDGES, make_rows(labels, groups), PARAMETERS, seed=1)["alert_scorer"]
    assert found.notes == ("1 of 5 folds left out: one class only to learn from",)
    assert found.tested_rows == 20
    reason = Undefined("needs illicit and licit rows; of 20 tested 0 are illicit")
    assert set(found.metrics.values()) == {reason}
    assert found.differences["volume"]["auc"] == reason


def test_metric_without_an_interval_is_undefined(make_rows: MakeRows) -> None:
    rows = make_rows([n % 2 == 0 for n in range(30)])
    one = LabelledRows(rows.features, rows.keys.with_columns(address=pl.lit("everybody")))
    found = assess(JUDGES, one, PARAMETERS, seed=1)["alert_scorer"]
    reason = Undefined("an interval needs at least 2 groups to draw from; found 1.")
    assert set(found.metrics.values()) == {reason}


def test_rows_of_one_group_are_not_measured_and_it_is_said(make_rows: MakeRows) -> None:
    rows = make_rows([n % 2 == 0 for n in range(30)], ["g"] * 30)
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    assert (found.folds, found.tested_rows) == (0, 0)
    assert found.notes == ("not measured: all rows belong to 1 group(s), and a test needs 2",)
    assert all(isinstance(measured, Undefined) for measured in found.metrics.values())


def test_permuted_labels_leave_nothing_to_learn(
    make_rows: MakeRows, quick_config: ModelConfig
) -> None:
    """A smoke test of leaks: labels drawn at random must not be predictable."""
    labels = np.random.Generator(np.random.PCG64(6)).permutation([n % 2 == 0 for n in range(200)])

    def judge(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        return fit_alert_scorer(train, quick_config.scorer, 7).predict(test.features)

    rows = make_rows(labels.tolist(), signal=0.0)
    auc = assess({"alert_scorer": judge}, rows, PARAMETERS, 1)["alert_scorer"].metrics["auc"]
    assert isinstance(auc, Interval)
    assert 0.35 < auc.value < 0.65


def test_place_in_batch_does_not_know_other_batches(make_rows: MakeRows) -> None:
    rows = make_rows([False] * 6, batches=["a", "a", "a", "b", "b", "b"])
    scores = np.array([0.1, 0.3, 0.2, 9.0, 8.0, 9.0])
    expected = [0.5 / 3, 2.5 / 3, 1.5 / 3, 2 / 3, 0.5 / 3, 2 / 3]  # the tied 9.0 share 2nd and 3rd
    assert within_batches(scores, rows).tolist() == pytest.approx(expected)


def test_report_is_told_in_lines_and_as_json(rows: LabelledRows) -> None:
    report = TrainingReport(1, assess(JUDGES, rows, PARAMETERS, seed=1))
    lines = list(report_lines(report))
    assert lines[0] == (
        "alert_scorer: 200 rows, 50 illicit, 200 groups; 200 tested in 5 folds (grouped)"
    )
    assert [line.split()[0] for line in lines[1:]] == [
        "auc", "model", "alert_confidence", "volume", "logistic_regression",
    ]  # fmt: skip
    document = report.to_dict()
    assert document["seed"] == 1
    assert isinstance(document["models"], dict)


def test_undefined_metric_and_notes_are_told(make_rows: MakeRows) -> None:
    rows = make_rows([n % 2 == 0 for n in range(30)], ["g"] * 30)
    lines = list(report_lines(TrainingReport(1, assess(JUDGES, rows, PARAMETERS, seed=1))))
    assert lines[2].split() == ["model", "undefined", "undefined", "undefined"]
    assert lines[-1] == "  not measured: all rows belong to 1 group(s), and a test needs 2"
