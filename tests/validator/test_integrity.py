"""Checks of form by hand: each is met by a sound submission and missed by the fault it is for."""

import math
from dataclasses import replace

import pytest

from aml_miner.validator.finding import Finding
from aml_miner.validator.submission import Receipt, make_submission
from tests.validator.cases import RISK, TIERS, batch_of_rows, case_of, check_of, submission_of

ALERTS = {"a": "at-a", "b": "at-b"}
SOUND: dict[str, float | None] = {"a": 0.25, "b": 0.75}


def found(
    name: str, scores: dict[str, float | None], *, profile: str = RISK, **columns: object
) -> Finding:
    case = case_of(scores, ALERTS, submission=submission_of(scores, **columns))
    return check_of(name, profile).find(case)


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("every_alert_scored", RISK),
        ("scores_in_range", RISK),
        ("no_repeated_alert", RISK),
        ("provenance", RISK),
        ("required_columns", TIERS),
        ("score_spread", TIERS),
        ("cardinality", TIERS),
    ],
)
def test_a_sound_submission_meets_every_check(name: str, profile: str) -> None:
    finding = found(name, SOUND, profile=profile)
    assert (finding.value, finding.coverage, finding.remedy) == (1.0, 1.0, "")
    assert not finding.assumed


def test_an_alert_without_a_score_is_missed() -> None:
    finding = found("every_alert_scored", {"a": 0.25})
    assert finding.value == 0.0
    assert finding.detail == "1 (first 'b') of 2 alerts not scored, 0 ids not of the batch"


def test_ids_are_compared_and_not_their_number() -> None:
    finding = found("every_alert_scored", {"a": 0.25, "z": 0.75})
    assert finding.value == 0.0
    assert finding.numbers == {"missing": 1, "extra": 1}
    assert "published check compares their number alone and would not see it" in finding.detail


def test_an_id_that_is_not_of_the_batch_is_missed() -> None:
    finding = found("every_alert_scored", SOUND | {"z": 0.5})
    assert finding.value == 0.0
    assert "1 (first 'z') ids not of the batch" in finding.detail


@pytest.mark.parametrize("score", [math.nan, None, -0.001, 1.001, math.inf])
def test_a_score_that_is_no_probability_is_out_of_range(score: float | None) -> None:
    finding = found("scores_in_range", {"a": 0.25, "b": score})
    assert finding.value == 0.0
    assert finding.detail.startswith("1 of 2 scores are not from 0 to 1, first alert_id 'b': ")


def test_scores_of_0_and_1_are_in_range() -> None:
    assert found("scores_in_range", {"a": 0.0, "b": 1.0}).value == 1.0


def test_a_repeated_alert_is_missed() -> None:
    twice = submission_of(SOUND).rows
    submission = make_submission(twice.vstack(twice[:1]), name="mine")
    finding = check_of("no_repeated_alert").find(case_of(SOUND, ALERTS, submission=submission))
    assert finding.value == 0.0
    assert finding.detail == "1 alert_ids stand more than once, first 'a'"
    assert finding.remedy == "keep one row per alert_id"


def test_a_batch_that_repeats_an_alert_is_named_as_the_cause() -> None:
    case = case_of(SOUND, ALERTS)
    alert = case.batch.alerts.row(0, named=True)
    batch = batch_of_rows([alert, alert])
    twice = make_submission(submission_of({"a": 0.25}).rows[[0, 0]], name="mine")
    finding = check_of("no_repeated_alert").find(replace(case, batch=batch, submission=twice))
    assert finding.value == 0.0
    assert finding.remedy.startswith("the batch repeats them too: keep one row per alert_id")


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_provenance_is_missed(empty: str) -> None:
    finding = found("provenance", SOUND, model_github_url=empty)
    assert (finding.value, finding.remedy) == (0.0, "fill model_github_url")


def test_a_packaged_submission_without_a_column_misses_it() -> None:
    finding = found("provenance", SOUND, model_version=None)
    assert finding.detail == "not filled in every row: model_version"
    finding = found("required_columns", SOUND, profile=TIERS, latency_ms=None)
    assert (finding.value, finding.detail) == (0.0, "absent: latency_ms")


@pytest.mark.parametrize(
    ("name", "profile", "column"),
    [("provenance", RISK, "model_github_url"), ("required_columns", TIERS, "latency_ms")],
)
def test_what_is_added_later_is_assumed_of_results(name: str, profile: str, column: str) -> None:
    rows = submission_of(SOUND).rows.drop(column)
    case = case_of(SOUND, ALERTS, submission=make_submission(rows, name="results"))
    finding = check_of(name, profile).find(case)
    assert finding.assumed
    assert (finding.value, finding.detail) == (1.0, f"not in the results: {column}")


def test_an_empty_column_of_results_is_missed_and_not_assumed() -> None:
    rows = submission_of(SOUND, model_version="").rows.drop("model_github_url")
    case = case_of(SOUND, ALERTS, submission=make_submission(rows, name="results"))
    finding = check_of("provenance").find(case)
    assert (finding.value, finding.assumed) == (0.0, False)


@pytest.mark.parametrize("scores", [{"a": 0.5, "b": 0.5}, {"a": 0.5, "b": 0.500001}])
def test_scores_all_alike_have_no_spread(scores: dict[str, float | None]) -> None:
    assert found("score_spread", scores, profile=TIERS).value == 0.0


def test_no_score_has_no_spread() -> None:
    assert found("score_spread", {}, profile=TIERS).value == 0.0


@pytest.mark.parametrize(
    ("receipt", "expected"),
    [
        (None, (1.0, 1.0, True)),
        (Receipt(hash_matches=True, signature_valid=True), (1.0, 1.0, False)),
        (Receipt(hash_matches=False, signature_valid=True), (0.0, 1.0, False)),
        (Receipt(hash_matches=True, signature_valid=False), (1.0, 0.0, False)),
    ],
)
def test_receipt_is_judged_by_what_its_check_found(
    receipt: Receipt | None, expected: tuple[float, float, bool]
) -> None:
    submission = replace(submission_of(SOUND), receipt=receipt)
    case = case_of(SOUND, ALERTS, submission=submission)
    findings = [check_of(name, TIERS).find(case) for name in ("scores_hash", "signature")]
    assert (findings[0].value, findings[1].value, findings[0].assumed) == expected


@pytest.mark.parametrize("scores", [{"a": 0.5}, {"a": 0.5, "z": 0.5}, SOUND | {"z": 0.5}])
def test_other_rows_than_the_batchs_alerts_are_of_wrong_cardinality(
    scores: dict[str, float | None],
) -> None:
    assert found("cardinality", scores, profile=TIERS).value == 0.0
