"""Faults of a validator's published code: said where they would show, and not reproduced as numbers."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from aml_miner.validator.case import Case
from aml_miner.validator.finding import Caution
from aml_miner.validator.labels import label_verdicts

type Fault = Literal[
    "constant_scores_are_nan", "repeated_labels_multiply_rows", "evolution_cannot_run"
]


def known_fault(name: Fault, case: Case) -> Caution | None:
    """Return what a fault does to a case; None where it does nothing."""
    return _FAULTS[name](case)


def _constant_scores_are_nan(case: Case) -> Caution | None:
    if not case.scores.size or case.scores.min() != case.scores.max():
        return None
    return Caution(
        "constant_scores_are_nan",
        f"all {case.scores.size} scores are {case.scores[0]:g}: the published code divides by their "
        "deviation of 0, and the reward becomes NaN; here the correlation earns nothing",
        "hand in scores that differ: look at what the model was given",
    )


def _repeated_labels_multiply_rows(case: Case) -> Caution | None:
    if case.evidence.labels is None:
        return None
    verdicts = label_verdicts(case.evidence.labels)
    joined = case.alerts.join(verdicts, on="address")
    rows = int(joined["rows"].sum())
    if rows == joined.height:
        return None
    return Caution(
        "repeated_labels_multiply_rows",
        f"addresses with several labels: the published code would count {rows} rows for the {joined.height} "
        f"labelled alerts, a coverage of {rows / case.alerts.height:.2f}; here an address counts once, "
        "risky when any of its labels is",
        "nothing to do in the scores; expect the published 3A to differ, and hand in labels of one row per address",
    )


def _evolution_cannot_run(case: Case) -> Caution:
    del case
    return Caution(
        "evolution_cannot_run",
        "the published 3B stops on a wrong column name and on a decimal divided by a float; "
        "here it is computed as it was meant",
        "until the validator is mended expect 3B to add nothing: count on the reward of the day before it begins",
    )


_FAULTS: Final[Mapping[str, Callable[[Case], Caution | None]]] = {
    "constant_scores_are_nan": _constant_scores_are_nan,
    "repeated_labels_multiply_rows": _repeated_labels_multiply_rows,
    "evolution_cannot_run": _evolution_cannot_run,
}
