"""Labelled alerts into an alert ranker."""

from aml_miner.config.model_config import Minimum, RankerParameters
from aml_miner.models.alert_ranker import AlertRankerModel
from aml_miner.training.boosting import About
from aml_miner.training.fitting import fit_model, train_model
from aml_miner.training.rows import LabelledRows


def train_alert_ranker(
    rows: LabelledRows,
    parameters: RankerParameters,
    seed: int,
    *,
    minimum: Minimum,
    about: About | None = None,
) -> AlertRankerModel:
    """Train an alert ranker; parameters and errors as in ``train_model``."""
    return train_model(AlertRankerModel, rows, parameters, seed, minimum=minimum, about=about)


def fit_alert_ranker(
    rows: LabelledRows,
    parameters: RankerParameters,
    seed: int,
    *,
    about: About | None = None,
) -> AlertRankerModel:
    """Fit an alert ranker; parameters and errors as in ``fit_model``.

    Alerts are compared within a batch, and within at most ``max_query_rows`` of them; what is learned is the grade.
    """
    return fit_model(AlertRankerModel, rows, parameters, seed, about=about)
