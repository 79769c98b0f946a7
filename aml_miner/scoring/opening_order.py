"""The alerts to open first, for a person to read: the ranker's order beside the scorer's scores and reasons."""

from typing import Final

import orjson
import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.scoring.scoring import Results

_REASONS: Final = 3
_SIGNS: Final = {"raises": "+", "lowers": "−"}


def first_alerts(results: Results, batch: Batch, most: int = 10) -> pl.DataFrame:
    """Return the alerts to open first, in that order.

    Alerts are told apart by their row in the batch, so each alert of a repeated alert_id has its own line.

    Parameters
    ----------
    results
        What `score_batch` made of the batch.
    batch
        The batch, for what kind of alerts they are.
    most
        How many alerts to return, where there are as many.

    Returns
    -------
    DataFrame
        ``rank, score, typology_type, alert_id, address, description, reasons``, rank 1 first. The rank is the ranker's.
        The score is the scorer's, and its three leading reasons explain it, not the rank: "+" raises the score, "−"
        lowers it. The description is the alert's own.
    """
    alerts = batch.alerts[results.alert_rows].select("typology_type", "description")
    scores = results.alert_scores.select("score", "alert_id", "address", "explain_json")
    ranks = results.alert_rankings.select("rank")
    first = pl.concat([ranks, scores, alerts], how="horizontal").sort("rank").head(most)
    reasons = [_leading_reasons(text) for text in first["explain_json"]]
    return first.select(
        "rank",
        "score",
        "typology_type",
        "alert_id",
        "address",
        "description",
        pl.Series("reasons", reasons, dtype=pl.List(pl.String)),
    )


def _leading_reasons(explain_json: str) -> list[str]:
    features = orjson.loads(explain_json)["top_features"][:_REASONS]
    return [f"{_SIGNS[feature['direction']]} {feature['reason']}" for feature in features]
