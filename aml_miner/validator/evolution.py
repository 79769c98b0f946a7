"""What became of the addresses: scores judged by how their addresses' features grew."""

from typing import ClassVar, Literal, Self

import numpy as np
import polars as pl
from pydantic import Field, model_validator

from aml_miner.evaluation.metrics import brier_score, roc_auc
from aml_miner.validator.case import Case
from aml_miner.validator.check import Check, Closed
from aml_miner.validator.finding import Finding, not_given, without_value
from aml_miner.validator.growth import Growth, measure_growth


class Pattern(Closed):
    """A pattern of growth, and the scores that suit it, both ends included."""

    score_range: tuple[float, float]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.score_range
        if not 0.0 <= low <= high <= 1.0:
            message = f"score_range must rise within 0 to 1; found {low} to {high}"
            raise ValueError(message)
        return self


class ExpandingIllicit(Pattern):
    """Degree and volume multiplied, with a sign of laundering."""

    degree_growth_above: float
    volume_growth_above: float
    anomaly_above: float
    velocity_above: float

    def expression(self) -> pl.Expr:
        """Return whether a row fits; null when something it needs is not known."""
        sign = (
            pl.col("is_mixer_like")
            | (pl.col("behavioral_anomaly_score") > self.anomaly_above)
            | (pl.col("velocity_score") > self.velocity_above)
        )
        grown = pl.col("degree_growth") > self.degree_growth_above
        return grown & (pl.col("volume_growth") > self.volume_growth_above) & sign


class BenignIndicators(Pattern):
    """Little growth, little anomaly, no mixer."""

    degree_growth_below: float
    volume_growth_below: float
    anomaly_below: float

    def expression(self) -> pl.Expr:
        """Return whether a row fits; null when something it needs is not known."""
        return (
            (pl.col("degree_growth") < self.degree_growth_below)
            & (pl.col("volume_growth") < self.volume_growth_below)
            & (pl.col("behavioral_anomaly_score") < self.anomaly_below)
            & pl.col("is_mixer_like").not_()
        )


class Dormant(Pattern):
    """Next to no growth, and slow."""

    degree_growth_below: float
    volume_growth_below: float
    velocity_below: float

    def expression(self) -> pl.Expr:
        """Return whether a row fits; null when something it needs is not known."""
        return (
            (pl.col("degree_growth") < self.degree_growth_below)
            & (pl.col("volume_growth") < self.volume_growth_below)
            & (pl.col("velocity_score") < self.velocity_below)
        )


class EvolutionWeights(Closed):
    """What the three parts count for."""

    auc: float = Field(ge=0, le=1)
    brier: float = Field(ge=0, le=1)
    in_range: float = Field(ge=0, le=1)


class Evolution(Check):
    """AUC, Brier score and ranges against the patterns addresses showed later, by the share of alerts tracked."""

    title: ClassVar[str] = "evolution (3B)"
    uses: ClassVar[frozenset[str]] = frozenset({"features_later"})
    check: Literal["evolution"]
    days_later: int = Field(ge=1)
    weights: EvolutionWeights
    auc_of_one_class: float = Field(ge=0, le=1)
    own_threshold: float = Field(ge=0, le=1)
    expanding_illicit: ExpandingIllicit
    benign_indicators: BenignIndicators
    dormant: Dormant
    ambiguous: Pattern

    def find(self, case: Case) -> Finding:
        """Judge the alerts whose addresses are known at both dates."""
        later = case.evidence.features_later
        if later is None:
            give = f"--features-later BATCH judges by the addresses {self.days_later} days later"
            return not_given("no later features", give)
        growth = measure_growth(case, later, self.days_later)
        if not growth.alerts.height:
            return without_value(
                f"0 of {case.alerts.height} alerts on addresses whose growth is known",
                "see that both batches are of one network and have degree_total and total_volume_usd",
            )
        tracked = self.patterns(growth.alerts)
        return self._judged(tracked, case.alerts.height, _remarks(growth, self.days_later))

    def patterns(self, alerts: pl.DataFrame) -> pl.DataFrame:
        """Return the alerts of a growth with ``pattern``, ``label`` and ``in_range``, in their order.

        The first pattern that fits counts. A condition on an unknown value is not met, so that an address of which
        little is known is ambiguous.
        """
        own_label = pl.col("score") >= self.own_threshold
        pattern = (
            pl.when(self.expanding_illicit.expression())
            .then(pl.lit("expanding_illicit"))
            .when(self.benign_indicators.expression())
            .then(pl.lit("benign_indicators"))
            .when(self.dormant.expression())
            .then(pl.lit("dormant"))
            .otherwise(pl.lit("ambiguous"))
        )
        label = (
            pl.when(pl.col("pattern") == "expanding_illicit")
            .then(pl.lit(value=True))
            .when(pl.col("pattern") == "benign_indicators")
            .then(pl.lit(value=False))
            .otherwise(own_label)
        )
        found = alerts.with_columns(pattern=pattern)
        return found.with_columns(label=label, in_range=self._in_range())

    def _in_range(self) -> pl.Expr:
        suits = [
            (pl.col("pattern") == name) & pl.col("score").is_between(*pattern.score_range)
            for name, pattern in self._by_name().items()
        ]
        return pl.any_horizontal(suits)

    def _by_name(self) -> dict[str, Pattern]:
        return {
            "expanding_illicit": self.expanding_illicit,
            "benign_indicators": self.benign_indicators,
            "dormant": self.dormant,
            "ambiguous": self.ambiguous,
        }

    def _judged(self, tracked: pl.DataFrame, alerts: int, remarks: str) -> Finding:
        labels, scores = tracked["label"].to_numpy(), tracked["score"].to_numpy()
        auc = roc_auc(labels, scores) if np.unique(labels).size == 2 else self.auc_of_one_class
        brier = brier_score(labels, scores)
        inside = int(tracked["in_range"].sum()) / tracked.height
        counts = {name: int((tracked["pattern"] == name).sum()) for name in self._by_name()}
        shown = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        weights = self.weights
        return Finding(
            weights.auc * auc + weights.brier * (1.0 - brier) + weights.in_range * inside,
            f"{tracked.height} of {alerts} alerts tracked ({shown}): "
            f"AUC {auc:.3f}, Brier {brier:.3f}, {inside:.0%} of scores in the range of their pattern{remarks}",
            coverage=tracked.height / alerts,
            remedy=""
            if inside > 0.5
            else "calibrate: the ranges pay for probabilities that are neither timid nor bold",
            numbers={"auc": auc, "brier": brier, "in_range": inside, **counts},
        )


def _remarks(growth: Growth, days: int) -> str:
    """Say of the later features what a reader must know to trust what was made of them."""
    said = "" if growth.days == days else f"; compared {growth.days} days later instead of {days}"
    if growth.unknown:
        named = ", ".join(growth.unknown)
        said += f"; not known later, so that what needs it is ambiguous: {named}"
    return said
