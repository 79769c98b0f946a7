"""Labelled alerts into an alert ranker."""

from aml_miner.config.model_config import Minimum, RankerParameters
from aml_miner.models.alert_ranker import AlertRankerModel
from aml_miner.training.answers import refuse_answers
from aml_miner.training.boosting import About, check_splits
from aml_miner.training.fitting import fit_trees
from aml_miner.training.rows import LabelledRows


def train_alert_ranker(
    rows: LabelledRows,
    parameters: RankerParameters,
    seed: int,
    *,
    minimum: Minimum,
    about: About | None = None,
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
    about
        What is to be kept with the model.

    Raises
    ------
    TrainingRefusedError
        If there are too few rows, or too few of a class, or nothing to tell them apart by, or a feature is the answer.
    ConfigurationError
        If the seed is out of range, or a feature is named that is not there.
    """
    rows.check_enough("alert_ranker", minimum)
    refuse_answers("alert_ranker", rows, parameters.drop_features)
    model = fit_alert_ranker(rows, parameters, seed, about=about)
    check_splits(model)
    return model


def fit_alert_ranker(
    rows: LabelledRows,
    parameters: RankerParameters,
    seed: int,
    *,
    about: About | None = None,
) -> AlertRankerModel:
    """Fit an alert ranker to few rows too, as a fold needs it; one class alone is still refused.

    Alerts are compared within a batch, and within at most ``max_query_rows`` of them; what is learned is the grade.

    Raises
    ------
    TrainingRefusedError
        If the rows are of one class.
    ConfigurationError
        If the seed is out of range, or a feature is named that is not there.
    """
    trained = fit_trees("alert_ranker", rows, parameters, seed, about)
    return AlertRankerModel.from_text(trained.text, trained.metadata)
