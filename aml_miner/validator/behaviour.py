"""Checks of behaviour: are the scores spread, in agreement with others, steady, and alike within an address."""

import math
from typing import ClassVar, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field, model_validator

from aml_miner.errors import UndefinedMetricError
from aml_miner.evaluation.correlation import spearman
from aml_miner.validator.case import Case
from aml_miner.validator.check import Check, Closed
from aml_miner.validator.finding import Finding, without_value


class ScoreEntropy(Check):
    """Shannon entropy of the histogram of scores on [0, 1], by that of an even spread."""

    title: ClassVar[str] = "score entropy"
    check: Literal["score_entropy"]
    bins: int = Field(ge=2)

    def find(self, case: Case) -> Finding:
        """Return −Σ p ln p / ln bins; a value on an edge counts to the bin above, 1 to the last."""
        if not case.scores.size:
            return without_value("there is no score", "score the alerts of the batch")
        counts, _ = np.histogram(case.scores, bins=self.bins, range=(0.0, 1.0))
        filled = [count / case.scores.size for count in counts.tolist() if count]
        entropy = -math.fsum(share * math.log(share) for share in filled) / math.log(self.bins)
        return Finding(
            max(0.0, entropy),  # of one bin it would be minus 0
            f"{len(filled)} of {self.bins} bins of the histogram hold scores",
            remedy="" if len(filled) > 1 else "the scores all fall into one bin: calibrate them",
        )


class RankCorrelation(Check):
    """Spearman correlation with the median over all submitters, the miner included, brought to 0–1."""

    title: ClassVar[str] = "rank correlation"
    uses: ClassVar[frozenset[str]] = frozenset({"others"})
    check: Literal["rank_correlation"]
    least_common: int = Field(ge=2)
    otherwise: float = Field(ge=0, le=1)

    def find(self, case: Case) -> Finding:
        """Return (Spearman + 1) / 2."""
        own = case.alerts.select("alert_id", "score")
        if own.height < self.least_common:
            few = f"{own.height} alerts in common, asked at least {self.least_common}"
            return Finding(self.otherwise, few)
        median = own.join(_medians(case), on="alert_id").sort("alert_id")["median"]
        try:
            correlation = spearman(case.scores, median.to_numpy())
        except UndefinedMetricError as error:
            remedy = "scores that are all alike rank nothing: look at what the model was given"
            return Finding(self.otherwise, f"no correlation: {error}", remedy=remedy)
        others = len(case.evidence.others)
        alone = "" if others else "; without others the median is the miner's own score"
        return Finding(
            (correlation + 1.0) / 2.0,
            f"Spearman {correlation:.3f} with the median over {others + 1} submission(s){alone}",
            remedy="" if others else "--others RESULTS compares with what others hand in",
            numbers={"spearman": correlation, "submissions": others + 1},
        )


class DayToDayConsistency(Check):
    """How little scores of the same alert_id moved since the latest earlier date."""

    title: ClassVar[str] = "day-to-day consistency"
    uses: ClassVar[frozenset[str]] = frozenset({"previous"})
    check: Literal["day_to_day_consistency"]
    least_common: int = Field(ge=1)
    otherwise: float = Field(ge=0, le=1)

    def find(self, case: Case) -> Finding:
        """Return 1 − mean absolute difference."""
        if case.evidence.previous is None:
            return Finding(
                self.otherwise,
                "no earlier submission: a fixed value",
                remedy="--previous RESULTS compares with your own of an earlier date",
            )
        both = common_scores(case, case.evidence.previous.sound_scores())
        if both.height < self.least_common:
            few = (
                f"{both.height} alerts in common with {case.evidence.previous.name}: a fixed value"
            )
            return Finding(self.otherwise, few)
        moves = (both["score"] - both["other"]).abs().to_list()
        moved = math.fsum(moves) / len(moves)
        return Finding(
            1.0 - min(moved, 1.0),
            f"{both.height} common alerts moved by {moved:.3f} on average",
            numbers={"mean_absolute_difference": moved, "common": both.height},
        )


class Step(Closed):
    """A penalty for a standard deviation below a bound."""

    below: float = Field(gt=0)
    penalty: float = Field(ge=0, le=1)


class AddressConsistency(Check):
    """How alike the scores of one address are, over addresses with more than one alert."""

    title: ClassVar[str] = "address consistency"
    check: Literal["address_consistency"]
    steps: tuple[Step, ...] = Field(min_length=1)
    beyond: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        bounds = [step.below for step in self.steps]
        if bounds != sorted(set(bounds)):
            message = f"steps must rise; found {bounds}"
            raise ValueError(message)
        return self

    def find(self, case: Case) -> Finding:
        """Return 1 − mean penalty of the population standard deviations."""
        deviations = _deviations(case.alerts["address"].to_list(), case.scores)
        if not deviations.size:
            return Finding(1.0, "no address has more than one alert")
        penalties = np.array([*(step.penalty for step in self.steps), self.beyond])
        bounds = [step.below for step in self.steps]
        given = penalties[np.searchsorted(bounds, deviations, side="right")]
        spread = int((given > 0).sum())
        return Finding(
            1.0 - math.fsum(given.tolist()) / deviations.size,
            f"{spread} of {deviations.size} addresses with several alerts have scores too far apart",
            remedy="bring the scores of one address together, for instance by its mean"
            if spread
            else "",
            numbers={"addresses": deviations.size, "penalised": spread},
        )


def common_scores(case: Case, other: pl.DataFrame) -> pl.DataFrame:
    """Return ``alert_id, score, other`` of the judged alerts that another submission scored too, by alert_id."""
    others = other.select("alert_id", other="score")
    return case.alerts.select("alert_id", "score").join(others, on="alert_id").sort("alert_id")


def _medians(case: Case) -> pl.DataFrame:
    own = case.alerts.select("alert_id", "score")
    stacked = pl.concat([own, *(other.sound_scores() for other in case.evidence.others)])
    return stacked.group_by("alert_id").agg(median=pl.col("score").median())


def _deviations(addresses: list[str], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the population standard deviation of each address's scores, where it has several, by address."""
    if not addresses:
        return np.zeros(0)
    _, codes, counts = np.unique(np.array(addresses), return_inverse=True, return_counts=True)
    means = np.bincount(codes, scores) / counts
    squares = np.bincount(codes, (scores - means[codes]) ** 2)
    deviations: NDArray[np.float64] = np.sqrt(squares / counts)[counts > 1]
    return deviations
