"""Truth laid onto the alerts and clusters of a batch."""

from typing import Final

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.training.truth import Truth

_LABELS: Final = ("label", "grade", "instance", "confidence")

_CONFIRMED: Final = 0.9
_LIKELY: Final = 0.6
"""Confidences at which a grade rises: those at which the publisher calls an alert critical and high."""


def label_alerts(alerts: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """Return what is true of each alert, row for row.

    Parameters
    ----------
    alerts
        ``alert_id``, ``processing_date`` and ``address``, as in a batch or in results.
    truth
        What turned out.

    Returns
    -------
    pl.DataFrame
        ``label`` Boolean: illicit or not, null when unknown. ``grade`` UInt8: 0 licit; illicit with a confidence of
        at least 0.9 or none given 3, of at least 0.6 2, otherwise 1; null when unknown. ``instance`` String: the
        laundering pattern its address is part of, null when none is known. ``confidence`` Float32 of the label, null
        when none is given.
    """
    key = ["alert_id", "processing_date"] if truth.per == "alert" else ["address"]
    known = truth.findings().with_columns(listed=pl.lit(value=True))
    laid = alerts.select("alert_id", "processing_date", "address").join(
        known, on=key, how="left", maintain_order="left"
    )
    laid = laid.join(truth.instances(), on="address", how="left", maintain_order="left")
    unlisted = pl.lit(None if truth.unlisted == "unknown" else False, pl.Boolean)
    is_listed = pl.col("listed").is_not_null()
    laid = laid.with_columns(label=pl.when(is_listed).then("label").otherwise(unlisted))
    return laid.with_columns(grade=_grade(pl.col("confidence"))).select(_LABELS)


def label_clusters(batch: Batch, alert_labels: pl.DataFrame) -> pl.DataFrame:
    """Return what is true of each cluster, in the order of ``batch.clusters``.

    Returns
    -------
    pl.DataFrame
        ``label`` Boolean: whether at least half of the cluster's labelled alerts are illicit, null when none of its
        alerts has a label. ``confidence``, the mean of theirs (1 where none is given).
    """
    members = cluster_members(batch)
    labels = alert_labels.select("label", "confidence")[members["row"]]
    laid = members.select("cluster").with_columns(labels.get_columns())
    clusters = batch.clusters.with_row_index("cluster").select("cluster")
    return label_groups(clusters, laid).drop("cluster")


def cluster_members(batch: Batch) -> pl.DataFrame:
    """Return which alerts are in which cluster: ``cluster`` and ``row``, their places in the batch, sorted."""
    members = (
        batch.clusters.select(alert_id="related_alert_ids")
        .with_row_index("cluster")
        .explode("alert_id", empty_as_null=False, keep_nulls=False)
        .unique()
    )
    alerts = batch.alerts.select("alert_id").with_row_index("row")
    return members.join(alerts, on="alert_id").select("cluster", "row").sort("cluster", "row")


def label_groups(groups: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return groups of alerts, such as clusters, with the ``label`` and the ``confidence`` of each.

    Parameters
    ----------
    groups
        The columns that name a group, one row each.
    members
        The same columns, and ``label`` and ``confidence`` of each alert in a group.
    """
    label = pl.col("label").drop_nulls()
    known = pl.col("confidence").fill_null(1.0).filter(pl.col("label").is_not_null())
    found = members.group_by(groups.columns).agg(
        pl.when(label.len() > 0).then(2 * label.sum() >= label.len()).alias("label"),
        known.sort().mean(),
    )
    return groups.join(found, on=groups.columns, how="left", maintain_order="left")


def _grade(confidence: pl.Expr) -> pl.Expr:
    confirmed = confidence.is_null() | (confidence >= pl.lit(_CONFIRMED, pl.Float32))
    illicit = (
        pl.when(confirmed)
        .then(3)
        .when(confidence >= pl.lit(_LIKELY, pl.Float32))
        .then(2)
        .otherwise(1)
    )
    return (
        pl.when(pl.col("label")).then(illicit).when(pl.col("label").not_()).then(0).cast(pl.UInt8)
    )
