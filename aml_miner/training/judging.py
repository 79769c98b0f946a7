"""Results, truth and batch brought together, each alert beside its outcome and the scores it must beat."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch
from aml_miner.errors import InvalidBatchError
from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.results import ScoredResults
from aml_miner.features.builder import build_all_features, build_cluster_features
from aml_miner.features.feature import severity_level
from aml_miner.training.baselines import (
    UNKNOWN_SEVERITY,
    logistic_regression_out_of_fold,
    logistic_regression_scores,
)
from aml_miner.training.labels import label_alerts, label_clusters
from aml_miner.training.rows import (
    LabelledRows,
    alert_rows,
    cluster_rows,
    placed_alerts,
    placed_clusters,
)
from aml_miner.training.ties import primary_address
from aml_miner.training.truth import Truth

OWN_LINE = "logistic_regression_out_of_fold"
"""Name of a logistic regression that learned from the batch that is judged, never from the alert it speaks of."""


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What a model's results are set beside; what is not given is left out.

    Attributes
    ----------
    batch
        The batch that was scored: severity, confidence, volume, typologies; and, where no other batches were learned
        from, a logistic regression that learns out of fold from its own labels.
    previous
        Results of another model for the same batch.
    learned
        Batches a logistic regression may learn from, and whose addresses are known.
    learned_truth
        What is true of them.
    """

    batch: Batch | None = None
    previous: ScoredResults | None = None
    learned: Sequence[Batch] = field(default=())
    learned_truth: Truth | None = None


def judge_alerts(results: ScoredResults, truth: Truth, beside: Beside) -> Judged:
    """Lay truth and baselines beside the scores of alerts.

    Of a repeated alert_id the rows are told apart by nothing but their order: the higher score stands beside the higher
    confidence, whichever pattern either came from.

    Raises
    ------
    InvalidBatchError
        If results and batch, or results and previous results, are not of the same alerts.
    TrainingRefusedError, FeatureComputationError
        If a logistic regression cannot learn.
    """
    scores = results.alert_scores
    if results.alert_rankings is not None:
        scores = scores.with_columns(results.alert_rankings["rank"])
    scores = _numbered(scores, "score")
    labels = label_alerts(scores, truth)
    scorings = {"alert_scorer": scores["score"].to_numpy()}
    if "rank" in scores.columns:
        scorings["alert_ranker"] = -scores["rank"].cast(pl.Float64).to_numpy()
    segments = [_network(scores)]
    if beside.batch is not None:
        places = _places(beside.batch, scores)
        alerts = beside.batch.alerts[places]
        scorings |= _of_batch(alerts, "severity", "alert_confidence_score", "volume_usd")
        segments = [alerts["typology_type"], alerts["severity"], *segments]
        segments.append(_first_seen(alerts, beside.batch))
        if beside.learned and beside.learned_truth:
            learned = alert_rows(beside.learned, beside.learned_truth)
            features = build_all_features(beside.batch)[places]
            scorings["logistic_regression"] = _line(learned, features)
        else:
            scorings |= _own_line(*placed_alerts(beside.batch, truth), places)
    if beside.learned:
        met = pl.concat([batch.alerts["address"] for batch in beside.learned]).unique()
        segments.append(_met(scores["address"], met))
    if beside.previous is not None:
        scorings["previous_model"] = _previous(scores, beside.previous.alert_scores, "alert_id")
    rows = scores.select("address", id="alert_id").with_columns(labels["label"], labels["grade"])
    return Judged(
        "alerts",
        rows,
        _together(segments),
        scorings,
        _shares(scorings, "alert_scorer"),
        _explanations(scores),
    )


def judge_clusters(results: ScoredResults, truth: Truth, beside: Beside) -> Judged | None:
    """Lay truth and baselines beside the scores of clusters; None without a batch or without such scores.

    Raises
    ------
    InvalidBatchError, TrainingRefusedError, FeatureComputationError
        As ``judge_alerts``.
    """
    batch, scores = beside.batch, results.cluster_scores
    if batch is None or scores is None:
        return None
    numbered = _numbered(scores, "score")
    places = _places(batch, numbered, "cluster_id", "confidence_avg")
    clusters = batch.clusters[places]
    label = label_clusters(batch, label_alerts(batch.alerts, truth))["label"].gather(places)
    scorings = {"cluster_scorer": numbered["score"].to_numpy()}
    scorings |= _of_batch(clusters, "severity_max", "confidence_avg", "total_volume_usd")
    if beside.learned and beside.learned_truth:
        learned = cluster_rows(beside.learned, beside.learned_truth)
        scorings["logistic_regression"] = _line(learned, build_cluster_features(batch)[places])
    else:
        scorings |= _own_line(*placed_clusters(batch, truth), places)
    previous = beside.previous.cluster_scores if beside.previous else None
    if previous is not None:
        scorings["previous_model"] = _previous(numbered, previous, "cluster_id")
    rows = clusters.select(
        id="cluster_id",
        address=primary_address(),
    ).with_columns(label, label.cast(pl.UInt8).alias("grade"))
    segments = _together([clusters["cluster_type"], clusters["severity_max"]])
    shares = _shares(scorings, "cluster_scorer")
    return Judged("clusters", rows, segments, scorings, shares, _explanations(numbered))


def _numbered(scores: pl.DataFrame, by: str) -> pl.DataFrame:
    """Number the rows of each id by falling value, so that repeated ids can be matched."""
    key = "alert_id" if "alert_id" in scores.columns else "cluster_id"
    numbered = scores.sort(key, by, descending=[False, True])
    return numbered.with_columns(copy=pl.int_range(pl.len()).over(key))


def _places(
    batch: Batch, scores: pl.DataFrame, key: str = "alert_id", by: str = "alert_confidence_score"
) -> pl.Series:
    """Return where in the batch each scored row lies."""
    table = batch.alerts if key == "alert_id" else batch.clusters
    numbered = _numbered(table.with_row_index("place").select("place", key, by), by)
    found = scores.select(key, "copy").join(
        numbered, on=[key, "copy"], how="left", maintain_order="left"
    )["place"]
    _check_same(key, scores, found, f"the batch has {table.height} rows")
    return found


def _previous(scores: pl.DataFrame, other: pl.DataFrame, key: str) -> NDArray[np.float64]:
    earlier = _numbered(other, "score").select(key, "copy", previous="score")
    found = scores.select(key, "copy").join(
        earlier, on=[key, "copy"], how="left", maintain_order="left"
    )["previous"]
    _check_same(key, scores, found, f"the previous results have {other.height} rows")
    return found.to_numpy()


def _check_same(key: str, scores: pl.DataFrame, found: pl.Series, other: str) -> None:
    lacking = found.is_null()
    if lacking.any():
        raise InvalidBatchError(
            f"results: every {key} must be found on both sides; {lacking.sum()} of {scores.height} are not "
            f"({other}), first '{scores[key].filter(lacking)[0]}'; name results and batch of one day."
        )


def _of_batch(
    rows: pl.DataFrame, severity: str, confidence: str, volume: str
) -> dict[str, NDArray[np.float64]]:
    level = rows.select(severity_level(severity)).to_series().fill_null(UNKNOWN_SEVERITY)
    return {
        "severity": level.to_numpy(),
        "alert_confidence": rows[confidence].cast(pl.Float64).clip(0.0, 1.0).to_numpy(),
        "volume": rows[volume].cast(pl.Float64).to_numpy(),
    }


def _line(learned: LabelledRows, features: pl.DataFrame) -> NDArray[np.float64]:
    asked = LabelledRows(features, pl.DataFrame())
    return logistic_regression_scores(learned, asked)


def _own_line(
    labelled: LabelledRows, at: NDArray[np.int64], places: pl.Series
) -> dict[str, NDArray[np.float64]]:
    """Return what logistic regressions that learned from the other rows say; of rows without a label, one share."""
    found = logistic_regression_out_of_fold(labelled)
    if found is None:
        return {}
    known = pl.DataFrame({"place": at, "score": found})
    asked = places.cast(pl.Int64).alias("place").to_frame()
    scores = asked.join(known, on="place", how="left", maintain_order="left")["score"]
    return {OWN_LINE: scores.fill_null(labelled.positives / len(labelled)).to_numpy()}


def _network(scores: pl.DataFrame) -> pl.Series:
    if "network" not in scores.columns:
        return pl.Series("network", [None] * scores.height, dtype=pl.String)
    return scores["network"].cast(pl.String)


def _first_seen(alerts: pl.DataFrame, batch: Batch) -> pl.Series:
    """Whether an address was first seen in this window, as its features say it."""
    key = ["address", "processing_date", "window_days"]
    known = batch.features.select(*key, "is_new_address")
    found = alerts.select(key).join(known, on=key, how="left", maintain_order="left")
    return _worded(found["is_new_address"], "first_seen", "in this window", "before")


def _met(addresses: pl.Series, met: pl.Series) -> pl.Series:
    return _worded(addresses.is_in(met.implode()), "address", "learned from", "new")


def _worded(flags: pl.Series, name: str, true: str, false: str) -> pl.Series:
    words = pl.when(pl.col("flag")).then(pl.lit(true)).when(~pl.col("flag")).then(pl.lit(false))
    return pl.DataFrame({"flag": flags}).select(words.alias(name)).to_series()


def _together(segments: Sequence[pl.Series]) -> dict[str, pl.Series]:
    """Return the segments that tell rows apart, or that are known at all."""
    return {one.name: one for one in segments if one.null_count() < len(one)}


def _explanations(scores: pl.DataFrame) -> list[str]:
    """Return what explains the scores, where results hold it."""
    if "explain_json" not in scores.columns:
        return []
    return scores["explain_json"].drop_nulls().to_list()


def _shares(scorings: dict[str, NDArray[np.float64]], model: str) -> frozenset[str]:
    shares = {model, "alert_confidence", "logistic_regression", OWN_LINE, "previous_model"}
    return frozenset(shares & scorings.keys())
