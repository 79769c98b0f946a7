"""Some alerts and clusters of a batch, as a request of their own."""

import hashlib
import math
from collections.abc import Collection
from dataclasses import replace

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.errors import ConfigurationError
from aml_miner.models import RiskModel


def draw_ids(ids: Collection[str], share: float, seed: int) -> list[str]:
    """Draw a share of some identifiers, at least one where there are any; sorted.

    Those with the lowest SHA-256 of seed and identifier are drawn, so that neither the order of rows nor who asks
    decides.

    Parameters
    ----------
    ids
        Identifiers; each counts once.
    share
        Share to draw, above 0 and at most 1.
    seed
        Another seed draws others.

    Raises
    ------
    ConfigurationError
        If the share is out of range.

    Examples
    --------
    >>> draw_ids(["a", "b", "c", "d"], 0.5, seed=1) == draw_ids(
    ...     ["d", "c", "b", "a", "a"], 0.5, seed=1
    ... )
    True
    >>> len(draw_ids(["a", "b", "c"], 0.34, seed=1)), draw_ids([], 0.5, seed=1)
    (2, [])
    """
    if not 0.0 < share <= 1.0:
        raise ConfigurationError(f"share must be above 0 and at most 1; found {share:g}.")
    by_hash = sorted(set(ids), key=lambda each: hashlib.sha256(f"{seed}:{each}".encode()).digest())
    return sorted(by_hash[: math.ceil(share * len(by_hash))])


def alerts_of(batch: Batch, alerts: pl.DataFrame) -> Batch:
    """Return a batch of these alerts, the features of their addresses, and no cluster."""
    return replace(
        batch,
        alerts=alerts,
        features=_of_addresses(batch, alerts["address"]),
        clusters=batch.clusters.clear(),
    )


def clusters_of(batch: Batch, clusters: pl.DataFrame) -> Batch:
    """Return a batch of these clusters, the features of the addresses they involve, and no alert."""
    involved = clusters["addresses_involved"].explode(empty_as_null=False, keep_nulls=False)
    return replace(
        batch,
        alerts=batch.alerts.clear(),
        features=_of_addresses(batch, involved),
        clusters=clusters,
    )


def key_of(model: RiskModel) -> str:
    """Return the column that identifies the rows a model scores."""
    return "cluster_id" if model.kind == "cluster_scorer" else "alert_id"


def rows_of(model: RiskModel, batch: Batch) -> pl.DataFrame:
    """Return the table of a batch whose rows a model scores."""
    return batch.clusters if model.kind == "cluster_scorer" else batch.alerts


def with_rows(model: RiskModel, batch: Batch, rows: pl.DataFrame) -> Batch:
    """Return a batch with these rows in the place of those a model scores, and everything else as it is."""
    if model.kind == "cluster_scorer":
        return replace(batch, clusters=rows)
    return replace(batch, alerts=rows)


def request_of(model: RiskModel, batch: Batch, rows: pl.DataFrame) -> Batch:
    """Return a batch of these rows alone, as `alerts_of` or `clusters_of`."""
    part_of = clusters_of if model.kind == "cluster_scorer" else alerts_of
    return part_of(batch, rows)


def _of_addresses(batch: Batch, addresses: pl.Series) -> pl.DataFrame:
    return batch.features.filter(pl.col("address").is_in(addresses.unique().implode()))
