"""Findings become alerts: an id, a severity, a description, and the transfers that show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_DNS, uuid5

import numpy as np
import orjson
import polars as pl
from pydantic import Field

from aml_miner.batch.schemas import ALERTS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.pattern import Pattern, pattern_id
from aml_miner.monitoring.typologies.finding import Finding


class SeverityParameters(Parameters):
    """Confidence at and above which an alert is of each severity; low below all."""

    critical: float
    high: float
    medium: float

    def severity(self, confidence: float) -> str:
        """Return the severity of an alert by its confidence."""
        for name in ("critical", "high", "medium"):
            if confidence >= getattr(self, name):
                return name
        return "low"


class EvidenceParameters(Parameters):
    """How much of its evidence an alert names."""

    max_transfers: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding under its id."""

    alert_id: str
    pattern_id: str
    finding: Finding


def make_alerts(findings: Sequence[Finding], activity: Activity) -> list[Alert]:
    """Give every finding its id, and sort by it.

    The id is the publisher's: the version-5 UUID of address, typology and processing date; with the pattern's id
    appended where there is one, since an address can be in several patterns of one typology.
    """
    names = activity.addresses.to_list()
    ids: dict[int, str] = {}
    alerts = []
    for finding in findings:
        pattern = _pattern_id(finding.pattern, names, ids)
        parts = [names[finding.address], finding.typology, str(activity.transfers.processing_date)]
        name = "-".join([*parts, pattern] if pattern else parts)
        alerts.append(Alert(str(uuid5(NAMESPACE_DNS, name)), pattern, finding))
    return sorted(alerts, key=lambda alert: alert.alert_id)


def _pattern_id(pattern: Pattern | None, names: Sequence[str], known: dict[int, str]) -> str:
    """Return a pattern's id, worked out once for all the alerts that share the pattern."""
    if pattern is None:
        return ""
    if id(pattern) not in known:
        known[id(pattern)] = pattern_id(pattern, names)
    return known[id(pattern)]


def alert_table(
    alerts: Sequence[Alert],
    activity: Activity,
    severity: SeverityParameters,
    evidence: EvidenceParameters,
) -> pl.DataFrame:
    """Return the alerts as a table of the contract, in their order."""
    findings = [alert.finding for alert in alerts]
    window, names = activity.transfers, activity.addresses.to_list()
    volumes = activity.exact_volumes([finding.transfers for finding in findings])
    severities = [severity.severity(finding.confidence) for finding in findings]
    columns = {
        "window_days": [window.window_days] * len(alerts),
        "processing_date": [window.processing_date] * len(alerts),
        "alert_id": [alert.alert_id for alert in alerts],
        "address": [names[finding.address] for finding in findings],
        "typology_type": [finding.typology for finding in findings],
        "pattern_id": [alert.pattern_id for alert in alerts],
        "pattern_type": [f.pattern.kind.pattern_type if f.pattern else "" for f in findings],
        "severity": severities,
        "suspected_address_type": ["unknown"] * len(alerts),
        "suspected_address_subtype": [""] * len(alerts),
        "alert_confidence_score": [finding.confidence for finding in findings],
        "description": [finding.description for finding in findings],
        "volume_usd": volumes,
        "evidence_json": _evidence_jsons(findings, volumes, activity, evidence.max_transfers),
        "risk_indicators": [list(finding.indicators) for finding in findings],
    }
    return pl.DataFrame(columns, schema={name: ALERTS.schema[name] for name in columns})


def _evidence_jsons(
    findings: Sequence[Finding], volumes: pl.Series, activity: Activity, most: int
) -> list[str]:
    """Say what was counted and which transfers came first; each transfer by its tx_id/event_index/edge_index."""
    firsts = [finding.transfers[:most] for finding in findings]
    keys = _keys(activity, np.unique(np.concatenate([np.zeros(0, np.int64), *firsts])))
    return [
        orjson.dumps(
            {
                "counted": dict(finding.facts),
                "transfer_count": len(finding.transfers),
                "volume_usd": f"{volume:.2f}",
                "first_transfer_at": _utc(activity.timestamp[finding.transfers[0]]),
                "last_transfer_at": _utc(activity.timestamp[finding.transfers[-1]]),
                "first_transfers": [keys[i] for i in first.tolist()],
            }
        ).decode()
        for finding, first, volume in zip(findings, firsts, volumes.to_list(), strict=True)
    ]


def _keys(activity: Activity, transfers: Integers) -> dict[int, str]:
    """Name some transfers by tx_id/event_index/edge_index: of all of them the names would take gigabytes."""
    parts = pl.concat_str("tx_id", "event_index", "edge_index", separator="/")
    names = activity.transfers.rows[transfers].select(parts).to_series().to_list()
    return dict(zip(transfers.tolist(), names, strict=True))


def _utc(milliseconds: int) -> str:
    return datetime.fromtimestamp(int(milliseconds) // 1000, UTC).isoformat()
