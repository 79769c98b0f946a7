"""Findings become alerts: an id, a severity, a description, and the transfers that show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_DNS, uuid5

import orjson
import polars as pl

from aml_miner.batch.schemas import ALERTS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.patterns.pattern import exact_volume, pattern_id
from aml_miner.monitoring.profile import MonitoringProfile
from aml_miner.monitoring.typologies import Finding


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
    return sorted((_alert(finding, activity) for finding in findings), key=lambda a: a.alert_id)


def _alert(finding: Finding, activity: Activity) -> Alert:
    names = activity.addresses
    pattern = pattern_id(finding.pattern, names) if finding.pattern else ""
    parts = [names[finding.address], finding.typology, str(activity.transfers.processing_date)]
    name = "-".join([*parts, pattern] if pattern else parts)
    return Alert(str(uuid5(NAMESPACE_DNS, name)), pattern, finding)


def alert_table(
    alerts: Sequence[Alert], activity: Activity, profile: MonitoringProfile
) -> pl.DataFrame:
    """Return the alerts as a table of the contract, in their order."""
    rows = [_row(alert, activity, profile) for alert in alerts]
    schema = {name: dtype for name, dtype in ALERTS.schema.items() if name != "_version"}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _row(alert: Alert, activity: Activity, profile: MonitoringProfile) -> tuple[object, ...]:
    finding, window = alert.finding, activity.transfers
    return (
        window.window_days,
        window.processing_date,
        alert.alert_id,
        activity.addresses[finding.address],
        finding.typology,
        alert.pattern_id,
        finding.pattern.pattern_type if finding.pattern else "",
        profile.severity.severity(finding.confidence),
        "unknown",
        "",
        finding.confidence,
        finding.description,
        exact_volume(activity, finding.transfers),
        _evidence_json(finding, activity, profile.evidence.max_transfers),
        list(finding.indicators),
    )


def _evidence_json(finding: Finding, activity: Activity, max_transfers: int) -> str:
    shown = activity.transfers.rows[finding.transfers[:max_transfers]]
    times = activity.timestamp[finding.transfers]
    evidence = {
        "counted": dict(finding.facts),
        "transfer_count": len(finding.transfers),
        "volume_usd": f"{exact_volume(activity, finding.transfers):.2f}",
        "first_transfer_at": _utc(int(times[0])),
        "last_transfer_at": _utc(int(times[-1])),
        "first_transfers": _transfer_keys(shown),
    }
    return orjson.dumps(evidence).decode()


def _transfer_keys(rows: pl.DataFrame) -> list[str]:
    return (
        rows.select(pl.concat_str("tx_id", "event_index", "edge_index", separator="/"))
        .to_series()
        .to_list()
    )


def _utc(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def alert_times(alert: Alert, activity: Activity) -> Integers:
    """Times of an alert's transfers in milliseconds since 1970, ascending."""
    return activity.timestamp[alert.finding.transfers]
