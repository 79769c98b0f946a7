"""How good what was trained is, on rows it had not seen, beside what it must beat."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from pydantic import JsonValue

from aml_miner.evaluation.bench import Metrics, Undefined
from aml_miner.evaluation.wording import write_measured
from aml_miner.models.calibration import Calibration
from aml_miner.models.metadata import Kind
from aml_miner.training.truth import Truth


@dataclass(frozen=True, slots=True)
class Assessment:
    """One model, judged out of fold.

    Attributes
    ----------
    rows, positives, unlabelled
        Labelled rows, how many of them are illicit, and rows left out because nothing is known of them.
    groups, largest_group
        Groups the rows fall into, and how many rows the largest has.
    folds, split
        Folds made of the groups, and how: ``grouped`` or ``grouped and by time``.
    tested_rows
        Rows that got a score from a model that had seen nobody of their address or pattern; the metrics are over these.
    straddling
        Rows that got none because their owners and patterns fall into several folds.
    embargo_days
        Fewest days between the last learned from and the first tested; None where there is one date.
    metrics
        Area under the ROC curve, average precision, the mean NDCG@10 of the batches, with intervals by address; of a
        scorer also Brier score and calibration error of its shares, by a calibration fitted to other folds.
    baselines
        The same for each baseline, on the same rows. A ranker's has the alert scorer too, by its places within batches.
    differences
        Per baseline, the model's metric minus the baseline's, paired: an interval without 0 says they differ.
    notes
        What a reader should know before believing the numbers.
    calibration
        How raw scores become shares, fitted to all tested rows; not part of ``to_dict``.
    address_spread
        Mean standard deviation of the shares of one address's alerts in a batch; None without such an address.
    """

    rows: int
    positives: int
    unlabelled: int
    groups: int
    largest_group: int
    folds: int
    split: str
    tested_rows: int
    straddling: int
    embargo_days: int | None = None
    metrics: Metrics = field(default_factory=dict)
    baselines: Mapping[str, Metrics] = field(default_factory=dict)
    differences: Mapping[str, Metrics] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    calibration: Calibration | None = None
    address_spread: float | None = None

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as JSON holds it."""
        document = asdict(replace(self, calibration=None))
        del document["calibration"]
        return {**document, "notes": list(self.notes)}


@dataclass(frozen=True, slots=True)
class TruthCounts:
    """What the truth says, before any batch is looked at.

    Attributes
    ----------
    per
        ``alert`` or ``address``: what is counted.
    illicit, licit, unknown
        How many it lists as what.
    unrecognised_roles
        Roles that say nothing of guilt here, and how many rows each leaves unknown.
    notes
        The same in words.
    """

    per: str
    illicit: int
    licit: int
    unknown: int
    unrecognised_roles: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as JSON holds it."""
        return {**asdict(self), "notes": list(self.notes)}


def count_truth(truth: Truth) -> TruthCounts:
    """Count what truth says of the alerts or addresses it lists."""
    labels = truth.verdicts()["label"]
    illicit, unknown = int(labels.sum()), labels.null_count()
    licit = len(labels) - illicit - unknown
    notes = tuple(filter(None, (truth.remark(),)))
    return TruthCounts(truth.per, illicit, licit, unknown, truth.unrecognised_roles, notes)


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """All models of one training, and the truth they learned."""

    seed: int
    truth: TruthCounts
    models: Mapping[Kind, Assessment]

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as JSON holds it."""
        models: dict[str, JsonValue] = {kind: a.to_dict() for kind, a in self.models.items()}
        return {"seed": self.seed, "truth": self.truth.to_dict(), "models": models}


def report_lines(report: TrainingReport) -> Iterator[str]:
    """Return the report as lines of text for a person."""
    yield from _truth_lines(report.truth)
    for kind, assessment in report.models.items():
        yield (
            f"{kind}: {assessment.rows} rows, {assessment.positives} illicit, {assessment.unlabelled} unknown; "
            f"{assessment.groups} groups, the largest of {assessment.largest_group}; "
            f"{assessment.tested_rows} tested in {assessment.folds} folds ({assessment.split})"
        )
        yield _line("", list(assessment.metrics))
        for name, metrics in {"model": assessment.metrics, **assessment.baselines}.items():
            shown = [write_measured(metrics.get(metric)) for metric in assessment.metrics]
            yield _line(name, shown)
        if assessment.address_spread is not None:
            yield f"  spread of one address's scores {assessment.address_spread:.3f}"
        for note in (*_reasons(assessment), *assessment.notes):
            yield f"  {note}"


def _truth_lines(truth: TruthCounts) -> Iterator[str]:
    counts = f"{truth.illicit} illicit, {truth.licit} licit, {truth.unknown} unknown"
    yield f"ground_truth, per {truth.per}: {counts}"
    for note in truth.notes:
        yield f"  {note}"


def _line(name: str, cells: Sequence[str]) -> str:
    return "".join([f"  {name:<20}", *(f"{cell:<22}" for cell in cells)]).rstrip()


def _reasons(assessment: Assessment) -> Iterator[str]:
    """Say why metrics have no value, the model's and the baselines', each reason once."""
    reasons: dict[str, list[str]] = {}
    for metrics in (assessment.metrics, *assessment.baselines.values()):
        for name, measured in metrics.items():
            if isinstance(measured, Undefined):
                lacking = reasons.setdefault(measured.undefined, [])
                lacking.extend([name] if name not in lacking else [])
    for reason, names in reasons.items():
        yield f"undefined: {', '.join(names)}: {reason}"
