"""Labelled alerts into an alert scorer."""

from aml_miner.config.model_config import Minimum, TreeParameters
from aml_miner.models.alert_scorer import AlertScorerModel
from aml_miner.training.boosting import About
from aml_miner.training.fitting import fit_model, train_model
from aml_miner.training.rows import LabelledRows


def train_alert_scorer(
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    minimum: Minimum,
    about: About | None = None,
) -> AlertScorerModel:
    """Train an alert scorer; parameters and errors as in ``train_model``."""
    return train_model(AlertScorerModel, rows, parameters, seed, minimum=minimum, about=about)


def fit_alert_scorer(
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    about: About | None = None,
) -> AlertScorerModel:
    """Fit an alert scorer; parameters and errors as in ``fit_model``."""
    return fit_model(AlertScorerModel, rows, parameters, seed, about=about)
