"""A batch in, scores, ranks and reasons out: what the command line and the server both call.

A row's score and reasons depend on that row alone: not on the other rows sent, their order, or the number of threads.
A rank compares within the batch, as it must.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from aml_miner.batch.batch import Batch, BatchReport
from aml_miner.features.builder import feature_reasons
from aml_miner.models import (
    AlertRankerModel,
    AlertScorerModel,
    ClusterScorerModel,
    Models,
    RiskModel,
)
from aml_miner.scoring.explanations import explain


@dataclass(frozen=True, slots=True)
class Facts:
    """What is worth knowing of a run beside its results.

    Attributes
    ----------
    input_counts, output_counts
        Rows per table.
    latencies_ms
        Time each step took, in milliseconds; the only values that differ between equal runs.
    model_versions
        Version by kind of model.
    unknown_categories
        By kind of model and column: values training never saw.
    absent_columns, ignored_columns
        By table: columns of the contract that were not there, and columns that are not of the contract.
    duplicate_alert_ids, alerts_on_unknown_addresses, clusters_without_known_alerts
        As in the batch's report.
    unverified
        Whether tables were read that no META.json vouches for.
    """

    input_counts: Mapping[str, int]
    output_counts: Mapping[str, int]
    latencies_ms: Mapping[str, float]
    model_versions: Mapping[str, str]
    unknown_categories: Mapping[str, Mapping[str, int]]
    absent_columns: Mapping[str, tuple[str, ...]]
    ignored_columns: Mapping[str, tuple[str, ...]]
    duplicate_alert_ids: int
    alerts_on_unknown_addresses: int
    clusters_without_known_alerts: int
    unverified: bool


@dataclass(frozen=True, slots=True)
class Results:
    """The result tables, each sorted by its key and then by all its other columns, and the facts of the run."""

    alert_scores: pl.DataFrame
    alert_rankings: pl.DataFrame
    cluster_scores: pl.DataFrame
    address_risk: pl.DataFrame
    facts: Facts

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by the names their files have."""
        return {
            "alert_scores": self.alert_scores,
            "alert_rankings": self.alert_rankings,
            "cluster_scores": self.cluster_scores,
            "address_risk": self.address_risk,
        }


def score_alerts(batch: Batch, scorer: AlertScorerModel, *, threads: int = 1) -> pl.DataFrame:
    """Score and explain each alert.

    Returns
    -------
    DataFrame
        ``processing_date, window_days, network, alert_id, address, score, model_version, explain_json``, one row per
        alert in the order of ``batch.alerts``. ``network`` is null when the batch does not say it.

    Raises
    ------
    FeatureComputationError, PredictionError
        If the model needs a feature that cannot be built.
    """
    return _score_alerts(batch, scorer.prepare_features(batch), scorer, threads)


def score_clusters(batch: Batch, model: ClusterScorerModel, *, threads: int = 1) -> pl.DataFrame:
    """Score and explain each cluster.

    Returns
    -------
    DataFrame
        ``processing_date, window_days, network, cluster_id, score, model_version, explain_json``, one row per cluster
        in the order of ``batch.clusters``.

    Raises
    ------
    FeatureComputationError, PredictionError
        As `score_alerts`.
    """
    return _score_clusters(batch, model.prepare_features(batch), model, threads)


def rank_alerts(batch: Batch, ranker: AlertRankerModel, *, threads: int = 1) -> pl.DataFrame:
    """Rank the alerts of a batch: rank 1 is to be opened first.

    Returns
    -------
    DataFrame
        ``processing_date, window_days, network, alert_id, rank, score, model_version``, one row per alert in the order
        of ``batch.alerts``. Ranks 1 to n, each once: by falling score, then by alert_id, then by address.

    Raises
    ------
    FeatureComputationError, PredictionError
        As `score_alerts`.
    """
    return _rank_alerts(batch, ranker.prepare_features(batch), ranker, threads)


def score_addresses(alert_scores: pl.DataFrame) -> pl.DataFrame:
    """Give each address the highest score of its alerts.

    Returns
    -------
    DataFrame
        ``address, risk_score, model_version``, sorted by address.
    """
    return (
        alert_scores.group_by("address", "model_version")
        .agg(risk_score=pl.col("score").max())
        .select("address", "risk_score", "model_version")
        .sort("address")
    )


def score_batch(
    batch: Batch,
    models: Models,
    *,
    threads: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> Results:
    """Score, rank and explain everything in a batch.

    Parameters
    ----------
    batch, models
        What is scored, by what.
    threads
        Threads LightGBM may use; no result depends on it.
    clock
        Seconds from some start; read for ``latencies_ms`` alone.

    Raises
    ------
    FeatureComputationError, PredictionError
        As `score_alerts`.
    """
    watch = _Stopwatch(clock)
    scorer, ranker, clusters = models.alert_scorer, models.alert_ranker, models.cluster_scorer
    features: dict[str, pl.DataFrame] = {}
    for model in (scorer, ranker, clusters):
        features[model.kind] = model.prepare_features(batch)
    watch.note("features")
    scored = _score_alerts(batch, features[scorer.kind], scorer, threads)
    watch.note("alert_scores")
    ranked = _rank_alerts(batch, features[ranker.kind], ranker, threads)
    watch.note("alert_rankings")
    by_cluster = _score_clusters(batch, features[clusters.kind], clusters, threads)
    watch.note("cluster_scores")
    tables = {
        "alert_scores": _sorted(scored),
        "alert_rankings": _sorted(ranked),
        "cluster_scores": _sorted(by_cluster),
        "address_risk": score_addresses(scored),
    }
    watch.note("tables")
    facts = _facts(batch.report, (scorer, ranker, clusters), features, tables, watch.latencies_ms)
    return Results(**tables, facts=facts)


class _Stopwatch:
    """Milliseconds since the last note, by name, and in all."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()
        self._first = self._last
        self.latencies_ms: dict[str, float] = {}

    def note(self, step: str) -> None:
        now = self._clock()
        self.latencies_ms[step] = round((now - self._last) * 1000.0, 3)
        self.latencies_ms["total"] = round((now - self._first) * 1000.0, 3)
        self._last = now


def _keys(batch: Batch, rows: pl.DataFrame, *identifiers: str) -> pl.DataFrame:
    network = pl.lit(batch.meta.network, dtype=pl.String).alias("network")
    return rows.select("processing_date", "window_days", network, *identifiers)


def _score_alerts(
    batch: Batch, features: pl.DataFrame, scorer: AlertScorerModel, threads: int
) -> pl.DataFrame:
    keys = _keys(batch, batch.alerts, "alert_id", "address")
    return _score(keys, features, scorer, threads)


def _score_clusters(
    batch: Batch, features: pl.DataFrame, model: ClusterScorerModel, threads: int
) -> pl.DataFrame:
    return _score(_keys(batch, batch.clusters, "cluster_id"), features, model, threads)


def _score(
    keys: pl.DataFrame, features: pl.DataFrame, model: RiskModel, threads: int
) -> pl.DataFrame:
    score = model.predict(features, threads=threads)
    found = model.contributions(features, threads=threads)
    reasons = explain(features, found, model.feature_names, feature_reasons())
    version = pl.lit(model.version).alias("model_version")
    return keys.with_columns(pl.Series("score", score), version, reasons)


def _rank_alerts(
    batch: Batch, features: pl.DataFrame, ranker: AlertRankerModel, threads: int
) -> pl.DataFrame:
    score = ranker.predict(features, threads=threads)
    ranked = (
        _keys(batch, batch.alerts, "alert_id", "address")
        .with_columns(pl.Series("score", score))
        .with_row_index("row")
        .sort(
            "score",
            "alert_id",
            "address",
            descending=[True, False, False],
            maintain_order=True,
        )
        .with_row_index("rank", offset=1)
        .sort("row")
    )
    return ranked.select(
        "processing_date",
        "window_days",
        "network",
        "alert_id",
        pl.col("rank").cast(pl.UInt32),
        "score",
        pl.lit(ranker.version).alias("model_version"),
    )


def _sorted(table: pl.DataFrame) -> pl.DataFrame:
    """Sort by the identifier, then by every other column: equal results are then equal tables."""
    key = next(name for name in ("alert_id", "cluster_id", "address") if name in table.columns)
    return table.sort(key, *(name for name in table.columns if name != key))


def _facts(
    report: BatchReport,
    models: Sequence[RiskModel],
    features: Mapping[str, pl.DataFrame],
    tables: Mapping[str, pl.DataFrame],
    latencies: Mapping[str, float],
) -> Facts:
    return Facts(
        input_counts=report.rows,
        output_counts={name: table.height for name, table in tables.items()},
        latencies_ms=latencies,
        model_versions={model.kind: model.version for model in models},
        unknown_categories={m.kind: m.count_unknown(features[m.kind]) for m in models},
        absent_columns=report.absent_columns,
        ignored_columns=report.ignored_columns,
        duplicate_alert_ids=report.duplicate_alert_ids,
        alerts_on_unknown_addresses=report.alerts_on_unknown_addresses,
        clusters_without_known_alerts=report.clusters_without_known_alerts,
        unverified=report.unverified,
    )
