"""Clusters: alerts that belong together, by address or by pattern.

Two of the four published kinds; alerts joined by money flows and alerts close in time will have a function each here.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from aml_miner.batch.schemas import CLUSTERS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert, alert_times
from aml_miner.monitoring.patterns.pattern import exact_volume
from aml_miner.monitoring.profile import MonitoringProfile

_ID_LENGTH = 16


def cluster_table(
    alerts: Sequence[Alert], activity: Activity, profile: MonitoringProfile
) -> pl.DataFrame:
    """Return the clusters of some alerts as a table of the contract, sorted by cluster_id."""
    groups = [*_same_entity(alerts, activity), *_same_pattern(alerts)]
    rows = [_row(kind, key, members, activity, profile) for kind, key, members in groups]
    schema = {name: dtype for name, dtype in CLUSTERS.schema.items() if name != "_version"}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("cluster_id")


def _same_entity(
    alerts: Sequence[Alert], activity: Activity
) -> Iterator[tuple[str, str, list[Alert]]]:
    """Two alerts or more on one address."""
    by_address: dict[int, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_address[alert.finding.address].append(alert)
    for address, members in by_address.items():
        if len(members) > 1:
            yield "same_entity", activity.addresses[address], members


def _same_pattern(alerts: Sequence[Alert]) -> Iterator[tuple[str, str, list[Alert]]]:
    """The alerts of one pattern."""
    by_pattern: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_pattern[alert.pattern_id].append(alert)
    for pattern, members in by_pattern.items():
        if pattern:
            yield "same_pattern", pattern, members


def _row(
    kind: str, key: str, members: list[Alert], activity: Activity, profile: MonitoringProfile
) -> tuple[object, ...]:
    window = activity.transfers
    primary = min(members, key=lambda a: (-a.finding.confidence, a.alert_id))
    pattern = primary.finding.pattern if kind == "same_pattern" else None
    involved = pattern.addresses if pattern else (primary.finding.address,)
    transfers = np.unique(np.concatenate([alert.finding.transfers for alert in members]))
    confidences = [alert.finding.confidence for alert in members]
    return (
        window.window_days,
        window.processing_date,
        _cluster_id(kind, key, activity),
        kind,
        activity.addresses[primary.finding.address],
        key if pattern else "",
        primary.alert_id,
        [alert.alert_id for alert in members],
        [activity.addresses[address] for address in involved],
        len(members),
        exact_volume(activity, transfers),
        profile.severity.severity(max(confidences)),
        sum(confidences) / len(confidences),
        min(int(alert_times(alert, activity)[0]) for alert in members),
        max(int(alert_times(alert, activity)[-1]) for alert in members),
    )


def _cluster_id(kind: str, key: str, activity: Activity) -> str:
    content = f"{kind}\n{key}\n{activity.transfers.processing_date}"
    return f"{kind}-{hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH]}"
