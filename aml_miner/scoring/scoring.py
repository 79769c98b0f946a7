"""A batch in, scores, ranks and reasons out: what the command line and the server both call.

A row's score and reasons depend on that row alone: not on the other rows sent, their order, or the number of threads.
A rank compares within the batch, as it must.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch
from aml_miner.features.builder import feature_families, feature_reasons
from aml_miner.models import (
    AlertRankerModel,
    AlertScorerModel,
    ClusterScorerModel,
    Models,
    RiskModel,
)
from aml_miner.scoring.explanations import Narrator
from aml_miner.scoring.facts import Facts, log_facts, make_facts
from aml_miner.utils.threads import in_threads

_BLOCK_ROWS: Final = 4000
"""Rows that are explained together, measured: twice what goes through the trees together."""


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The result tables, and the facts of the run.

    Attributes
    ----------
    alert_scores, alert_rankings
        Sorted by alert_id and then by rank: row for row the same alerts, also where an alert_id occurs twice.
    cluster_scores, address_risk
        Sorted by their key and then by all their other columns.
    alert_rows
        Where in ``batch.alerts`` each row of these two alert tables comes from; not written to a file.
    facts
        What is worth knowing of the run beside its results.
    """

    alert_scores: pl.DataFrame
    alert_rankings: pl.DataFrame
    cluster_scores: pl.DataFrame
    address_risk: pl.DataFrame
    alert_rows: pl.Series
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
        of ``batch.alerts``. Ranks 1 to n, each once: by falling score, then by alert_id, then by address, then by the
        alert's other columns, so that no rank follows from the order of the rows.

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
    features = _shared_features(batch, (scorer, ranker, clusters))
    watch.note("features")
    scored = _score_alerts(batch, features[scorer.kind], scorer, threads)
    watch.note("alert_scores")
    ranked = _rank_alerts(batch, features[ranker.kind], ranker, threads)
    watch.note("alert_rankings")
    by_cluster = _score_clusters(batch, features[clusters.kind], clusters, threads)
    watch.note("cluster_scores")
    rows = ranked.with_row_index("row").sort("alert_id", "rank")["row"]
    tables = {
        "alert_scores": scored[rows],
        "alert_rankings": ranked[rows],
        "cluster_scores": _sorted(by_cluster),
        "address_risk": score_addresses(scored),
    }
    watch.note("tables")
    facts = make_facts(
        batch.report, (scorer, ranker, clusters), features, tables, watch.latencies_ms
    )
    log_facts(facts)
    return Results(**tables, alert_rows=rows, facts=facts)


def _shared_features(batch: Batch, models: Sequence[RiskModel]) -> dict[str, pl.DataFrame]:
    """Build the features of each kind of model; what two models build alike is built once."""
    built: dict[Callable[[Batch], pl.DataFrame], pl.DataFrame] = {}
    for model in models:
        builder = type(model).build_features
        if builder not in built:
            built[builder] = model.prepare_features(batch)
    return {model.kind: built[type(model).build_features] for model in models}


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
    network = pl.Series("network", [batch.meta.network], pl.String).new_from_index(0, rows.height)
    keys = rows[["processing_date", "window_days", *identifiers]]
    return keys.insert_column(2, network)


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
    """Score and explain block by block: memory for contributions does not grow with the table."""
    narrator = narrator_of(model)

    def explained(part: pl.DataFrame) -> tuple[NDArray[np.float64], pl.Series]:
        found = model.contributions(part)
        return model.scores_of(found.raw_scores), narrator.explain(part, found)

    blocks = features.iter_slices(_BLOCK_ROWS) if features.height > _BLOCK_ROWS else (features,)
    scores, told = zip(*in_threads(explained, blocks, threads), strict=True)
    score = pl.Series("score", np.concatenate(scores))
    version = pl.Series("model_version", [model.version]).new_from_index(0, keys.height)
    return keys.hstack([score, version, pl.concat(told) if len(told) > 1 else told[0]])


@lru_cache(maxsize=16)
def narrator_of(model: RiskModel) -> Narrator:
    """Return the words of a model; made once."""
    return Narrator.of(
        model.feature_names, feature_reasons(), feature_families(), model.metadata.usual_ranges
    )


def _rank_alerts(
    batch: Batch, features: pl.DataFrame, ranker: AlertRankerModel, threads: int
) -> pl.DataFrame:
    score = pl.Series("score", ranker.predict(features, threads=threads))
    rank = _ranks(batch.alerts, score)
    version = pl.lit(ranker.version).alias("model_version")
    return _keys(batch, batch.alerts, "alert_id").with_columns(rank, score, version)


def _ranks(alerts: pl.DataFrame, score: pl.Series) -> pl.Series:
    """Return each row's rank; of alerts alike in every column, any may come first."""
    others = [name for name in alerts.columns if name not in {"alert_id", "address"}]
    order = ["score", "alert_id", "address", *others]
    by_rank = (
        alerts.with_columns(score)
        .select(pl.int_range(pl.len()).alias("row"), *order)
        .sort(order, descending=[name == "score" for name in order])
        .select("row", pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("rank"))
    )
    return by_rank.sort("row")["rank"]


def _sorted(table: pl.DataFrame) -> pl.DataFrame:
    """Sort by the identifier, then by every other column: equal results are then equal tables."""
    key = next(name for name in ("alert_id", "cluster_id", "address") if name in table.columns)
    return table.sort(key, *(name for name in table.columns if name != key))
