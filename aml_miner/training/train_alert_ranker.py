"""Labelled alerts into an alert ranker."""

import hashlib
from collections.abc import Mapping

from pydantic import JsonValue

from aml_miner.config.model_config import Minimum, RankerParameters
from aml_miner.models.alert_ranker import AlertRankerModel
from aml_miner.training.boosting import check_splits, grow_trees, split_queries
from aml_miner.training.rows import LabelledRows


def train_alert_ranker(
    rows: LabelledRows,
    parameters: RankerParameters,
    seed: int,
    *,
    minimum: Minimum,
    metrics: Mapping[str, JsonValue] | None = None,
) -> AlertRankerModel:
    """Train an alert ranker; the same rows in any order, parameters and seed give the same model.

    Parameters
    ----------
    rows
        Labelled alerts.
    parameters, seed
        What the trees are grown by.
    minimum
        The fewest rows, and rows of each class, to train on.
    metrics
        What was measured, to be kept with the model.

    Raises
    ------
    TrainingRefusedError
        If there are too few rows, or too few of a class, or nothing to tell them apart by.
    ConfigurationError
        If the seed is out of range.
    """
    rows.check_enough("alert_ranker", minimum)
    model = fit_alert_ranker(rows, parameters, seed, metrics=metrics)
    check_splits(model)
    return model


def fit_alert_ranker(
    rows: LabelledRows,
    parameters: RankerParameters,
    seed: int,
    *,
    metrics: Mapping[str, JsonValue] | None = None,
) -> AlertRankerModel:
    """Fit an alert ranker to few rows too, as a fold needs it; one class alone is still refused.

    Alerts are compared within a batch, and within at most ``max_query_rows`` of them; what is learned is the grade.

    Raises
    ------
    TrainingRefusedError
        If the rows are of one class.
    ConfigurationError
        If the seed is out of range.
    """
    rows = rows.sorted()
    hashes = [hashlib.sha256(name.encode()).hexdigest() for name in rows.keys["id"]]
    batches = rows.keys["batch"].to_list()
    order, queries = split_queries(batches, hashes, parameters.max_query_rows)
    trained = grow_trees(
        "alert_ranker", rows.take(order), parameters, seed, queries=queries, metrics=metrics
    )
    return AlertRankerModel.from_text(trained.text, trained.metadata)
