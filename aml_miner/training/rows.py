"""What a model is trained on: features, labels, and what ties rows together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch
from aml_miner.batch.digests import digest_table
from aml_miner.config.model_config import Minimum
from aml_miner.errors import TrainingRefusedError
from aml_miner.features.builder import build_all_features, build_cluster_features
from aml_miner.training.labels import label_alerts, label_clusters
from aml_miner.training.labels.laid import cluster_members, label_groups
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
    "confidence",
    "volume_usd",
    "window_days",
)


type LabelsOn = Callable[[pl.DataFrame, date], pl.DataFrame | None]
"""Of keys and a day, the columns ``label``, ``grade`` and ``weight`` of that day; None where they are the last ones."""


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
        ``grade``, how much the label weighs (``weight``, 0–1, its confidence), the ``confidence`` and ``volume_usd`` of
        the baselines, and how many days the row's batch looked back (``window_days``).
    unlabelled
        Rows that were left out because nothing is known of them.
    labels_on
        Lays what was known on a day onto keys: ``label``, ``grade`` and ``weight``, row for row, or None where that is
        all that is known. None where labels have no history.
    """

    features: pl.DataFrame
    keys: pl.DataFrame
    unlabelled: int = 0
    labels_on: LabelsOn | None = None

    @classmethod
    def of(
        cls, features: pl.DataFrame, keys: pl.DataFrame, labels_on: LabelsOn | None = None
    ) -> "LabelledRows":
        """Keep the rows with a label, and sort them by id, address and then every other value."""
        known = keys["label"].is_not_null()
        left_out = int((~known).sum())
        return cls(features.filter(known), keys.filter(known), left_out, labels_on).sorted()

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

    @property
    def longest_window(self) -> int:
        """Most days that the batch of a row looked back."""
        longest = self.keys["window_days"].max()
        return longest if isinstance(longest, int) else 0

    def as_of(self, day: date | None) -> "LabelledRows":
        """Return the rows with the labels of a day, by nothing that was found out after it.

        Rows of which nothing was known on that day are left out. Without a day the rows are returned as they are.
        """
        if day is None or self.labels_on is None:
            return self
        found = self.labels_on(self.keys, day)
        if found is None:
            return self
        keys = self.keys.with_columns(found.get_columns())
        known = keys["label"].is_not_null()
        return replace(self, features=self.features.filter(known), keys=keys.filter(known))

    def weighing_alike(self) -> "LabelledRows":
        """Return the rows with labels that all count fully, on every day."""
        labels_on, alike = self.labels_on, pl.lit(1.0).alias("weight")

        def alike_on(keys: pl.DataFrame, day: date) -> pl.DataFrame | None:
            found = labels_on(keys, day) if labels_on else None
            return None if found is None else found.with_columns(alike)

        return replace(self, keys=self.keys.with_columns(alike), labels_on=labels_on and alike_on)

    def only(self, names: Sequence[str]) -> "LabelledRows":
        """Return the rows with these features, in this order."""
        return replace(self, features=self.features.select(names))

    def take(self, places: NDArray[np.integer]) -> "LabelledRows":
        """Return the rows at these places, in this order."""
        return replace(self, features=self.features[places], keys=self.keys[places])

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
    parts = [_named(*_alert_part(batch, truth)) for batch in batches]

    def labels_on(keys: pl.DataFrame, day: date) -> pl.DataFrame | None:
        if not truth.changes_after(day):
            return None
        alerts = keys.select("processing_date", "address", alert_id="id")
        return pl.DataFrame(_verdict(label_alerts(alerts, truth.as_of(day))))

    return LabelledRows.of(*_joined(parts, "alerts"), labels_on)


def cluster_rows(batches: Sequence[Batch], truth: Truth) -> LabelledRows:
    """Return the labelled clusters of all batches; errors as in ``alert_rows``."""
    parts = [_named(*_cluster_part(batch, truth)) for batch in batches]
    rows = _joined(parts, "clusters")
    clusters = [keys.select(_CLUSTER) for _, keys in parts]

    @cache
    def members() -> pl.DataFrame:  # large, and asked for by batches of several dates alone
        return pl.concat([_members(*pair) for pair in zip(batches, clusters, strict=True)])

    def labels_on(keys: pl.DataFrame, day: date) -> pl.DataFrame | None:
        if not truth.changes_after(day):
            return None
        labels = label_alerts(members(), truth.as_of(day)).select("label", "confidence")
        laid = members().select(_CLUSTER).with_columns(labels.get_columns())
        return pl.DataFrame(_verdict(label_groups(keys.select(_CLUSTER), laid)))

    return LabelledRows.of(*rows, labels_on)


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
"""Features and keys of a batch's rows, the keys without the batch until it is named."""


def _alert_part(batch: Batch, truth: Truth) -> _Part:
    labels = label_alerts(batch.alerts, truth)
    keys = batch.alerts.select(
        "address",
        "processing_date",
        "window_days",
        id="alert_id",
        confidence=pl.col("alert_confidence_score").cast(pl.Float64),
        volume_usd=pl.col("volume_usd").cast(pl.Float64),
    ).with_columns(*_verdict(labels), *tie_alerts(batch, truth))
    return build_all_features(batch), keys


def _cluster_part(batch: Batch, truth: Truth) -> _Part:
    labels = label_clusters(batch, label_alerts(batch.alerts, truth))
    keys = batch.clusters.select(
        "processing_date",
        "window_days",
        id="cluster_id",
        address=primary_address(),
        confidence=pl.col("confidence_avg").cast(pl.Float64),
        volume_usd=pl.col("total_volume_usd").cast(pl.Float64),
    ).with_columns(*_verdict(labels), *tie_clusters(batch, truth))
    return build_cluster_features(batch), keys


_CLUSTER: Final = ("batch", "id")
"""What names a cluster."""


def _members(batch: Batch, clusters: pl.DataFrame) -> pl.DataFrame:
    """Return the alerts of each cluster: what names the cluster, and what labels an alert."""
    members = cluster_members(batch)
    alerts = batch.alerts.select("alert_id", "processing_date", "address")
    return clusters[members["cluster"]].with_columns(alerts[members["row"]].get_columns())


def _verdict(labels: pl.DataFrame) -> list[pl.Series]:
    """Return the label of each row, its grade (of a cluster 1 where illicit) and how much it weighs."""
    label = labels["label"]
    grade = labels["grade"] if "grade" in labels.columns else label.cast(pl.UInt8).alias("grade")
    return [label, grade, labels["confidence"].cast(pl.Float64).fill_null(1.0).alias("weight")]


def _placed(features: pl.DataFrame, keys: pl.DataFrame) -> tuple[LabelledRows, NDArray[np.int64]]:
    places = pl.int_range(pl.len(), dtype=pl.Int64)
    rows = LabelledRows.of(features, keys.with_columns(place=places))
    return rows, rows.keys["place"].to_numpy()


def _joined(parts: Sequence[_Part], what: str) -> _Part:
    if not parts:
        raise TrainingRefusedError(f"{what}: training needs at least one batch; found none.")
    _check_distinct([keys["batch"][0] for _, keys in parts if keys.height], what)
    return pl.concat([features for features, _ in parts]), pl.concat(
        [keys.select(KEYS) for _, keys in parts]
    )


def _named(features: pl.DataFrame, keys: pl.DataFrame) -> _Part:
    """Name the batch after its content, so that the order in which batches are given cannot matter."""
    content = LabelledRows(features, keys).sorted().digest()
    return features, keys.with_columns(batch=pl.lit(content))


def _check_distinct(names: Sequence[str], what: str) -> None:
    repeated = len(names) - len(set(names))
    if repeated:
        raise TrainingRefusedError(
            f"{what}: every batch must be given once; {repeated} of {len(names)} repeat another one. Leave them out."
        )
