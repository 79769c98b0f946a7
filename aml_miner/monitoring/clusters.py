"""Clusters: alerts that belong together, by address or by pattern.

Two of the four published kinds; alerts joined by money flows and alerts close in time will have a function each here.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from aml_miner.batch.schemas import CLUSTERS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert
from aml_miner.monitoring.profile import MonitoringProfile

_ID_LENGTH = 16


type _Kind = Literal["same_entity", "same_pattern"]


@dataclass(frozen=True, slots=True)
class _Cluster:
    kind: _Kind
    key: str
    members: list[Alert]

    @property
    def primary(self) -> Alert:
        """The alert of the highest confidence; of those alike the first by id."""
        return min(self.members, key=lambda a: (-a.finding.confidence, a.alert_id))

    @property
    def involved(self) -> tuple[int, ...]:
        """The pattern's addresses along its path, or the one address."""
        finding = self.members[0].finding
        if self.kind == "same_pattern" and finding.pattern:
            return finding.pattern.addresses
        return (finding.address,)


def cluster_table(
    alerts: Sequence[Alert], activity: Activity, profile: MonitoringProfile
) -> pl.DataFrame:
    """Return the clusters of some alerts as a table of the contract, sorted by cluster_id.

    A cluster's volume counts each transfer once, however many of its alerts rest on it.
    """
    clusters = [*_same_entity(alerts, activity), *_same_pattern(alerts)]
    window, names = activity.transfers, activity.addresses.to_list()
    evidence = [
        np.unique(np.concatenate([a.finding.transfers for a in cluster.members]))
        for cluster in clusters
    ]
    confidences = [[a.finding.confidence for a in cluster.members] for cluster in clusters]
    columns = {
        "window_days": [window.window_days] * len(clusters),
        "processing_date": [window.processing_date] * len(clusters),
        "cluster_id": [_cluster_id(cluster, activity) for cluster in clusters],
        "cluster_type": [cluster.kind for cluster in clusters],
        "primary_address": [names[cluster.primary.finding.address] for cluster in clusters],
        "pattern_id": [c.key if c.kind == "same_pattern" else "" for c in clusters],
        "primary_alert_id": [cluster.primary.alert_id for cluster in clusters],
        "related_alert_ids": [[a.alert_id for a in cluster.members] for cluster in clusters],
        "addresses_involved": [[names[a] for a in cluster.involved] for cluster in clusters],
        "total_alerts": [len(cluster.members) for cluster in clusters],
        "total_volume_usd": activity.exact_volumes(evidence),
        "severity_max": [profile.severity.severity(max(each)) for each in confidences],
        "confidence_avg": [sum(each) / len(each) for each in confidences],
        "earliest_alert_timestamp": [activity.timestamp[each[0]] for each in evidence],
        "latest_alert_timestamp": [activity.timestamp[each[-1]] for each in evidence],
    }
    schema = {name: CLUSTERS.schema[name] for name in columns}
    return pl.DataFrame(columns, schema=schema).sort("cluster_id")


def _same_entity(alerts: Sequence[Alert], activity: Activity) -> Iterator[_Cluster]:
    """Two alerts or more on one address."""
    by_address: dict[int, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_address[alert.finding.address].append(alert)
    for address, members in by_address.items():
        if len(members) > 1:
            yield _Cluster("same_entity", activity.addresses[address], members)


def _same_pattern(alerts: Sequence[Alert]) -> Iterator[_Cluster]:
    """The alerts of one pattern."""
    by_pattern: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_pattern[alert.pattern_id].append(alert)
    for pattern, members in by_pattern.items():
        if pattern:
            yield _Cluster("same_pattern", pattern, members)


def _cluster_id(cluster: _Cluster, activity: Activity) -> str:
    content = f"{cluster.kind}\n{cluster.key}\n{activity.transfers.processing_date}"
    return f"{cluster.kind}-{hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH]}"
