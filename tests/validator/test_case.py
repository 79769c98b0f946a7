"""A submission meets its batch: what is judged, and what does not belong together."""

from datetime import date

import polars as pl
import pytest

from aml_miner.batch.batch import make_batch
from aml_miner.batch.schemas import CLUSTERS, FEATURES
from aml_miner.errors import InvalidBatchError
from aml_miner.validator.case import Evidence, make_case, released_versions
from tests.validator.cases import batch_of, batch_of_rows, case_of, labels_of, submission_of

SCORES = {"b": 0.75, "a": 0.25}


def test_judged_alerts_are_those_of_both_sides_sorted() -> None:
    case = case_of(SCORES | {"z": 0.5}, {"a": "x", "b": "y", "c": "z"}, confidences={"a": 0.75})
    assert case.alerts.rows() == [("a", 0.25, "x", 0.75), ("b", 0.75, "y", 0.5)]
    assert case.scores.tolist() == [0.25, 0.75]


def test_an_alert_the_batch_repeats_is_judged_once_at_its_highest_confidence() -> None:
    alert = batch_of({"a": "x"}).alerts.row(0, named=True)
    batch = batch_of_rows([alert, alert | {"alert_confidence_score": 0.875}])
    case = make_case(submission_of({"a": 0.5}), batch)
    assert case.alerts.rows() == [("a", 0.5, "x", 0.875)]


def test_a_batch_without_alerts_is_a_case() -> None:
    assert case_of({}).alerts.height == 0
    empty = make_batch(
        {"alerts": batch_of({}).alerts, "features": FEATURES.empty(), "clusters": CLUSTERS.empty()}
    )
    case = make_case(submission_of({}), empty)
    assert (case.processing_date, case.window_days) == (None, None)


def test_date_and_window_are_read_from_the_alerts_where_nothing_else_says_them() -> None:
    batch = batch_of({"a": "x"})
    tables = {"alerts": batch.alerts, "features": batch.features, "clusters": batch.clusters}
    case = make_case(submission_of({"a": 0.5}), make_batch(tables))
    assert (case.processing_date, case.window_days) == (date(2025, 11, 20), 30)
    twice = pl.concat([batch.alerts, batch.alerts.with_columns(window_days=pl.lit(7, pl.UInt16))])
    with pytest.raises(InvalidBatchError, match="'window_days' must be one; found 2, from 7 to 30"):
        make_case(submission_of({"a": 0.5}), make_batch(tables | {"alerts": twice}))


@pytest.mark.parametrize("role", ["own", "other", "baseline"])
def test_a_submission_of_another_day_or_window_is_refused(role: str) -> None:
    for wrong, message in (
        (submission_of(SCORES, day=date(2025, 11, 21)), "'processing_date' is 2025-11-21, the"),
        (submission_of(SCORES, window_days=7), "mine: 'window_days' is 7, the batch's is 30"),
    ):
        evidence = {"other": {"others": [wrong]}, "baseline": {"baseline": wrong}}.get(role, {})
        with pytest.raises(InvalidBatchError, match=message):
            case_of(SCORES, submission=wrong if role == "own" else None, **evidence)


def test_a_submission_that_says_no_day_is_taken_at_its_word() -> None:
    unsaid = submission_of(SCORES, day=None, window_days=None)
    assert case_of(SCORES, submission=unsaid, previous=unsaid).alerts.height == 2


@pytest.mark.parametrize("day", [date(2025, 11, 20), date(2025, 11, 21)])
def test_previous_results_of_no_earlier_day_are_refused(day: date) -> None:
    with pytest.raises(InvalidBatchError, match="must be of a date before 2025-11-20"):
        case_of(SCORES, previous=submission_of(SCORES, day=day))


def test_evidence_names_what_is_given() -> None:
    assert Evidence().given() == frozenset()
    given = Evidence(labels=labels_of([]), others=[submission_of(SCORES)]).given()
    assert given == {"labels", "others"}


def test_released_versions_are_read_from_the_package() -> None:
    assert all(len(version) == 12 for version in released_versions())
    assert Evidence().released == released_versions()
