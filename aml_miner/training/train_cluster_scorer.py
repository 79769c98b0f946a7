"""Labelled clusters into a cluster scorer."""

from collections.abc import Mapping

from pydantic import JsonValue

from aml_miner.config.model_config import Minimum, TreeParameters
from aml_miner.models.cluster_scorer import ClusterScorerModel
from aml_miner.training.boosting import check_splits, grow_trees
from aml_miner.training.rows import LabelledRows


def train_cluster_scorer(
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    minimum: Minimum,
    metrics: Mapping[str, JsonValue] | None = None,
) -> ClusterScorerModel:
    """Train a cluster scorer; the same rows in any order, parameters and seed give the same model.

    Parameters
    ----------
    rows
        Labelled clusters.
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
    rows.check_enough("cluster_scorer", minimum)
    model = fit_cluster_scorer(rows, parameters, seed, metrics=metrics)
    check_splits(model)
    return model


def fit_cluster_scorer(
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    metrics: Mapping[str, JsonValue] | None = None,
) -> ClusterScorerModel:
    """Fit a cluster scorer to few rows too, as a fold needs it; one class alone is still refused.

    Raises
    ------
    TrainingRefusedError
        If the rows are of one class.
    ConfigurationError
        If the seed is out of range.
    """
    trained = grow_trees("cluster_scorer", rows.sorted(), parameters, seed, metrics=metrics)
    return ClusterScorerModel.from_text(trained.text, trained.metadata)
