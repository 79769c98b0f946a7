"""What is asked of the order in which alerts are to be opened."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from aml_miner.errors import UndefinedMetricError
from aml_miner.evaluation.correlation import kendall_tau
from aml_miner.validator.behaviour import common_scores
from aml_miner.validator.case import Case
from aml_miner.validator.check import Check
from aml_miner.validator.finding import Finding, not_given, without_value
from aml_miner.validator.labels import label_verdicts


class KnownRiskFirst(Check):
    """The first places hold most of the addresses with alerts that are known to be risky."""

    title: ClassVar[str] = "known risk first"
    uses: ClassVar[frozenset[str]] = frozenset({"labels"})
    check: Literal["known_risk_first"]
    places: int = Field(ge=1)
    least_share: float = Field(ge=0, le=1)
    risky: tuple[str, ...] = Field(min_length=1)

    def find(self, case: Case) -> Finding:
        """Count the risky addresses among the first places."""
        if case.evidence.labels is None:
            return not_given("no address labels", "--labels FILE names addresses known to be risky")
        verdicts = label_verdicts(case.evidence.labels, self.risky, ())
        risky = case.alerts.join(verdicts, on="address", how="semi")["address"].n_unique()
        if not risky:
            return without_value("no address with an alert is known to be risky", "")
        first = opening_order(case).head(self.places).join(verdicts, on="address", how="semi")
        share = first["address"].n_unique() / risky
        return Finding(
            float(share >= self.least_share),
            f"the first {self.places} hold {share:.0%} of {risky} risky addresses, asked {self.least_share:.0%}",
            remedy=""
            if share >= self.least_share
            else "look at the scores of the risky ones below",
            numbers={"share": share, "risky": risky},
        )


class BaselineAgreement(Check):
    """The order agrees with that of a baseline."""

    title: ClassVar[str] = "baseline agreement"
    uses: ClassVar[frozenset[str]] = frozenset({"baseline"})
    check: Literal["baseline_agreement"]
    least_tau: float = Field(ge=-1, le=1)

    def find(self, case: Case) -> Finding:
        """Compare Kendall's tau of the scores with its bound."""
        if case.evidence.baseline is None:
            return not_given("no baseline", "--baseline RESULTS compares with its order")
        both = common_scores(case, case.evidence.baseline.sound_scores())
        try:
            tau = kendall_tau(both["score"].to_numpy(), both["other"].to_numpy())
        except UndefinedMetricError as error:
            return without_value(str(error), "name a baseline of the same batch")
        return Finding(
            float(tau >= self.least_tau),
            f"Kendall's tau {tau:.3f} over {both.height} common alerts, asked {self.least_tau:g}",
            remedy=""
            if tau >= self.least_tau
            else "look at the alerts the two place most differently",
            numbers={"tau": tau, "common": both.height},
        )


def opening_order(case: Case) -> pl.DataFrame:
    """Return the judged alerts, first to open first: by the ranking handed in, else by falling score, then alert_id."""
    ranking = case.submission.ranking
    if ranking is None:
        return case.alerts.sort("score", "alert_id", descending=[True, False])
    ranked = case.alerts.join(ranking, on="alert_id", how="left")
    return ranked.sort("rank", "alert_id", nulls_last=True)
