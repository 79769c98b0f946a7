"""What is reported under every profile: scores that look copied, blind, unsteady or slow."""

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
from pydantic import Field

from aml_miner.errors import UndefinedMetricError
from aml_miner.evaluation.correlation import pearson, spearman
from aml_miner.evaluation.metrics import Scores
from aml_miner.validator.behaviour import common_scores
from aml_miner.validator.case import Case
from aml_miner.validator.check import Closed
from aml_miner.validator.finding import Caution
from aml_miner.validator.submission import Submission


class WarningBounds(Closed):
    """Beyond which bounds something is reported; both ends of a range are within it.

    Attributes
    ----------
    confidence_spearman
        Spearman correlation of scores with the alerts' own confidence.
    copied_pearson_above, copied_least_common
        Pearson correlation with another submission, and on how many common alerts it means something.
    variance_below, median_range
        Of the scores.
    latency_ms_above
        Mean time of an alert.
    day_to_day_below
        Pearson correlation with the miner's own earlier submission.
    """

    confidence_spearman: tuple[float, float]
    copied_pearson_above: float = Field(ge=-1, le=1)
    copied_least_common: int = Field(ge=2)
    variance_below: float = Field(ge=0)
    median_range: tuple[float, float]
    latency_ms_above: float = Field(ge=0)
    day_to_day_below: float = Field(ge=-1, le=1)


USES = frozenset({"others", "previous"})
"""The parts of the evidence suspicions look at."""


def suspicions(case: Case, bounds: WarningBounds) -> Iterator[Caution]:
    """Yield everything that would be reported of a case."""
    yield from _copied_severity(case, bounds)
    yield from _copied_models(case, bounds)
    yield from _blind_scores(case, bounds)
    yield from _slow(case, bounds)
    yield from _unsteady(case, bounds)
    yield from _unchanged_model(case)


def _copied_severity(case: Case, bounds: WarningBounds) -> Iterator[Caution]:
    confidence = case.alerts["alert_confidence_score"].cast(pl.Float64).to_numpy()
    found = _defined(spearman, case.scores, confidence)
    low, high = bounds.confidence_spearman
    if found is None or low <= found <= high:
        return
    said = (
        f"Spearman of score and alert_confidence_score is {found:.3f}, expected {low:g} to {high:g}"
    )
    if found > high:
        yield Caution(
            "copied_severity",
            f"{said}: it looks like a copied severity",
            "train on outcomes, and without alert_confidence_score and severity, to see what else the model finds",
        )
        return
    yield Caution(
        "unrelated_to_confidence",
        f"{said}: it looks like noise",
        "see that scores and alert_ids belong together; if they do, and the model's AUC on unseen alerts is good, "
        "this is the price of disagreeing with the alert rules",
    )


def _copied_models(case: Case, bounds: WarningBounds) -> Iterator[Caution]:
    for other in case.evidence.others:
        both = common_scores(case, other.sound_scores())
        if both.height < bounds.copied_least_common:
            continue
        found = _defined(pearson, both["score"].to_numpy(), both["other"].to_numpy())
        if found is not None and found > bounds.copied_pearson_above:
            yield Caution(
                "copied_model",
                f"Pearson with {other.name} is {found:.3f} on {both.height} common alerts, "
                f"above {bounds.copied_pearson_above:g}: it looks like the same model",
                "train on your own data, features and seed; if both are yours, hand in one of them",
            )


def _blind_scores(case: Case, bounds: WarningBounds) -> Iterator[Caution]:
    if not case.scores.size:
        return
    variance, median = float(np.var(case.scores)), float(np.median(case.scores))
    low, high = bounds.median_range
    if variance < bounds.variance_below:
        yield Caution(
            "low_variance",
            f"the variance of the scores is {variance:.3g}, below {bounds.variance_below:g}",
            "the model hardly tells alerts apart: look for absent columns in processing_metadata.json, "
            "then at what it was trained on",
        )
    if not low <= median <= high:
        yield Caution(
            "extreme_median",
            f"the median score is {median:.3f}, expected {low:g} to {high:g}",
            "calibrate the scores to the share of illicit alerts you expect; where the share really is so "
            "extreme, this warning is the price of calibration",
        )


def _slow(case: Case, bounds: WarningBounds) -> Iterator[Caution]:
    found = case.submission.latency_ms
    if found is not None and found > bounds.latency_ms_above:
        yield Caution(
            "slow",
            f"an alert took {found:.1f} ms on average, above {bounds.latency_ms_above:g}",
            "score whole batches at once, with fewer or smaller trees",
        )


def _unsteady(case: Case, bounds: WarningBounds) -> Iterator[Caution]:
    previous: Submission | None = case.evidence.previous
    if previous is None:
        return
    both = common_scores(case, previous.sound_scores())
    found = _defined(pearson, both["score"].to_numpy(), both["other"].to_numpy())
    if found is not None and found < bounds.day_to_day_below:
        yield Caution(
            "unsteady",
            f"Pearson with {previous.name} is {found:.3f} on {both.height} common alerts, "
            f"below {bounds.day_to_day_below:g}",
            "keep the model for several days, and retrain it from the same seed; look at the alerts that moved most",
        )


def _unchanged_model(case: Case) -> Iterator[Caution]:
    rows = case.submission.rows
    if "model_version" not in rows.columns:
        return
    used = set(rows["model_version"].cast(pl.String).drop_nulls()) & case.evidence.released
    if used:
        yield Caution(
            "unchanged_pretrained_model",
            f"model_version {min(used)} is that of a released model, as it came",
            "train on your own data: everybody has this one",
        )


def _defined(
    correlation: Callable[[Scores, Scores], float], first: Scores, second: Scores
) -> float | None:
    """Return a correlation, or None where it has no value: then there is nothing to report."""
    try:
        return correlation(first, second)
    except UndefinedMetricError:
        return None
