"""Checks of form: is everything there, once, in range, and from whom it says."""

from typing import ClassVar, Literal

import numpy as np
import polars as pl
from pydantic import Field

from aml_miner.validator.case import Case
from aml_miner.validator.check import Check
from aml_miner.validator.finding import Finding, assumed, met

_PACKAGE = "it is added when the results are packaged; see that it is filled"


class EveryAlertScored(Check):
    """Every alert of the batch has a score, and nothing else has: the ids are compared, not their number."""

    title: ClassVar[str] = "every alert scored"
    check: Literal["every_alert_scored"]

    def find(self, case: Case) -> Finding:
        """Compare the ids of the submission with those of the batch."""
        expected, found = _ids(case.batch.alerts), _ids(case.submission.rows)
        missing, extra = expected - found, found - expected
        if not missing and not extra:
            return Finding(1.0, f"{len(expected)} of {len(expected)} alerts are scored")
        said = f"{_count(missing)} of {len(expected)} alerts not scored, {_count(extra)} ids not of the batch"
        if len(missing) == len(extra):
            said += "; the published check compares their number alone and would not see it"
        return Finding(
            0.0,
            said,
            remedy="score exactly the alerts of this batch: aml-miner score BATCH --out RESULTS",
            numbers={"missing": len(missing), "extra": len(extra)},
        )


class ScoresInRange(Check):
    """Every score is a finite number from 0 to 1."""

    title: ClassVar[str] = "scores in range"
    check: Literal["scores_in_range"]

    def find(self, case: Case) -> Finding:
        """Look for scores below 0, above 1, infinite, NaN or null."""
        rows = case.submission.rows
        wrong = rows.filter(~pl.col("score").is_between(0.0, 1.0) | pl.col("score").is_nan())
        if not wrong.height:
            return Finding(1.0, f"all {rows.height} scores are from 0 to 1")
        first = wrong.sort("alert_id").row(0, named=True)
        return Finding(
            0.0,
            f"{wrong.height} of {rows.height} scores are not from 0 to 1, "
            f"first alert_id '{first['alert_id']}': {first['score']}",
            remedy="give a probability for each of these alerts; NaN and null are no scores",
            numbers={"out_of_range": wrong.height},
        )


class NoRepeatedAlert(Check):
    """No alert_id stands twice."""

    title: ClassVar[str] = "no repeated alert"
    check: Literal["no_repeated_alert"]

    def find(self, case: Case) -> Finding:
        """Look for repeated ids, and say when the batch has them too."""
        ids = case.submission.rows["alert_id"]
        repeated = ids.filter(ids.is_duplicated()).unique().sort()
        if repeated.is_empty():
            return Finding(1.0, "no alert_id stands twice")
        own = case.batch.alerts["alert_id"].is_duplicated().any()
        remedy = "keep one row per alert_id"
        if own:
            remedy = (
                "the batch repeats them too: keep one row per alert_id, that of the highest score"
            )
        return Finding(
            0.0,
            f"{repeated.len()} alert_ids stand more than once, first '{repeated[0]}'",
            remedy=remedy,
            numbers={"repeated": repeated.len()},
        )


class Provenance(Check):
    """Columns that say where the scores come from are filled in every row."""

    title: ClassVar[str] = "provenance"
    check: Literal["provenance"]
    columns: tuple[str, ...] = Field(min_length=1)

    def find(self, case: Case) -> Finding:
        """Look for absent, null and empty values."""
        rows = case.submission.rows
        absent = [name for name in self.columns if name not in rows.columns]
        empty = [name for name in self.columns if name not in absent and _has_empty(rows[name])]
        if empty or (absent and case.submission.packaged):
            named = ", ".join([*empty, *absent])
            return Finding(0.0, f"not filled in every row: {named}", remedy=f"fill {named}")
        if absent:
            named = ", ".join(absent)
            return assumed(f"not in the results: {named}", f"{named}: {_PACKAGE}")
        return Finding(1.0, f"filled in every row: {', '.join(self.columns)}")


class RequiredColumns(Check):
    """All columns a submission must have are there."""

    title: ClassVar[str] = "required columns"
    check: Literal["required_columns"]
    columns: tuple[str, ...] = Field(min_length=1)

    def find(self, case: Case) -> Finding:
        """Look for absent columns."""
        absent = [name for name in self.columns if name not in case.submission.rows.columns]
        if not absent:
            return Finding(1.0, f"there are {', '.join(self.columns)}")
        named = ", ".join(absent)
        if case.submission.packaged:
            return Finding(0.0, f"absent: {named}", remedy=f"add {named}")
        return assumed(f"not in the results: {named}", f"{named}: {_PACKAGE}")


class ScoreSpread(Check):
    """The scores are not all alike."""

    title: ClassVar[str] = "score spread"
    check: Literal["score_spread"]
    deviation_above: float = Field(ge=0)

    def find(self, case: Case) -> Finding:
        """Compare the population standard deviation of the scores with its bound."""
        spread = float(np.std(case.scores)) if case.scores.size else 0.0
        return met(
            holds=spread > self.deviation_above,
            detail=f"standard deviation {spread:.3g}, asked above {self.deviation_above:g}",
            remedy="a constant tells no alert from another: look at what the model was given",
        )


class ScoresHash(Check):
    """The scores have the hash their receipt gives."""

    title: ClassVar[str] = "scores hash"
    check: Literal["scores_hash"]

    def find(self, case: Case) -> Finding:
        """Return what the check of the receipt found."""
        receipt = case.submission.receipt
        if receipt is None:
            return assumed("no receipt was checked", "verify the package before it is sent")
        return met(
            holds=receipt.hash_matches,
            detail="compared with the receipt",
            remedy="package the results again: the scores were changed after they were signed",
        )


class Signature(Check):
    """The receipt's signature is valid."""

    title: ClassVar[str] = "signature"
    check: Literal["signature"]

    def find(self, case: Case) -> Finding:
        """Return what the check of the receipt found."""
        receipt = case.submission.receipt
        if receipt is None:
            return assumed("no receipt was checked", "verify the package before it is sent")
        return met(
            holds=receipt.signature_valid,
            detail="compared with the receipt's public key",
            remedy="sign the package again with the key it names",
        )


class Cardinality(Check):
    """There is a row for each alert of the batch, and no other."""

    title: ClassVar[str] = "cardinality"
    check: Literal["cardinality"]

    def find(self, case: Case) -> Finding:
        """Compare the ids of both sides, each as often as it stands there."""
        expected, found = (t["alert_id"].sort() for t in (case.batch.alerts, case.submission.rows))
        return met(
            holds=expected.equals(found),
            detail=f"{found.len()} rows for {expected.len()} alerts",
            remedy="score exactly the alerts of this batch, each once: aml-miner score BATCH --out RESULTS",
        )


def _ids(rows: pl.DataFrame) -> set[str]:
    return set(rows["alert_id"])


def _count(ids: set[str]) -> str:
    return f"{len(ids)} (first '{min(ids)}')" if ids else "0"


def _has_empty(values: pl.Series) -> bool:
    texts = values.cast(pl.String).fill_null("").str.strip_chars()
    return bool((texts == "").any())
