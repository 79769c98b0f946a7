"""3A: what address labels say of scores."""

import pytest

from aml_miner.validator.labels import label_verdicts
from tests.validator.cases import case_of, check_of, labels_of

SCORES = {"a": 0.9, "b": 0.6, "c": 0.5, "d": 0.1}


def test_auc_and_coverage_by_hand() -> None:
    """Of four alerts three are labelled; of the pairs (a, b) and (a, d) both stand right: AUC 1, coverage ¾."""
    labels = labels_of([("at-a", "critical"), ("at-b", "low"), ("at-d", "medium")])
    finding = check_of("address_labels").find(case_of(SCORES, labels=labels))
    assert (finding.value, finding.coverage, finding.earned) == (1.0, 0.75, 0.75)


def test_a_risky_address_below_a_safe_one_costs() -> None:
    """Risky b and d, safe a and c: only b stands above c, 1 of 4 pairs."""
    labels = labels_of([("at-a", "low"), ("at-b", "high"), ("at-c", "LOW"), ("at-d", " High ")])
    finding = check_of("address_labels").find(case_of(SCORES, labels=labels))
    assert (finding.value, finding.coverage) == (0.25, 1.0)
    assert finding.remedy.startswith("riskier addresses get lower scores")


def test_every_alert_of_a_labelled_address_counts() -> None:
    addresses = {"a": "x", "b": "x", "c": "y", "d": "z"}
    labels = labels_of([("x", "high"), ("y", "low")])
    finding = check_of("address_labels").find(case_of(SCORES, addresses, labels=labels))
    assert (finding.value, finding.coverage) == (1.0, 0.75)
    assert finding.numbers["risky"] == 2


def test_several_labels_of_an_address_do_not_multiply_its_alerts() -> None:
    labels = labels_of([("at-a", "low"), ("at-a", "critical"), ("at-a", "low"), ("at-b", "low")])
    finding = check_of("address_labels").find(case_of(SCORES, labels=labels))
    assert (finding.value, finding.coverage) == (1.0, 0.5)  # risky: one of its labels is


@pytest.mark.parametrize("level", ["low", "critical"])
def test_labels_of_one_class_have_no_score(level: str) -> None:
    labels = labels_of([("at-a", level), ("at-b", level)])
    finding = check_of("address_labels").find(case_of(SCORES, labels=labels))
    assert (finding.value, finding.coverage, finding.earned) == (None, 0.0, 0.0)
    assert "there is no AUC of one class" in finding.detail


@pytest.mark.parametrize(
    "levels", [[], [("elsewhere", "high")], [("at-a", None)], [("at-a", "odd")]]
)
def test_labels_that_say_nothing_have_no_score(levels: list[tuple[str, str | None]]) -> None:
    finding = check_of("address_labels").find(case_of(SCORES, labels=labels_of(levels)))
    assert (finding.value, finding.ceiling) == (None, 0.0)


def test_without_labels_the_coverage_is_not_known() -> None:
    finding = check_of("address_labels").find(case_of(SCORES))
    assert (finding.value, finding.coverage, finding.earned, finding.ceiling) == (
        None,
        None,
        0.0,
        1.0,
    )
    assert finding.remedy.startswith("--labels FILE")


def test_verdicts_are_one_per_address_and_sorted() -> None:
    labels = labels_of([("y", "low"), ("x", "medium"), ("y", "high"), ("z", "unknown")])
    assert label_verdicts(labels).rows() == [("x", False, 1), ("y", True, 2)]
