"""What is asked of the order, by hand."""

from dataclasses import replace

import polars as pl
import pytest

from aml_miner.validator.case import Case
from aml_miner.validator.ranking import KnownRiskFirst, opening_order
from tests.validator.cases import TIERS, case_of, check_of, labels_of, submission_of

SCORES = {"a": 0.1, "b": 0.9, "c": 0.9, "d": 0.5}


def first(places: int, case: Case) -> tuple[float | None, str]:
    check = check_of("known_risk_first", TIERS)
    assert isinstance(check, KnownRiskFirst)
    finding = check.model_copy(update={"places": places}).find(case)
    return finding.value, finding.detail


def test_order_is_by_falling_score_and_then_by_alert_id() -> None:
    assert opening_order(case_of(SCORES))["alert_id"].to_list() == ["b", "c", "d", "a"]


def test_order_is_the_ranking_handed_in_where_there_is_one() -> None:
    ranking = pl.DataFrame({"alert_id": ["a", "b", "c"], "rank": [1, 3, 2]})
    case = case_of(SCORES, submission=replace(submission_of(SCORES), ranking=ranking))
    assert opening_order(case)["alert_id"].to_list() == ["a", "c", "b", "d"]  # d has no rank


@pytest.mark.parametrize(
    ("places", "expected"),
    [(4, (1.0, "100% of 2")), (3, (0.0, "50% of 2")), (2, (0.0, "50% of 2"))],
)
def test_share_of_known_risk_in_the_first_places(places: int, expected: tuple[float, str]) -> None:
    levels = [("at-a", "high"), ("at-c", "critical"), ("at-b", "low"), ("elsewhere", "high")]
    value, detail = first(places, case_of(SCORES, labels=labels_of(levels)))
    assert value == expected[0]
    assert expected[1] in detail


def test_an_address_counts_once_however_many_alerts_it_has() -> None:
    addresses = {"a": "x", "b": "x", "c": "y", "d": "z"}
    labels = labels_of([("x", "high")])
    value, detail = first(1, case_of(SCORES, addresses, labels=labels))
    assert (value, "100% of 1 risky" in detail) == (1.0, True)


def test_without_labels_or_risky_ones_there_is_nothing_to_ask() -> None:
    assert check_of("known_risk_first", TIERS).find(case_of(SCORES)).coverage is None
    value, detail = first(4, case_of(SCORES, labels=labels_of([("at-a", "low")])))
    assert (value, detail) == (None, "no address with an alert is known to be risky")


RANKED: dict[str, float | None] = {f"a{n}": n / 10 for n in range(5)}


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        (RANKED, 1.0),
        (RANKED | {"a0": 0.1, "a1": 0.0}, 1.0),  # one of ten pairs reversed: .8
        (RANKED | {"a0": 0.2, "a2": 0.0}, 0.0),  # three: .4
    ],
)
def test_agreement_with_a_baseline_by_hand(
    baseline: dict[str, float | None], expected: float
) -> None:
    case = case_of(RANKED, baseline=submission_of(baseline))
    finding = check_of("baseline_agreement", TIERS).find(case)
    assert (finding.value, finding.remedy == "") == (expected, expected == 1.0)


def test_without_a_baseline_or_common_alerts_there_is_no_agreement() -> None:
    check = check_of("baseline_agreement", TIERS)
    assert check.find(case_of(RANKED)).coverage is None
    finding = check.find(case_of(RANKED, baseline=submission_of({"z": 0.5})))
    assert (finding.value, finding.coverage) == (None, 0.0)
    assert finding.detail == "kendall_tau: needs at least 2 rows; found 0."
