"""Truth laid onto the alerts and clusters of a batch."""

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.training.truth import Truth

_LABELS = ("label", "grade", "instance")

_CONFIRMED = 0.9
_LIKELY = 0.6
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
        laundering pattern its address is part of, null when none is known.
    """
    if truth.per == "alert":
        return _by_alert(alerts, truth)
    return _by_address(alerts, truth)


def label_clusters(batch: Batch, alert_labels: pl.DataFrame) -> pl.DataFrame:
    """Return what is true of each cluster, in the order of ``batch.clusters``.

    Returns
    -------
    pl.DataFrame
        ``label`` Boolean: whether at least half of the cluster's labelled alerts are illicit, null when none of its
        alerts has a label.
    """
    members = (
        batch.clusters.select(alert_id="related_alert_ids")
        .with_row_index("cluster")
        .explode("alert_id", empty_as_null=False, keep_nulls=False)
        .unique()
    )
    alerts = batch.alerts.select("alert_id").with_columns(alert_labels["label"])
    counts = (
        members.join(alerts.drop_nulls("label"), on="alert_id")
        .group_by("cluster")
        .agg(label=2 * pl.col("label").sum() >= pl.len())
    )
    clusters = batch.clusters.with_row_index("cluster").select("cluster")
    return clusters.join(counts, on="cluster", how="left", maintain_order="left").select("label")


def _by_alert(alerts: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    key = ["alert_id", "processing_date"]
    known = truth.rows.select(*key, "confidence", label="confirmed_illicit")
    labelled = alerts.select(key).join(known, on=key, how="left", maintain_order="left")
    return labelled.with_columns(
        grade=_grade(pl.col("confidence")), instance=pl.lit(None, pl.String)
    ).select(_LABELS)


def _by_address(alerts: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    known = truth.verdicts().with_columns(listed=pl.lit(value=True))
    labelled = (
        alerts.select("address")
        .join(known, on="address", how="left", maintain_order="left")
        .join(truth.instances(), on="address", how="left", maintain_order="left")
    )
    label = pl.when(pl.col("listed").is_null()).then(pl.lit(value=False)).otherwise("label")
    return (
        labelled.with_columns(label=label)
        .with_columns(grade=_grade(pl.lit(None, pl.Float32)))
        .select(_LABELS)
    )


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
