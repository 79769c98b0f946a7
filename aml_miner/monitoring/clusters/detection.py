"""All kinds of clusters, found one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert
from aml_miner.monitoring.clusters.cluster import cluster_table
from aml_miner.monitoring.clusters.network import related_network
from aml_miner.monitoring.clusters.same import same_entity, same_pattern
from aml_miner.monitoring.clusters.time import time_based
from aml_miner.monitoring.profile import MonitoringProfile


@dataclass(frozen=True, slots=True)
class FoundClusters:
    """The clusters of a window, and where a bound on their size kept alerts apart.

    Attributes
    ----------
    table
        As `CLUSTERS` in the schemas, sorted by cluster_id.
    cut_off
        Per kind of cluster how often; kinds of which no bound was met are not named.
    """

    table: pl.DataFrame
    cut_off: Mapping[str, int]


def detect_clusters(
    alerts: Sequence[Alert], activity: Activity, profile: MonitoringProfile
) -> FoundClusters:
    """Find the clusters of some alerts."""
    bounded = {
        "related_network": related_network(alerts, activity, profile.related_network),
        "time_based": time_based(alerts, activity, profile.time_based),
    }
    clusters = [
        *same_entity(alerts, activity),
        *same_pattern(alerts),
        *(cluster for found in bounded.values() for cluster in found.clusters),
    ]
    return FoundClusters(
        cluster_table(clusters, alerts, activity, profile.severity),
        {name: found.cut_off for name, found in bounded.items() if found.cut_off},
    )
