"""Labelled clusters into a cluster scorer."""

from aml_miner.config.model_config import Minimum, TreeParameters
from aml_miner.models.cluster_scorer import ClusterScorerModel
from aml_miner.training.boosting import About
from aml_miner.training.fitting import fit_model, train_model
from aml_miner.training.rows import LabelledRows


def train_cluster_scorer(
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    minimum: Minimum,
    about: About | None = None,
) -> ClusterScorerModel:
    """Train a cluster scorer; parameters and errors as in ``train_model``."""
    return train_model(ClusterScorerModel, rows, parameters, seed, minimum=minimum, about=about)


def fit_cluster_scorer(
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    about: About | None = None,
) -> ClusterScorerModel:
    """Fit a cluster scorer; parameters and errors as in ``fit_model``."""
    return fit_model(ClusterScorerModel, rows, parameters, seed, about=about)
