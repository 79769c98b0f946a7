"""Labelled clusters into a cluster scorer."""

from aml_miner.config.model_config import Minimum, TreeParameters
from aml_miner.models.cluster_scorer import ClusterScorerModel
from aml_miner.training.answers import refuse_answers
from aml_miner.training.boosting import About, check_splits
from aml_miner.training.fitting import fit_trees
from aml_miner.training.rows import LabelledRows


def train_cluster_scorer(
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    minimum: Minimum,
    about: About | None = None,
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
    about
        What is to be kept with the model.

    Raises
    ------
    TrainingRefusedError
        If there are too few rows, or too few of a class, or nothing to tell them apart by, or a feature is the answer.
    ConfigurationError
        If the seed is out of range, or a feature is named that is not there.
    """
    rows.check_enough("cluster_scorer", minimum)
    refuse_answers("cluster_scorer", rows, parameters.drop_features)
    model = fit_cluster_scorer(rows, parameters, seed, about=about)
    check_splits(model)
    return model


def fit_cluster_scorer(
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    about: About | None = None,
) -> ClusterScorerModel:
    """Fit a cluster scorer to few rows too, as a fold needs it; one class alone is still refused.

    Raises
    ------
    TrainingRefusedError
        If the rows are of one class.
    ConfigurationError
        If the seed is out of range, or a feature is named that is not there.
    """
    trained = fit_trees("cluster_scorer", rows, parameters, seed, about)
    return ClusterScorerModel.from_text(trained.text, trained.metadata)
