"""Models are judged on rows of groups they never saw, and the report says how."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from aml_miner.config.model_config import (
    CalibrationParameters,
    EvaluationParameters,
    ModelConfig,
)
from aml_miner.evaluation.bench import Undefined
from aml_miner.evaluation.evaluation import _measures
from aml_miner.evaluation.intervals import Interval, bootstrap_difference
from aml_miner.evaluation.measures import RANKING_METRICS
from aml_miner.evaluation.metrics import mean_ndcg_at_k, ndcg_at_k, roc_auc
from aml_miner.models.calibration import Calibration
from aml_miner.models.metadata import Kind
from aml_miner.training import assessment
from aml_miner.training.assessment import (
    METRICS,
    Judge,
    _address_spread,
    _beaten,
    assess,
    usable_folds,
    within_batches,
)
from aml_miner.training.rows import LabelledRows
from aml_miner.training.train_alert_scorer import fit_alert_scorer

type MakeRows = Callable[..., LabelledRows]
PARAMETERS = EvaluationParameters(
    cv_folds=5, rolling_origins=1, embargo_days=0, bootstrap_resamples=50, interval_level=0.9
)


def velocity(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
    """Judge by one feature, and check what may be learned from."""
    for tokens in ("owners", "ties"):
        learned, tested = (set(rows.keys[tokens].explode()) - {None} for rows in (train, test))
        assert not learned & tested
    return test.features["velocity"].to_numpy()


JUDGES: dict[Kind, Judge] = {"alert_scorer": velocity}


def test_report_counts_rows_groups_and_folds(rows: LabelledRows) -> None:
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    assert (found.rows, found.positives, found.groups) == (200, 50, 200)
    assert (found.largest_group, found.straddling) == (1, 0)
    assert (found.folds, found.tested_rows, found.split) == (5, 200, "grouped")
    assert list(found.metrics) == ["auc", *RANKING_METRICS, "ndcg_at_10"]
    assert list(found.baselines) == ["alert_confidence", "volume", "logistic_regression"]
    assert list(found.differences) == list(found.baselines)
    assert found.notes == ()


def test_metrics_are_over_all_tested_rows(rows: LabelledRows) -> None:
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    scores = rows.features["velocity"].to_numpy()
    auc = found.metrics["auc"]
    assert isinstance(auc, Interval)
    assert auc.value == round(roc_auc(rows.labels, scores), 6)
    assert auc.low < auc.value < auc.high


def test_differences_are_those_of_a_paired_bootstrap(rows: LabelledRows) -> None:
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    scores = rows.features["velocity"].to_numpy(), rows.keys["volume_usd"].to_numpy()
    assert found.differences["volume"]["auc"] == bootstrap_difference(
        roc_auc, rows.labels, scores, rows.keys["address"].to_numpy(),
        seed=1, resamples=50, level=0.9,
    ).rounded(6)  # fmt: skip


def test_split_by_time_is_said(make_rows: MakeRows) -> None:
    dates = [date(2025, 11, 20 + n % 2) for n in range(80)]
    rows = make_rows([n % 3 == 0 for n in range(80)], dates=dates)
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    assert found.split == "grouped and by time"
    assert found.tested_rows == 40
    assert found.notes == ()


def test_few_rows_behind_the_cut_in_time_are_said(make_rows: MakeRows) -> None:
    dates = [date(2025, 11, 21 if n % 10 == 0 else 20) for n in range(80)]
    rows = make_rows([n % 3 == 0 for n in range(80)], dates=dates)
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    assert found.notes == (
        "8 of 80 rows tested: split by time, only the latest dates are; "
        "batches of more dates would leave more",
    )


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
    assert found.largest_group == 10
    assert found.tested_rows == 20
    reason = Undefined("needs illicit and licit rows; of 20 tested 0 are illicit")
    assert set(found.metrics.values()) == {reason}
    assert found.differences["volume"]["auc"] == reason


def test_group_of_most_rows_is_flagged(make_rows: MakeRows) -> None:
    owners = ["giant"] * 16 + [f"o{n}" for n in range(14)]
    found = assess(JUDGES, make_rows([n % 2 == 0 for n in range(30)], owners), PARAMETERS, seed=1)
    assert found["alert_scorer"].notes[0] == (
        "not to be relied on: one group has 16 of 30 rows, so most rows are judged by models that learned from few"
    )


def test_rows_between_folds_are_counted(make_rows: MakeRows) -> None:
    owners = ["a", "b", "o", "o", "o", "c", "d", "e"]
    rows = make_rows([n % 2 == 0 for n in range(8)], owners, ties=["p"] * 4 + ["q"] * 4)
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    assert (found.straddling, found.tested_rows) == (1, 7)
    assert found.notes[-1] == (
        "1 of 8 rows not tested: they have owners or patterns in several folds, "
        "and are not learned from where one of these is tested"
    )


def test_later_model_stands_beside_the_places_of_the_earlier_one(rows: LabelledRows) -> None:
    """Judged alike, the places of the one are the scores of the other."""

    def places(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        return within_batches(velocity(train, test), test)

    found = assess({"alert_scorer": velocity, "alert_ranker": places}, rows, PARAMETERS, seed=1)
    assert "alert_scorer" not in found["alert_scorer"].baselines
    ranker = found["alert_ranker"]
    assert ranker.baselines["alert_scorer"] == ranker.metrics
    auc = ranker.differences["alert_scorer"]["auc"]
    assert isinstance(auc, Interval)
    assert (auc.value, auc.low, auc.high) == (0.0, 0.0, 0.0)
    assert ranker.notes == ()


def test_baselines_of_a_ranker_are_places_in_their_batches_too(make_rows: MakeRows) -> None:
    """A ranker that orders as the confidence does is not worse than it for knowing nothing of other batches."""
    batches = ["calm" if n % 2 else "wild" for n in range(120)]
    rows = make_rows([n % 8 in {1, 2, 4, 6} for n in range(120)], batches=batches)
    wild = (rows.keys["batch"] == "wild").cast(pl.Float64)
    rows = LabelledRows(
        rows.features, rows.keys.with_columns(confidence=(pl.col("confidence") + wild) / 2)
    )

    def ranker(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        del train
        return within_batches(test.keys["confidence"].to_numpy(), test)

    found = assess({"alert_ranker": ranker}, rows, PARAMETERS, seed=1)["alert_ranker"]
    assert found.baselines["alert_confidence"] == found.metrics
    as_scorer = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"]
    assert as_scorer.baselines["alert_confidence"]["auc"] != found.metrics["auc"]


def test_model_a_baseline_beats_is_said_to_be_worse(rows: LabelledRows) -> None:
    def backwards(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        return -velocity(train, test)

    found = assess({"alert_scorer": backwards}, rows, PARAMETERS, seed=1)["alert_scorer"]
    (note,) = (note for note in found.notes if note.startswith("worse than logistic_regression"))
    assert {"auc", "average_precision", "ndcg_at_10"} <= set(re.split(r"[, ]+", note))


def test_metric_of_both_is_measured_by_training_and_by_evaluation() -> None:
    assert RANKING_METRICS.items() <= METRICS.items()
    assert RANKING_METRICS.items() <= _measures(100).items()


def test_worse_is_higher_where_a_lower_value_is_better() -> None:
    def apart(low: float, high: float) -> Interval:
        return Interval((low + high) / 2, low, high, 0.95, 50, 0)

    higher, lower = apart(0.1, 0.2), apart(-0.2, -0.1)
    measured = {"auc": higher, "brier_score": higher}, {"auc": lower, "brier_score": lower}
    told = _beaten(dict(zip(("above", "below"), measured, strict=True)))
    assert list(told) == ["worse than above in brier_score", "worse than below in auc"]


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
    """Labels drawn at random cannot be predicted, through folds, early stopping and calibration alike."""
    labels = np.random.Generator(np.random.PCG64(6)).permutation([n % 2 == 0 for n in range(3_000)])

    def judge(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        return fit_alert_scorer(train, quick_config.scorer, 7).raw_scores(test.features)

    rows = make_rows(labels.tolist(), signal=0.0)
    found = assess({"alert_scorer": judge}, rows, PARAMETERS, 1, quick_config.calibration)
    metrics = found["alert_scorer"].metrics
    auc, error = metrics["auc"], metrics["calibration_error"]
    assert isinstance(auc, Interval)
    assert isinstance(error, Interval)
    assert auc.value == pytest.approx(0.5, abs=0.03)
    assert error.value < 0.03


def test_labels_found_out_after_the_origin_are_not_learned(make_rows: MakeRows) -> None:
    """Every illicit row is found out on the day after the origin: none is learned, and all are tested by."""
    days = [date(2025, 11, 20 + n % 2) for n in range(80)]
    rows = make_rows([n % 3 == 0 for n in range(80)], dates=days)
    known_on = date(2025, 11, 22)
    learned: list[int] = []

    def labels_on(keys: pl.DataFrame, day: date) -> pl.DataFrame | None:
        if day >= known_on:
            return None
        nothing = {"label": False, "grade": pl.lit(0, pl.UInt8), "weight": 1.0}
        return keys.with_columns(**nothing).select(nothing.keys())

    def judge(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        learned.append(train.positives)
        return test.features["velocity"].to_numpy()

    late = replace(rows, labels_on=labels_on)
    found = assess({"alert_scorer": judge}, late, PARAMETERS, 1)
    assert learned == []  # nothing illicit was known, so every fold has one class
    assert found["alert_scorer"].notes[0] == "5 of 5 folds left out: one class only to learn from"
    known_on = date(2025, 11, 21)
    found = assess({"alert_scorer": judge}, late, PARAMETERS, 1)
    assert min(learned) > 0
    assert found["alert_scorer"].tested_rows == 40


def test_embargo_the_dates_do_not_allow_is_said(make_rows: MakeRows) -> None:
    days = [date(2025, 11, 20 + n % 2) for n in range(80)]
    rows = make_rows([n % 3 == 0 for n in range(80)], dates=days)
    asked = PARAMETERS.model_copy(update={"embargo_days": 7})
    found = assess(JUDGES, rows, asked, seed=1)["alert_scorer"]
    assert found.embargo_days == 0
    assert found.notes == ("embargo of 0 days instead of 7: the dates allow no more",)


def test_transfers_on_both_sides_are_said(make_rows: MakeRows) -> None:
    days = [date(2025, 11, 1 + n % 20) for n in range(400)]
    rows = make_rows([n % 3 == 0 for n in range(400)], dates=days, window_days=5)
    both = "transfers are on both sides: the windows have up to 5 days, the embargo"
    for asked, embargo, notes in ((None, 4, ()), (2, 2, (f"{both} 2",)), (4, 4, ())):
        parameters = PARAMETERS.model_copy(update={"embargo_days": asked})
        found = assess(JUDGES, rows, parameters, seed=1)["alert_scorer"]
        assert (found.embargo_days, found.notes) == (embargo, notes)
    wider = make_rows([n % 3 == 0 for n in range(400)], dates=days, window_days=30)
    found = assess(JUDGES, wider, parameters.model_copy(update={"embargo_days": None}), seed=1)
    assert found["alert_scorer"].notes == (
        "embargo of 9 days instead of 29: the dates allow no more",
        "transfers are on both sides: the windows have up to 30 days, the embargo 9",
    )


def test_severity_is_a_baseline_where_a_feature_holds_it(rows: LabelledRows) -> None:
    level = pl.Series("severity_level", [None, 0, 1, 2, 3] * 40, dtype=pl.Int8)
    severe = replace(rows, features=rows.features.with_columns(level))
    found = assess(JUDGES, severe, PARAMETERS, seed=1)["alert_scorer"]
    auc = found.baselines["severity"]["auc"]
    assert isinstance(auc, Interval)
    assert auc.value == round(roc_auc(rows.labels, level.fill_null(-1).to_numpy()), 6)


def test_ndcg_is_the_mean_over_the_batches(make_rows: MakeRows) -> None:
    batches = ["large" if n < 160 else f"small {n % 4}" for n in range(200)]
    rows = make_rows([n % 4 == 0 for n in range(200)], batches=batches, signal=0.5)
    found = assess(JUDGES, rows, PARAMETERS, seed=1)["alert_scorer"].metrics["ndcg_at_10"]
    assert isinstance(found, Interval)
    scores, batch = rows.features["velocity"].to_numpy(), rows.keys["batch"].to_numpy()
    assert found.value == round(mean_ndcg_at_k(rows.grades, scores, 10, batch), 6)
    assert found.value != round(ndcg_at_k(rows.grades, scores, 10), 6)


def test_calibration_is_judged_on_folds_it_was_not_fitted_to(
    rows: LabelledRows, quick_config: ModelConfig
) -> None:
    def overconfident(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        return 20.0 * velocity(train, test)

    asked = quick_config.calibration
    found = assess({"alert_scorer": overconfident}, rows, PARAMETERS, 1, asked)["alert_scorer"]
    plain = assess({"alert_scorer": overconfident}, rows, PARAMETERS, 1)["alert_scorer"]
    assert found.calibration is not None
    assert (found.calibration.method, found.calibration.rows) == ("platt", 200)
    assert "calibration" not in found.to_dict()
    error = found.metrics["calibration_error"]
    assert isinstance(error, Interval)
    assert error.value < 0.15
    assert list(found.baselines["volume"]) == list(plain.metrics)  # dollars promise no share
    assert plain.calibration is None
    assert {name: found.metrics[name] for name in plain.metrics} == plain.metrics


def test_spread_is_that_of_the_shares_of_one_address(rows: LabelledRows) -> None:
    pairs = rows.keys.with_columns(address=pl.Series([f"a{n // 2}" for n in range(len(rows))]))
    shares = np.tile([0.2, 0.4], len(rows) // 2)
    assert _address_spread(LabelledRows(rows.features, pairs), shares) == pytest.approx(0.1)
    assert _address_spread(rows, shares) is None


def test_place_in_batch_does_not_know_other_batches(make_rows: MakeRows) -> None:
    rows = make_rows([False] * 6, batches=["a", "a", "a", "b", "b", "b"])
    scores = np.array([0.1, 0.3, 0.2, 9.0, 8.0, 9.0])
    expected = [0.5 / 3, 2.5 / 3, 1.5 / 3, 2 / 3, 0.5 / 3, 2 / 3]  # the tied 9.0 share 2nd and 3rd
    assert within_batches(scores, rows).tolist() == pytest.approx(expected)


def test_calibration_learns_of_no_tested_address_and_of_no_later_day(
    make_rows: MakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three origins: each row's share comes from other groups, and from days before the first tested beside it."""
    days = [date(2025, 11, 1 + n % 12) for n in range(600)]
    rows = make_rows(
        [n % 3 == 0 for n in range(600)], owners=[f"o{n % 50}" for n in range(600)], dates=days
    )
    keys = dict(
        zip(
            rows.features["velocity"].to_list(),
            rows.keys.select(pl.col("owners").list.first(), "processing_date").rows(),
            strict=True,
        )
    )
    fitted: list[set[tuple[str, date]]] = []
    fit = assessment.fit_calibration

    def looked_at(
        scores: NDArray[np.float64], labels: NDArray[np.bool_], parameters: CalibrationParameters
    ) -> Calibration | None:
        fitted.append({keys[score] for score in scores.tolist()})
        return fit(scores, labels, parameters)

    monkeypatch.setattr(assessment, "fit_calibration", looked_at)
    three = PARAMETERS.model_copy(update={"rolling_origins": 3})
    platt = CalibrationParameters(method="platt", isotonic_minimum_rows=1_000)
    folds = usable_folds(rows, three, 1)
    assess(JUDGES, rows, three, 1, platt)
    assert len(folds) == len(fitted) - 1 == 15  # the last is fitted to all
    first = min(fold.origin for fold in folds if fold.origin)
    for fold, learned in zip(folds, fitted, strict=False):
        tested = {keys[score] for score in rows.take(fold.test).features["velocity"].to_list()}
        assert learned
        assert not {owner for owner, _ in learned} & {owner for owner, _ in tested}
        latest, origin = max(day for _, day in learned), fold.origin
        assert origin
        assert latest < origin or origin == first
