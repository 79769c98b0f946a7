"""A submission beside everything it is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch
from aml_miner.errors import InvalidBatchError
from aml_miner.validator.submission import Submission


def released_versions() -> frozenset[str]:
    """Return the versions of the alert scorers released with this package."""
    text = (files("aml_miner.validator") / "released_models.yaml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(text)["alert_scorer"])


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a validator knows beside the submission and the batch; what is None or empty is not given.

    Attributes
    ----------
    labels
        Address labels, as in the schema.
    outcomes, traps
        ``label`` Boolean per ``alert_id`` and ``processing_date``, or per ``address``, as ``Truth.verdicts`` of
        ``training.truth`` returns it: what turned out, and alerts whose outcome the validator knew beforehand.
    features_later
        Address features of a later date, as in the schema.
    previous
        The miner's own submission of an earlier date.
    others
        Submissions of other miners, of the same batch.
    baseline
        The submission rankings are compared with.
    released
        Versions of released models.
    """

    labels: pl.DataFrame | None = None
    outcomes: pl.DataFrame | None = None
    traps: pl.DataFrame | None = None
    features_later: pl.DataFrame | None = None
    previous: Submission | None = None
    others: Sequence[Submission] = ()
    baseline: Submission | None = None
    released: frozenset[str] = field(default_factory=released_versions)

    def given(self) -> frozenset[str]:
        """Return the names of what is given, released versions apart."""
        optional = ("labels", "outcomes", "traps", "features_later", "previous", "baseline")
        there = [name for name in optional if getattr(self, name) is not None]
        return frozenset([*there, *(["others"] if self.others else [])])


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A submission with its batch and the evidence.

    Attributes
    ----------
    alerts
        The alerts that are judged, sorted by alert_id: ``alert_id, score, address, alert_confidence_score`` of every
        alert of the batch that was scored between 0 and 1, each once.
    processing_date, window_days
        The batch's.
    """

    submission: Submission
    batch: Batch
    evidence: Evidence
    alerts: pl.DataFrame
    processing_date: date | None
    window_days: int | None

    @property
    def scores(self) -> NDArray[np.float64]:
        """The score of each judged alert."""
        return self.alerts["score"].to_numpy()


def make_case(submission: Submission, batch: Batch, evidence: Evidence | None = None) -> Case:
    """Put a submission beside its batch and the evidence.

    Raises
    ------
    InvalidBatchError
        If a submission is of another date or window than the batch, the previous one is not of an earlier date, or
        the batch itself is of several dates or windows.
    """
    evidence = evidence or Evidence()
    day = _the_batchs(batch, "processing_date", batch.meta.processing_date)
    window = _the_batchs(batch, "window_days", batch.meta.window_days)
    same = [submission, *evidence.others, *filter(None, [evidence.baseline])]
    for one in same:
        _check_same(one, "processing_date", one.processing_date, day)
        _check_same(one, "window_days", one.window_days, window)
    _check_earlier(evidence.previous, day)
    known = batch.alerts.select("alert_id", "address", "alert_confidence_score")
    first = ["alert_id", "alert_confidence_score", "address"]
    known = known.sort(first, descending=[False, True, False])
    known = known.unique("alert_id", keep="first", maintain_order=True)
    alerts = submission.sound_scores().join(known, on="alert_id").sort("alert_id")
    return Case(submission, batch, evidence, alerts, day, window)


def _the_batchs[Value](batch: Batch, column: str, said: Value | None) -> Value | None:
    if said is not None:
        return said
    values: list[Value] = batch.alerts[column].unique().sort().to_list()
    if len(values) > 1:
        message = f"alerts: '{column}' must be one; found {len(values)}, from {values[0]} to {values[-1]}."
        raise InvalidBatchError(message)
    return values[0] if values else None


def _check_same(one: Submission, column: str, found: object, expected: object) -> None:
    if None not in (found, expected) and found != expected:
        message = (
            f"{one.name}: '{column}' is {found}, the batch's is {expected}; "
            "name results and batch of one date and window."
        )
        raise InvalidBatchError(message)


def _check_earlier(previous: Submission | None, day: date | None) -> None:
    if previous is None or previous.processing_date is None or day is None:
        return
    if previous.processing_date >= day:
        message = (
            f"{previous.name}: 'processing_date' is {previous.processing_date}, but previous results must be of "
            f"a date before {day}; name those of the latest earlier date."
        )
        raise InvalidBatchError(message)
