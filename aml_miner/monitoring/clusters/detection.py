"""All kinds of clusters, found one after the other."""

from collections.abc import Sequence

import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert
from aml_miner.monitoring.clusters.cluster import cluster_table
from aml_miner.monitoring.clusters.network import related_network
from aml_miner.monitoring.clusters.same import same_entity, same_pattern
from aml_miner.monitoring.clusters.time import time_based
from aml_miner.monitoring.profile import MonitoringProfile


def detect_clusters(
    alerts: Sequence[Alert], activity: Activity, profile: MonitoringProfile
) -> pl.DataFrame:
    """Return the clusters of some alerts as a table of the contract, sorted by cluster_id."""
    clusters = [
        *same_entity(alerts, activity),
        *same_pattern(alerts),
        *related_network(alerts, activity, profile.related_network),
        *time_based(alerts, activity, profile.time_based),
    ]
    return cluster_table(clusters, alerts, activity, profile.severity)
