"""What a model is trained on: features, labels, and what ties rows together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch
from aml_miner.batch.digests import digest_table
from aml_miner.config.model_config import Minimum
from aml_miner.errors import TrainingRefusedError
from aml_miner.features.builder import build_all_features, build_cluster_features
from aml_miner.training.labels import label_alerts, label_clusters
from aml_miner.training.ties import primary_address, tie_alerts, tie_clusters
from aml_miner.training.truth import Truth

KEYS = (
    "id",
    "address",
    "processing_date",
    "batch",
    "owners",
    "ties",
    "label",
    "grade",
    "weight",
    "known_on",
    "before",
    "confidence",
    "volume_usd",
)


@dataclass(frozen=True)
class LabelledRows:
    """Labelled alerts or clusters, one per row, in an order that depends on their values alone.

    Attributes
    ----------
    features
        What the model may see, and nothing else.
    keys
        The columns of ``KEYS``: ``id`` and ``address`` of the alert or cluster (that of a cluster is its primary one,
        or its id), its ``batch``, the ``owners`` and ``ties`` that may not be on both sides of a fold, ``label`` and
        ``grade``, how much the label weighs (``weight``, 0–1, its confidence), since when it is known (``known_on``,
        null when always) and the label on any earlier day (``before``), and the ``confidence`` and ``volume_usd`` of
        the baselines.
    unlabelled
        Rows that were left out because nothing is known of them.
    """

    features: pl.DataFrame
    keys: pl.DataFrame
    unlabelled: int = 0

    @classmethod
    def of(cls, features: pl.DataFrame, keys: pl.DataFrame) -> "LabelledRows":
        """Keep the rows with a label, and sort them by id, address and then every other value."""
        known = keys["label"].is_not_null()
        rows = cls(features.filter(known), keys.filter(known), int((~known).sum()))
        return rows.sorted()

    def __len__(self) -> int:
        return self.keys.height

    @cached_property
    def labels(self) -> NDArray[np.bool_]:
        """Whether each row is illicit."""
        return self.keys["label"].to_numpy()

    @cached_property
    def grades(self) -> NDArray[np.int64]:
        """Relevance of each row, 0–3."""
        return self.keys["grade"].to_numpy().astype(np.int64)

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """How much each label weighs, 0–1."""
        return self.keys["weight"].to_numpy()

    @property
    def positives(self) -> int:
        """Number of illicit rows."""
        return int(self.labels.sum())

    @property
    def has_both_classes(self) -> bool:
        """Whether there is an illicit and a licit row."""
        return 0 < self.positives < len(self)

    @property
    def trained_through(self) -> date | None:
        """Latest processing date."""
        latest = self.keys["processing_date"].max()
        return latest if isinstance(latest, date) else None

    def as_of(self, day: date | None) -> "LabelledRows":
        """Return the rows with the labels of a day: what was found out after it is as it was thought before.

        Rows of which nothing was known on that day are left out. Without a day the rows are returned as they are.
        """
        if day is None or not (late := self.keys["known_on"] > day).any():
            return self
        late = late.fill_null(value=False)
        earlier = self.keys["before"]
        keys = self.keys.with_columns(
            label=pl.when(late).then(earlier).otherwise("label"),
            grade=pl.when(late).then(earlier.cast(pl.UInt8)).otherwise("grade"),
            weight=pl.when(late).then(1.0).otherwise("weight"),
        )
        known = keys["label"].is_not_null()
        return LabelledRows(self.features.filter(known), keys.filter(known), self.unlabelled)

    def weighing_alike(self) -> "LabelledRows":
        """Return the rows with labels that all count fully."""
        keys = self.keys.with_columns(weight=pl.lit(1.0))
        return LabelledRows(self.features, keys, self.unlabelled)

    def only(self, names: Sequence[str]) -> "LabelledRows":
        """Return the rows with these features, in this order."""
        return LabelledRows(self.features.select(names), self.keys, self.unlabelled)

    def take(self, places: NDArray[np.integer]) -> "LabelledRows":
        """Return the rows at these places, in this order."""
        return LabelledRows(self.features[places], self.keys[places], self.unlabelled)

    def sorted(self) -> "LabelledRows":
        """Return the rows by id, address and then every other value."""
        values = self.together()
        order = values.with_row_index(" row").sort(values.columns, nulls_last=True)
        return self.take(order[" row"].to_numpy())

    def together(self) -> pl.DataFrame:
        """Return keys and features side by side, the keys' names with a blank before them."""
        keys = self.keys.rename({name: f" {name}" for name in self.keys.columns})
        return keys.with_columns(self.features.get_columns())

    def digest(self) -> str:
        """Return the SHA-256 over all values."""
        return digest_table(self.together())

    def check_enough(self, kind: str, minimum: Minimum, remark: str = "") -> None:
        """Refuse too few rows, or too few of a class; ``remark`` says what else is known of the reason.

        Raises
        ------
        TrainingRefusedError
            With the counts.
        """
        licit = len(self) - self.positives
        if len(self) >= minimum.rows and min(self.positives, licit) >= minimum.per_class:
            return
        raise TrainingRefusedError(
            f"{kind}: training needs at least {minimum.rows} labelled rows with {minimum.per_class} of each class; "
            f"found {len(self)} ({self.positives} illicit, {licit} licit), and {self.unlabelled} without a label. "
            f"Add batches, or truth for the ones there are. {remark}".rstrip()
        )


def alert_rows(batches: Sequence[Batch], truth: Truth) -> LabelledRows:
    """Return the labelled alerts of all batches.

    Raises
    ------
    TrainingRefusedError
        If a batch is given twice, or the truth is of none of their alerts.
    FeatureComputationError
        If a feature cannot be built.
    """
    if any(batch.alerts.height for batch in batches):
        truth.check_met([batch.alerts for batch in batches])
    return _joined([_alert_part(batch, truth) for batch in batches], "alerts")


def cluster_rows(batches: Sequence[Batch], truth: Truth) -> LabelledRows:
    """Return the labelled clusters of all batches; errors as in ``alert_rows``."""
    return _joined([_cluster_part(batch, truth) for batch in batches], "clusters")


def placed_alerts(batch: Batch, truth: Truth) -> tuple[LabelledRows, NDArray[np.int64]]:
    """Return the labelled alerts of a batch, and where in the batch each lies.

    Raises
    ------
    FeatureComputationError
        If a feature cannot be built.
    """
    return _placed(*_alert_part(batch, truth))


def placed_clusters(batch: Batch, truth: Truth) -> tuple[LabelledRows, NDArray[np.int64]]:
    """Return the labelled clusters of a batch, and where in the batch each lies; errors as in ``placed_alerts``."""
    return _placed(*_cluster_part(batch, truth))


type _Part = tuple[pl.DataFrame, pl.DataFrame]
"""Features and keys (without the batch) of a batch's rows."""


def _alert_part(batch: Batch, truth: Truth) -> _Part:
    labels = label_alerts(batch.alerts, truth)
    keys = batch.alerts.select(
        "address",
        "processing_date",
        id="alert_id",
        confidence=pl.col("alert_confidence_score").cast(pl.Float64),
        volume_usd=pl.col("volume_usd").cast(pl.Float64),
    ).with_columns(labels["label"], labels["grade"], *_history(labels), *tie_alerts(batch, truth))
    return build_all_features(batch), keys


def _cluster_part(batch: Batch, truth: Truth) -> _Part:
    labels = label_clusters(batch, label_alerts(batch.alerts, truth))
    keys = batch.clusters.select(
        "processing_date",
        id="cluster_id",
        address=primary_address(),
        confidence=pl.col("confidence_avg").cast(pl.Float64),
        volume_usd=pl.col("total_volume_usd").cast(pl.Float64),
    ).with_columns(
        labels["label"],
        labels["label"].cast(pl.UInt8).alias("grade"),
        *_history(labels),
        *tie_clusters(batch, truth),
    )
    return build_cluster_features(batch), keys


def _history(labels: pl.DataFrame) -> list[pl.Series]:
    """How much a label weighs, since when it is known, and what it was before."""
    weight = labels["confidence"].cast(pl.Float64).fill_null(1.0).alias("weight")
    return [weight, labels["known_on"], labels["before"]]


def _placed(features: pl.DataFrame, keys: pl.DataFrame) -> tuple[LabelledRows, NDArray[np.int64]]:
    places = pl.int_range(pl.len(), dtype=pl.Int64)
    rows = LabelledRows.of(features, keys.with_columns(place=places))
    return rows, rows.keys["place"].to_numpy()


def _joined(parts: Sequence[_Part], what: str) -> LabelledRows:
    if not parts:
        raise TrainingRefusedError(f"{what}: training needs at least one batch; found none.")
    keys = [_with_batch(*part) for part in parts]
    _check_distinct([part["batch"][0] for part in keys if part.height], what)
    features = [part_features for part_features, _ in parts]
    return LabelledRows.of(pl.concat(features), pl.concat(keys).select(KEYS))


def _with_batch(features: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Name the batch after its content, so that the order in which batches are given cannot matter."""
    content = LabelledRows(features, keys).sorted().digest()
    return keys.with_columns(batch=pl.lit(content))


def _check_distinct(names: Sequence[str], what: str) -> None:
    repeated = len(names) - len(set(names))
    if repeated:
        raise TrainingRefusedError(
            f"{what}: every batch must be given once; {repeated} of {len(names)} repeat another one. Leave them out."
        )
