"""Traps and outcomes of the first design, by hand."""

from datetime import date

import polars as pl
import pytest

from aml_miner.validator.outcomes import outcome_labels
from tests.validator.cases import TIERS, case_of, check_of, verdicts_of

TEN = {f"a{n}": n / 10 for n in range(10)}
"""Scores 0 to .9: the .9 quantile is .81, the median .45."""


def test_per_address_an_unlisted_one_is_licit_unless_only_listed_ones_are_known() -> None:
    case = case_of({"a": 0.1, "b": 0.2, "c": 0.3}, {"a": "x", "b": "y", "c": "z"})
    verdicts = verdicts_of("address", {"x": True, "y": None})
    known = outcome_labels(case, verdicts, listed_only=False)
    assert known.select("alert_id", "label").rows() == [("a", True), ("c", False)]
    assert outcome_labels(case, verdicts, listed_only=True)["alert_id"].to_list() == ["a"]


@pytest.mark.parametrize("listed_only", [True, False])
def test_per_alert_only_listed_ones_of_the_day_are_known(listed_only: bool) -> None:  # noqa: FBT001 -- a parameter
    case = case_of({"a": 0.1, "b": 0.2, "c": 0.3})
    today = verdicts_of("alert_id", {"a": True, "b": None})
    other = verdicts_of("alert_id", {"c": False}).with_columns(processing_date=date(2025, 1, 1))
    known = outcome_labels(case, pl.concat([today, other]), listed_only=listed_only)
    assert known.select("alert_id", "label").rows() == [("a", True)]


@pytest.mark.parametrize(
    ("traps", "expected", "passed"),
    [
        ({"a9": True, "a0": False}, 1.0, 2),
        ({"a9": True, "a4": False}, 1.0, 2),  # .4 is below the median
        ({"a9": True, "a5": False}, 0.0, 1),  # half pass, and four fifths must
        ({"a8": True}, 0.0, 0),  # .8 is not above the .9 quantile
        ({"a0": False, "a1": False, "a2": False, "a3": False, "a8": True}, 0.8, 4),
    ],
)
def test_traps_by_hand(traps: dict[str, bool | None], expected: float, passed: int) -> None:
    case = case_of(TEN, traps=verdicts_of("alert_id", traps))
    finding = check_of("traps", TIERS).find(case)
    assert finding.value == pytest.approx(expected)
    assert finding.numbers == {"traps": len(traps), "passed": passed}
    assert (finding.remedy == "") == (expected >= 0.8)


@pytest.mark.parametrize(
    ("low", "expected"),
    [
        (("a0", "a1", "a2", "a5"), 1.0),  # three of four lie below the median
        (("a0", "a1", "a5"), 0.0),  # two of three are not more than 70 %
    ],
)
def test_a_trap_passes_when_most_of_its_alerts_do(low: tuple[str, ...], expected: float) -> None:
    addresses = {alert: "low" if alert in low else alert for alert in TEN}
    case = case_of(TEN, addresses, traps=verdicts_of("address", {"low": False}))
    assert check_of("traps", TIERS).find(case).value == expected


def test_a_failing_trap_is_named() -> None:
    case = case_of(TEN, traps=verdicts_of("address", {"at-a9": False, "at-a0": False}))
    detail = check_of("traps", TIERS).find(case).detail
    assert detail == "1 of 2 traps pass, asked 80%, first that does not: at-a9"


def test_without_traps_nothing_is_known_and_with_others_nothing_is_measured() -> None:
    finding = check_of("traps", TIERS).find(case_of(TEN))
    assert (finding.value, finding.coverage) == (None, None)
    elsewhere = case_of(TEN, traps=verdicts_of("address", {"elsewhere": True}))
    finding = check_of("traps", TIERS).find(elsewhere)
    assert (finding.value, finding.coverage) == (None, 0.0)


SCORES = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.1}


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("outcome_auc", 0.75),  # a before b and d, c before d: 3 of 4 pairs
        ("outcome_brier", 1 - (0.01 + 0.64 + 0.09 + 0.01) / 4),
        ("outcome_ndcg", 1.5 / (1 + 0.6309297535714575)),  # 1 + 1 / log2(4), by 1 + 1 / log2(3)
    ],
)
def test_outcomes_by_hand(check: str, expected: float) -> None:
    outcomes = verdicts_of("address", {"at-a": True, "at-c": True})
    finding = check_of(check, TIERS).find(case_of(SCORES, outcomes=outcomes))
    assert (finding.value, finding.coverage) == (pytest.approx(expected), 1.0)
    assert "4 of 4 alerts have an outcome, 2 illicit" in finding.detail


def test_ndcg_looks_at_the_first_places_alone() -> None:
    """Of 501 alerts the only illicit one is the last: beyond the 500 places that count."""
    scores: dict[str, float | None] = {f"{n:03d}": 1 - n / 1000 for n in range(501)}
    case = case_of(scores, outcomes=verdicts_of("address", {"at-500": True}))
    assert check_of("outcome_ndcg", TIERS).find(case).value == 0.0


@pytest.mark.parametrize("check", ["outcome_auc", "outcome_ndcg"])
def test_outcomes_of_one_class_have_no_value(check: str) -> None:
    case = case_of(SCORES, outcomes=verdicts_of("address", {"elsewhere": True}))
    finding = check_of(check, TIERS).find(case)
    assert (finding.value, finding.coverage) == (None, 0.0)
    assert "0 illicit" in finding.detail


@pytest.mark.parametrize("check", ["outcome_auc", "outcome_brier", "outcome_ndcg"])
def test_without_outcomes_nothing_is_known(check: str) -> None:
    finding = check_of(check, TIERS).find(case_of(SCORES))
    assert (finding.value, finding.coverage, finding.remedy) == (
        None,
        None,
        "--truth FILE judges by what turned out",
    )
