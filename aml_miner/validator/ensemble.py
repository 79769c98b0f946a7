"""Several submissions made one: a weighted mean, a weighted median, and how far the submissions agree."""

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from aml_miner.errors import ConfigurationError
from aml_miner.utils.elementary import power
from aml_miner.validator.check import Closed
from aml_miner.validator.submission import Submission


class EnsembleParameters(Closed):
    """How submissions are weighed.

    Attributes
    ----------
    exponent
        The power of a performance its weight is.
    least_weight
        A weight below it, of all weights' sum, is dropped.
    agreement_within
        A score this near to the mean agrees with it.
    """

    exponent: float = Field(ge=0)
    least_weight: float = Field(ge=0, lt=1)
    agreement_within: float = Field(ge=0, le=1)


def performance_weights(
    performances: Sequence[float], parameters: EnsembleParameters
) -> NDArray[np.float64]:
    """Return the weight of each submission: performance to a power, small ones dropped, adding up to 1.

    Raises
    ------
    ConfigurationError
        If there is none, one is not a finite number of 0 or more, or none is left.

    Examples
    --------
    .04, .36 and .0001 by their sum of .4001; the last is below .01 and dropped.

    >>> parameters = EnsembleParameters(exponent=2, least_weight=0.01, agreement_within=0.1)
    >>> performance_weights([0.2, 0.6, 0.01], parameters).round(6).tolist()
    [0.1, 0.9, 0.0]
    """
    given = np.asarray(performances, np.float64)
    wrong = ~(np.isfinite(given) & (given >= 0.0))
    if wrong.any():
        first = int(np.argmax(wrong))
        message = (
            f"performances must be finite and 0 or more; {int(wrong.sum())} of {given.size} are not, "
            f"first number {first + 1}: {given[first]}."
        )
        raise ConfigurationError(message)
    raised = power(given, parameters.exponent)
    total = math.fsum(raised.tolist())
    if total == 0.0:
        message = f"an ensemble needs a performance above 0; found none among {given.size}."
        raise ConfigurationError(message)
    kept = np.where(raised / total < parameters.least_weight, 0.0, raised)
    if not kept.any():
        message = (
            f"all {given.size} weights are below {parameters.least_weight:g} of their sum and dropped; "
            "name fewer submissions, or a lower least_weight."
        )
        raise ConfigurationError(message)
    weights: NDArray[np.float64] = kept / math.fsum(kept.tolist())
    return weights


def combine(
    submissions: Sequence[Submission],
    performances: Sequence[float],
    parameters: EnsembleParameters,
) -> pl.DataFrame:
    """Make one score per alert of several submissions. Their order does not matter, to the last bit.

    A submission whose weight is dropped has no part in any column. Mean, variance, agreement and confidence count the
    other submissions that scored an alert once each, whatever their weights.

    Returns
    -------
    DataFrame
        One row per alert that any submission scored, by ``alert_id``: ``score`` Σ w·s / Σ w; ``median_score``, the
        weighted median (halfway between two where the weights part there); ``variance`` of the population;
        ``submission_count``; ``agreement_ratio``, the share of scores near the mean; ``confidence``, 1 − standard
        deviation / mean, not below 0, and 1 where all scores are 0.

    Raises
    ------
    ConfigurationError
        As `performance_weights`, or if there are not as many performances as submissions, or they are of different
        days or windows.
    """
    if len(submissions) != len(performances):
        message = f"expected a performance for each of {len(submissions)} submissions; found {len(performances)}."
        raise ConfigurationError(message)
    _check_same_batch(submissions)
    weights = performance_weights(performances, parameters)
    kept = [
        one.sound_scores().with_columns(weight=pl.lit(weight))
        for one, weight in zip(submissions, weights.tolist(), strict=True)
        if weight > 0.0
    ]
    rows = pl.concat(kept).sort("alert_id", "score", "weight")
    return _aggregated(rows, parameters.agreement_within)


def _check_same_batch(submissions: Sequence[Submission]) -> None:
    first = submissions[0] if submissions else None
    for other in submissions[1:]:
        for name in ("processing_date", "window_days"):
            ours, theirs = getattr(first, name), getattr(other, name)
            if ours is not None and theirs is not None and ours != theirs:
                raise ConfigurationError(
                    f"submissions must be of one batch; '{name}' is {ours} in {submissions[0].name} and {theirs} in "
                    f"{other.name}: name results of the same batch."
                )


def _aggregated(rows: pl.DataFrame, within: float) -> pl.DataFrame:
    """Aggregate rows sorted by alert, score and weight: sums run in that order, so nothing else shows."""
    ids, starts, counts = np.unique(
        rows["alert_id"].to_numpy(), return_index=True, return_counts=True
    )
    score, weight = rows["score"].to_numpy(), rows["weight"].to_numpy()
    row_of = np.repeat(np.arange(ids.size), counts)

    def totals(column: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(row_of, column, ids.size)

    mean = totals(score) / counts
    variance = totals((score - mean[row_of]) ** 2) / counts
    near = np.abs(score - mean[row_of]) <= within
    spread = np.divide(np.sqrt(variance), mean, out=np.zeros_like(mean), where=mean > 0.0)
    return pl.DataFrame(
        {
            "alert_id": pl.Series(ids.tolist(), dtype=pl.String),
            "score": np.clip(totals(weight * score) / totals(weight), 0.0, 1.0),
            "median_score": _medians(score, weight, starts, counts),
            "variance": variance,
            "submission_count": counts.astype(np.uint32),
            "agreement_ratio": totals(near.astype(np.float64)) / counts,
            "confidence": np.maximum(0.0, 1.0 - spread),
        }
    )


def _medians(
    score: NDArray[np.float64],
    weight: NDArray[np.float64],
    starts: NDArray[np.intp],
    counts: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Return the weighted median of each alert: the score at which half of its weight is reached."""
    medians = np.zeros(starts.size)
    for place, (start, count) in enumerate(zip(starts.tolist(), counts.tolist(), strict=True)):
        reached = np.cumsum(weight[start : start + count])
        half = reached[-1] / 2.0
        at = start + int(np.searchsorted(reached, half * (1.0 - 1e-12)))
        after = (
            at + 1 if at + 1 < start + count and reached[at - start] <= half * (1.0 + 1e-12) else at
        )
        medians[place] = (score[at] + score[after]) / 2.0
    return medians
