"""Address labels as verdicts: one per address, however many labels it has."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from aml_miner.evaluation.metrics import roc_auc
from aml_miner.validator.case import Case
from aml_miner.validator.check import Check
from aml_miner.validator.finding import Finding, not_given, without_value

type Levels = Sequence[str]

RISKY, SAFE = ("high", "critical"), ("low", "medium")
"""The levels of risk the contract knows, as they are told apart by every published validator."""


def label_verdicts(
    labels: pl.DataFrame, risky: Levels = RISKY, safe: Levels = SAFE
) -> pl.DataFrame:
    """Return one verdict per labelled address.

    Of several labels of one address any risky one decides. A label of another level, or of none, says nothing.

    Returns
    -------
    DataFrame
        ``address``, ``label`` Boolean (risky or not) and ``rows``, how many of its labels say anything; by address.
    """
    level = pl.col("risk_level").str.strip_chars().str.to_lowercase()
    known = labels.select("address", level=level).filter(pl.col("level").is_in([*risky, *safe]))
    return (
        known.group_by("address")
        .agg(label=pl.col("level").is_in(list(risky)).any(), rows=pl.len())
        .sort("address")
    )


class AddressLabels(Check):
    """ROC AUC of the scores against the labels of their addresses, by the share of alerts that have one."""

    title: ClassVar[str] = "address labels (3A)"
    uses: ClassVar[frozenset[str]] = frozenset({"labels"})
    check: Literal["address_labels"]
    risky: tuple[str, ...] = Field(min_length=1)
    safe: tuple[str, ...] = Field(min_length=1)

    def find(self, case: Case) -> Finding:
        """Judge the alerts on labelled addresses."""
        if case.evidence.labels is None:
            return not_given("no address labels", "--labels FILE judges by address labels")
        verdicts = label_verdicts(case.evidence.labels, self.risky, self.safe)
        judged = case.alerts.join(verdicts, on="address").sort("alert_id")
        risky = int(judged["label"].sum())
        found = (
            f"{judged.height} of {case.alerts.height} alerts on labelled addresses, {risky} risky"
        )
        if risky in {0, judged.height}:
            more = "more labels are needed; these earn nothing, whatever the scores are"
            return without_value(f"{found}: there is no AUC of one class", more)
        auc = roc_auc(judged["label"].to_numpy(), judged["score"].to_numpy())
        return Finding(
            auc,
            found,
            coverage=judged.height / case.alerts.height,
            remedy=""
            if auc > 0.5
            else "riskier addresses get lower scores than safe ones: look at the labels",
            numbers={"auc": auc, "labelled": judged.height, "risky": risky},
        )
