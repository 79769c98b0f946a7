from decimal import Decimal

from aml_miner.batch.schemas import CLUSTERS
from aml_miner.monitoring.clusters.cluster import Cluster, cluster_table
from aml_miner.monitoring.profile import load_profile
from tests.monitoring.clusters.alerted import alerts_at
from tests.monitoring.graphs import activity_of

SEVERITY = load_profile().severity


def test_a_cluster_counts_each_transfer_once() -> None:
    activity = activity_of(("a", "b", 10, 0), ("b", "c", 5, 1))
    alerts = alerts_at(activity, "b", "a", "c")
    cluster = Cluster("related_network", "a\nb\nc", [0, 1, 2])
    (row,) = cluster_table([cluster], alerts, activity, SEVERITY).to_dicts()
    assert row["total_volume_usd"] == Decimal(15)
    assert row["addresses_involved"] == ["a", "b", "c"]
    assert row["related_alert_ids"] == ["alert-0", "alert-1", "alert-2"]
    assert row["primary_alert_id"] == "alert-0"  # all are as sure: the first
    assert (row["severity_max"], row["total_alerts"], row["pattern_id"]) == ("medium", 3, "")
    assert row["earliest_alert_timestamp"] == activity.timestamp[0]
    assert row["latest_alert_timestamp"] == activity.timestamp[1]


def test_clusters_are_sorted_by_an_id_made_of_what_they_have_in_common() -> None:
    activity = activity_of(("a", "b", 10, 0), ("b", "c", 5, 1))
    alerts = alerts_at(activity, "b", "a", "c")
    pair, other = (Cluster("time_based", key, [0, 1]) for key in ("one", "other"))
    table = cluster_table([pair, other], alerts, activity, SEVERITY)
    assert table["cluster_id"].is_sorted()
    assert table["cluster_id"].n_unique() == 2
    assert table.equals(cluster_table([other, pair], alerts, activity, SEVERITY))


def test_no_clusters_make_an_empty_table_of_the_same_columns() -> None:
    activity = activity_of(("a", "b", 10, 0))
    cluster = Cluster("same_entity", "a", [0])
    some = cluster_table([cluster], alerts_at(activity, "a"), activity, SEVERITY)
    none = cluster_table([], [], activity, SEVERITY)
    assert none.schema == some.schema
    assert set(none.columns) <= set(CLUSTERS.schema)
