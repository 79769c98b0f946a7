"""Checks by what turned out: alerts whose outcome was known beforehand, and outcomes some weeks later."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from aml_miner.errors import UndefinedMetricError
from aml_miner.evaluation.metrics import brier_score, ndcg_at_k, roc_auc
from aml_miner.validator.case import Case
from aml_miner.validator.check import Check
from aml_miner.validator.finding import Finding, not_given, without_value

type _Measure = Callable[[NDArray[np.bool_], NDArray[np.float64]], float]


def outcome_labels(case: Case, verdicts: pl.DataFrame, *, listed_only: bool) -> pl.DataFrame:
    """Return the judged alerts with a known outcome.

    Parameters
    ----------
    verdicts
        As `Evidence.outcomes`. One that is null is not known.
    listed_only
        Whether of verdicts per address only the listed addresses are known; otherwise one that is not listed is
        licit. An alert that is not listed in verdicts per alert is never known.

    Returns
    -------
    DataFrame
        The columns of ``case.alerts`` and ``label``, by alert_id.
    """
    if "alert_id" in verdicts.columns:
        today = verdicts.filter(pl.col("processing_date") == case.processing_date)
        known = case.alerts.join(today.select("alert_id", "label"), on="alert_id")
        return known.drop_nulls("label").sort("alert_id")
    listed = verdicts.select("address", "label", listed=pl.lit(value=True))
    joined = case.alerts.join(listed, on="address", how="left")
    if not listed_only:
        unlisted = pl.col("listed").is_null()
        joined = joined.with_columns(
            label=pl.when(unlisted).then(pl.lit(value=False)).otherwise("label")
        )
    return joined.drop("listed").drop_nulls("label").sort("alert_id")


class Traps(Check):
    """Share of canary alerts' traps in their places; 0 when too few are.

    A trap is the alerts on one address with one known outcome. A high one lies above a quantile of the batch's scores,
    a low one below another.
    """

    title: ClassVar[str] = "traps"
    uses: ClassVar[frozenset[str]] = frozenset({"traps"})
    check: Literal["traps"]
    high_quantile: float = Field(ge=0, le=1)
    low_quantile: float = Field(ge=0, le=1)
    alert_share_above: float = Field(ge=0, lt=1)
    trap_share: float = Field(ge=0, le=1)

    def find(self, case: Case) -> Finding:
        """Count the traps that pass."""
        if case.evidence.traps is None:
            give = "--traps FILE rehearses with alerts whose outcome you know; a validator does not tell its own"
            return not_given("no canary alerts", give)
        known = outcome_labels(case, case.evidence.traps, listed_only=True)
        if not known.height:
            return without_value("no canary alert is in the batch", "name traps of this batch")
        traps = self.traps(case, known)
        passed = int(traps["passed"].sum())
        share = passed / traps.height
        first = traps.filter(~pl.col("passed"))["address"]
        more = "" if first.is_empty() else f", first that does not: {first[0]}"
        return Finding(
            share if share >= self.trap_share else 0.0,
            f"{passed} of {traps.height} traps pass, asked {self.trap_share:.0%}{more}",
            remedy=""
            if share >= self.trap_share
            else "clear cases must stand at the ends of the day's scores: look at the alerts of the traps that fail",
            numbers={"traps": traps.height, "passed": passed},
        )

    def traps(self, case: Case, known: pl.DataFrame) -> pl.DataFrame:
        """Return ``address, label, passed`` of each trap, by address and label."""
        high, low = np.quantile(case.scores, [self.high_quantile, self.low_quantile])
        in_place = pl.when("label").then(pl.col("score") > high).otherwise(pl.col("score") < low)
        share = in_place.sum() / pl.len()
        traps = known.group_by("address", "label").agg(passed=share > self.alert_share_above)
        return traps.sort("address", "label")


class OutcomeAuc(Check):
    """ROC AUC of the scores against what turned out."""

    title: ClassVar[str] = "outcome AUC"
    uses: ClassVar[frozenset[str]] = frozenset({"outcomes"})
    check: Literal["outcome_auc"]

    def find(self, case: Case) -> Finding:
        """Return the AUC of the alerts with a known outcome."""
        return _measured(case, roc_auc, "AUC")


class OutcomeBrier(Check):
    """1 minus the Brier score against what turned out."""

    title: ClassVar[str] = "outcome Brier"
    uses: ClassVar[frozenset[str]] = frozenset({"outcomes"})
    check: Literal["outcome_brier"]

    def find(self, case: Case) -> Finding:
        """Return 1 minus the Brier score of the alerts with a known outcome."""
        return _measured(case, _inverted_brier, "1 − Brier score")


class OutcomeNdcg(Check):
    """NDCG of the first places by score against what turned out."""

    title: ClassVar[str] = "outcome NDCG"
    uses: ClassVar[frozenset[str]] = frozenset({"outcomes"})
    check: Literal["outcome_ndcg"]
    places: int = Field(ge=1)

    def find(self, case: Case) -> Finding:
        """Return the NDCG of the alerts with a known outcome."""
        ndcg = partial(ndcg_at_k, k=self.places)
        return _measured(case, ndcg, f"NDCG@{self.places}")


def _inverted_brier(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    return 1.0 - brier_score(labels, scores)


def _measured(case: Case, metric: _Measure, name: str) -> Finding:
    if case.evidence.outcomes is None:
        return not_given("no outcomes", "--truth FILE judges by what turned out")
    known = outcome_labels(case, case.evidence.outcomes, listed_only=False)
    illicit = int(known["label"].sum())
    found = f"{known.height} of {case.alerts.height} alerts have an outcome, {illicit} illicit"
    try:
        value = metric(known["label"].to_numpy(), known["score"].to_numpy())
    except UndefinedMetricError as error:
        return without_value(f"{found}: {error}", "more outcomes are needed")
    numbers = {"outcomes": known.height, "illicit": illicit}
    return Finding(value, f"{name}; {found}", numbers=numbers)
