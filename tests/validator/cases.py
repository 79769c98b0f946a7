"""Small cases, written out: a batch of a few alerts, a submission of its scores, and what is known beside."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.checking import check_table
from aml_miner.batch.meta import Meta
from aml_miner.batch.schemas import ADDRESS_LABELS, ALERTS, CLUSTERS, FEATURES
from aml_miner.validator.case import Case, Evidence, make_case
from aml_miner.validator.check import Check
from aml_miner.validator.profile import load_profile
from aml_miner.validator.submission import Submission, make_submission
from tests.conftest import rows_of

DAY = date(2025, 11, 20)
LATER = date(2025, 12, 20)
"""Thirty days later."""

META = Meta(network="net", processing_date=DAY, window_days=30)
RISK = "risk-assessment-2025-11"
TIERS = "three-tier-2025-10"


def check_of(name: str, profile: str = RISK) -> Check:
    """Return a check with the parameters a profile gives it."""
    (found,) = (check for check in load_profile(profile).checks if check.check == name)
    return found


def batch_of(
    addresses: Mapping[str, str],
    confidences: Mapping[str, float] | None = None,
    features: pl.DataFrame | None = None,
) -> Batch:
    """Make a batch of alerts, by alert_id their address, in the order given."""
    rows = [
        _alert(one, address, (confidences or {}).get(one, 0.5))
        for one, address in addresses.items()
    ]
    return batch_of_rows(rows, features)


def batch_of_rows(rows: Sequence[dict[str, object]], features: pl.DataFrame | None = None) -> Batch:
    """Make a batch of alert rows."""
    alerts = rows_of(ALERTS, list(rows)) if rows else ALERTS.empty()
    tables = {
        "alerts": alerts,
        "features": FEATURES.empty() if features is None else features,
        "clusters": CLUSTERS.empty(),
    }
    return make_batch(tables, META)


def _alert(alert_id: str, address: str, confidence: float) -> dict[str, object]:
    return {
        "alert_id": alert_id,
        "address": address,
        "typology_type": "STRUCTURING",
        "alert_confidence_score": confidence,
        "description": "",
        "evidence_json": "{}",
        "risk_indicators": [],
    }


def submission_of(
    scores: Mapping[str, float | None],
    *,
    day: date | None = DAY,
    name: str = "mine",
    **columns: object,
) -> Submission:
    """Make a packaged submission with all that is asked of one; a column given as None is left out."""
    filled = {
        "model_version": "d0c0ffee0000",
        "model_github_url": "https://example.org/miner",
        "processing_date": day,
        "window_days": 30,
        "latency_ms": 1.0,
    } | columns
    table = pl.DataFrame({"alert_id": list(scores), "score": list(scores.values())})
    table = table.with_columns(
        pl.lit(value).alias(column) for column, value in filled.items() if value is not None
    )
    return make_submission(table, name=name, packaged=True)


def case_of(
    scores: Mapping[str, float | None],
    addresses: Mapping[str, str] | None = None,
    *,
    confidences: Mapping[str, float] | None = None,
    features: pl.DataFrame | None = None,
    submission: Submission | None = None,
    **evidence: Any,  # noqa: ANN401 -- as many types as Evidence has fields
) -> Case:
    """Put scores by alert_id beside a batch of the same alerts, each on an address of its own unless given."""
    addresses = addresses or {alert: f"at-{alert}" for alert in scores}
    batch = batch_of(addresses, confidences, features)
    evidence.setdefault("released", frozenset())
    return make_case(submission or submission_of(scores), batch, Evidence(**evidence))


def features_of(day: date, rows: Mapping[str, Mapping[str, object]]) -> pl.DataFrame:
    """Make the address features of a day, with every column of the schema."""
    key = {"processing_date": day, "window_days": 30}
    table = pl.DataFrame(
        [{"address": address, **key, **values} for address, values in rows.items()]
    )
    return check_table(table, FEATURES).rows


def labels_of(levels: Sequence[tuple[str, str | None]]) -> pl.DataFrame:
    """Make address labels of pairs of address and risk level."""
    schema = {name: ADDRESS_LABELS.schema[name] for name in ("address", "risk_level")}
    return pl.DataFrame(list(levels), schema=schema, orient="row")


def verdicts_of(column: str, verdicts: Mapping[str, bool | None]) -> pl.DataFrame:
    """Make verdicts per alert of the batch's day, or per address."""
    table = pl.DataFrame(
        {column: list(verdicts), "label": list(verdicts.values())},
        schema={column: pl.String, "label": pl.Boolean},
    )
    return table.with_columns(processing_date=pl.lit(DAY)) if column == "alert_id" else table
