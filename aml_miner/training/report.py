"""How good what was trained is, on rows it had not seen, beside what it must beat."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from pydantic import JsonValue

from aml_miner.evaluation.intervals import Interval
from aml_miner.models.metadata import Kind


@dataclass(frozen=True, slots=True)
class Undefined:
    """A metric that has no value, and why."""

    undefined: str


type Measured = Interval | Undefined
type Metrics = Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Assessment:
    """One model, judged out of fold.

    Attributes
    ----------
    rows, positives, unlabelled
        Labelled rows, how many of them are illicit, and rows left out because nothing is known of them.
    groups, folds, split
        Groups that were kept together, folds made of them, and how: ``grouped`` or ``grouped and by time``.
    tested_rows
        Rows that got a score from a model that had not seen their group; the metrics are over these.
    metrics
        Area under the ROC curve, average precision, NDCG@10, with intervals by address.
    baselines
        The same for each baseline, on the same rows.
    differences
        Per baseline, the model's metric minus the baseline's, paired: an interval without 0 says they differ.
    notes
        What a reader should know before believing the numbers.
    """

    rows: int
    positives: int
    unlabelled: int
    groups: int
    folds: int
    split: str
    tested_rows: int
    metrics: Metrics
    baselines: Mapping[str, Metrics]
    differences: Mapping[str, Metrics]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as JSON holds it."""
        return {**asdict(self), "notes": list(self.notes)}


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """All models of one training."""

    seed: int
    models: Mapping[Kind, Assessment]

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as JSON holds it."""
        models: dict[str, JsonValue] = {kind: a.to_dict() for kind, a in self.models.items()}
        return {"seed": self.seed, "models": models}


def report_lines(report: TrainingReport) -> Iterator[str]:
    """Return the report as lines of text for a person."""
    for kind, assessment in report.models.items():
        yield (
            f"{kind}: {assessment.rows} rows, {assessment.positives} illicit, {assessment.groups} groups; "
            f"{assessment.tested_rows} tested in {assessment.folds} folds ({assessment.split})"
        )
        yield _line("", {name: name for name in assessment.metrics})
        yield _line("model", {n: _text(m) for n, m in assessment.metrics.items()})
        for name, metrics in assessment.baselines.items():
            yield _line(name, {n: _text(m) for n, m in metrics.items()})
        for note in assessment.notes:
            yield f"  {note}"


def _line(name: str, cells: Mapping[str, str]) -> str:
    return "".join([f"  {name:<20}", *(f"{cell:<22}" for cell in cells.values())]).rstrip()


def _text(measured: Measured) -> str:
    if isinstance(measured, Undefined):
        return "undefined"
    return f"{measured.value:.3f} ({measured.low:.3f}–{measured.high:.3f})"
