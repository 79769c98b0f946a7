"""A cluster: some alerts, and what they have in common."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from aml_miner.batch.schemas import CLUSTERS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert, SeverityParameters
from aml_miner.monitoring.groups import Floats, Groups, Integers, expand
from aml_miner.monitoring.sums import exact_sums

_ID_LENGTH = 16

type ClusterType = Literal["same_entity", "same_pattern", "related_network", "time_based"]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Alerts that belong together.

    Attributes
    ----------
    cluster_type
        How they belong together.
    key
        What they have in common, in words that do not change from run to run; part of the cluster's id.
    members
        Places of its alerts among all alerts, ascending.
    """

    cluster_type: ClusterType
    key: str
    members: Sequence[int]


@dataclass(frozen=True, slots=True)
class Clustered:
    """Clusters of one kind, and how often a bound on their size kept alerts apart."""

    clusters: list[Cluster]
    cut_off: int = 0


@dataclass(frozen=True, slots=True)
class _Members:
    """Every alert of every cluster, cluster by cluster."""

    alert: Integers
    groups: Groups

    @classmethod
    def of(cls, clusters: Sequence[Cluster]) -> "_Members":
        """Lay the alerts of some clusters out flat."""
        sizes = [len(cluster.members) for cluster in clusters]
        flat = [member for cluster in clusters for member in cluster.members]
        owner = np.repeat(np.arange(len(clusters)), np.array(sizes, np.int64))
        return cls(np.array(flat, np.int64), Groups(owner, len(clusters)))

    def primary(self, confidence: Floats) -> Integers:
        """Alert of the highest confidence in each cluster; of those alike the first."""
        order = np.lexsort((self.alert, -confidence[self.alert], self.groups.owner))
        return self.alert[order][self.groups.start[:-1]]

    def evidence(self, alerts: Sequence[Alert]) -> tuple[Groups, Integers]:
        """Transfers behind each cluster, each once, in time order."""
        lengths = np.array([len(alert.finding.transfers) for alert in alerts], np.int64)
        flat = np.concatenate([alert.finding.transfers for alert in alerts])
        member, transfer = expand(np.concatenate([[0], np.cumsum(lengths)]), self.alert)
        cluster = self.groups.owner[member]
        transfers = int(flat.max()) + 1
        cell = np.sort(cluster * transfers + flat[transfer])
        cell = cell[np.concatenate([[True], cell[1:] != cell[:-1]])]
        return Groups(cell // transfers, self.groups.owners), cell % transfers


def cluster_table(
    clusters: Sequence[Cluster],
    alerts: Sequence[Alert],
    activity: Activity,
    severity: SeverityParameters,
) -> pl.DataFrame:
    """Return clusters as a table of the contract, sorted by cluster_id.

    A cluster's volume counts each transfer once, however many of its alerts rest on it.
    """
    if not clusters:
        return CLUSTERS.empty().drop("_version")
    members = _Members.of(clusters)
    confidence = np.array([alert.finding.confidence for alert in alerts])
    primary = members.primary(confidence).tolist()
    owner, transfer = members.evidence(alerts)
    amounts = activity.transfers.rows["amount_usd"].gather(transfer)
    volumes = pl.DataFrame({"owner": owner.owner}).with_columns(amounts)
    names, window = activity.addresses.to_list(), activity.transfers
    highest = members.groups.largest(confidence[members.alert]).tolist()
    columns = {
        "window_days": [window.window_days] * len(clusters),
        "processing_date": [window.processing_date] * len(clusters),
        "cluster_id": [_cluster_id(cluster, activity) for cluster in clusters],
        "cluster_type": [cluster.cluster_type for cluster in clusters],
        "primary_address": [names[alerts[place].finding.address] for place in primary],
        "pattern_id": [c.key if c.cluster_type == "same_pattern" else "" for c in clusters],
        "primary_alert_id": [alerts[place].alert_id for place in primary],
        "related_alert_ids": [[alerts[m].alert_id for m in c.members] for c in clusters],
        "addresses_involved": [[names[a] for a in _involved(c, alerts)] for c in clusters],
        "total_alerts": members.groups.count,
        "total_volume_usd": exact_sums(volumes, "amount_usd", len(clusters)),
        "severity_max": [severity.severity(each) for each in highest],
        "confidence_avg": members.groups.mean(confidence[members.alert]),
        "earliest_alert_timestamp": activity.timestamp[transfer[owner.start[:-1]]],
        "latest_alert_timestamp": activity.timestamp[transfer[owner.start[1:] - 1]],
    }
    schema = {name: CLUSTERS.schema[name] for name in columns}
    return pl.DataFrame(columns).cast(pl.Schema(schema)).sort("cluster_id")


def _involved(cluster: Cluster, alerts: Sequence[Alert]) -> Sequence[int]:
    """The pattern's addresses along its path, or those of the alerts."""
    findings = [alerts[member].finding for member in cluster.members]
    pattern = findings[0].pattern
    if cluster.cluster_type == "same_pattern" and pattern:
        return pattern.addresses
    return sorted({finding.address for finding in findings})


def _cluster_id(cluster: Cluster, activity: Activity) -> str:
    content = f"{cluster.cluster_type}\n{cluster.key}\n{activity.transfers.processing_date}"
    return f"{cluster.cluster_type}-{hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH]}"
