"""What ties an alert or a cluster to others: whose it is, and which detected patterns it is part of.

Alerts on one address know each other's answer, and so do alerts on addresses of one laundering scheme: they have one
**owner**, the scheme where truth names one and the address where it does not. Alerts of one detected pattern share its
shape and its volume, whether or not truth knows of the pattern: they have a **tie**. A cluster has the owners of all
its addresses.
"""

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.training.truth import Truth

_TEXTS = pl.List(pl.String)


def tie_alerts(batch: Batch, truth: Truth) -> pl.DataFrame:
    """Return the ``owners`` (one) and ``ties`` (at most one) of each alert, in the order of ``batch.alerts``."""
    owned = _with_owner(batch.alerts.select("address", "pattern_id"), truth)
    pattern = pl.col("pattern_id")
    return owned.select(
        owners=pl.concat_list("owner"),
        ties=pl.when(pattern == "")
        .then(pl.lit([], _TEXTS))
        .otherwise(pl.concat_list("pattern:" + pattern)),
    )


def tie_clusters(batch: Batch, truth: Truth) -> pl.DataFrame:
    """Return the ``owners`` and ``ties`` of each cluster, sorted by name, in the order of ``batch.clusters``.

    Its owners are those of every address in it, of its alerts' too. Its ties are the pattern it names, or else those of
    its alerts; and where there are none the cluster itself, for it too ties its owners together.
    """
    clusters = batch.clusters.with_row_index("row")
    alerts = _exploded(clusters, "related_alert_ids", "alert_id").join(
        batch.alerts.select("alert_id", "address", "pattern_id"), on="alert_id"
    )
    owners = _listed(_with_owner(_addresses(clusters, alerts), truth), "owner", "owners")
    ties = _listed(_pattern_ties(clusters, alerts), "tie", "ties")
    itself = pl.concat_list("cluster:" + pl.col("cluster_id"))
    return (
        clusters.select("row", "cluster_id")
        .join(owners, on="row", how="left", maintain_order="left")
        .join(ties, on="row", how="left", maintain_order="left")
        .select("owners", pl.coalesce("ties", itself))
    )


def primary_address() -> pl.Expr:
    """Name a cluster's address: its primary one, or its id where it has none."""
    primary = pl.col("primary_address")
    return pl.when(primary == "").then("cluster_id").otherwise(primary)


def _addresses(clusters: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    """``row, address`` of every address in a cluster, at least one."""
    return pl.concat(
        [
            clusters.select("row", address=primary_address()),
            _exploded(clusters, "addresses_involved", "address"),
            alerts.select("row", "address"),
        ]
    )


def _pattern_ties(clusters: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    named = clusters.select("row", "pattern_id").filter(pl.col("pattern_id") != "")
    of_alerts = alerts.select("row", "pattern_id").filter(pl.col("pattern_id") != "")
    patterns = pl.concat([named, of_alerts.join(named, on="row", how="anti")])
    return patterns.select("row", tie="pattern:" + pl.col("pattern_id"))


def _with_owner(rows: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    instance, address = "instance:" + pl.col("instance"), "address:" + pl.col("address")
    return rows.join(
        truth.instances(), on="address", how="left", maintain_order="left"
    ).with_columns(owner=pl.coalesce(instance, address))


def _exploded(clusters: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    lists = clusters.select("row", pl.col(column).alias(name))
    return lists.explode(name, empty_as_null=False, keep_nulls=False)


def _listed(pairs: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """One list per row, without repeats and sorted by name."""
    distinct = pairs.select("row", pl.col(column).alias(name)).unique().sort("row", name)
    return distinct.group_by("row", maintain_order=True).agg(name)
