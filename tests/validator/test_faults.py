"""Known faults of published code are told where they strike, and nowhere else."""

from aml_miner.validator.faults import Fault, known_fault
from tests.validator.cases import case_of, labels_of

CONSTANT: Fault = "constant_scores_are_nan"
REPEATED: Fault = "repeated_labels_multiply_rows"
SCORES = {"a": 0.5, "b": 0.5}


def test_constant_scores_are_told_of() -> None:
    caution = known_fault(CONSTANT, case_of(SCORES))
    assert caution is not None
    assert caution.sentence.startswith("all 2 scores are 0.5: the published code divides by")


def test_scores_that_differ_and_no_scores_are_not() -> None:
    assert known_fault(CONSTANT, case_of({"a": 0.5, "b": 0.6})) is None
    assert known_fault(CONSTANT, case_of({})) is None


def test_repeated_labels_are_counted_with_the_coverage_they_would_feign() -> None:
    """Two labels of at-a and three of at-b: five rows for two alerts."""
    levels = [("at-a", "low"), ("at-a", "low"), *[("at-b", "high")] * 3, ("at-b", None)]
    caution = known_fault(REPEATED, case_of(SCORES, labels=labels_of(levels)))
    assert caution is not None
    assert "count 5 rows for the 2 labelled alerts, a coverage of 2.50" in caution.sentence


def test_single_labels_and_repeated_ones_without_alerts_are_not() -> None:
    levels = [("at-a", "low"), ("at-b", "high"), ("x", "low"), ("x", "low")]
    assert known_fault(REPEATED, case_of(SCORES, labels=labels_of(levels))) is None
    assert known_fault(REPEATED, case_of(SCORES)) is None


def test_a_check_that_cannot_run_is_always_told_of() -> None:
    caution = known_fault("evolution_cannot_run", case_of({}))
    assert caution is not None
    assert "wrong column name" in caution.sentence
