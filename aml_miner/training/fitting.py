"""Rows into a model: which features, how many trees, then the trees."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aml_miner.config.model_config import Minimum, TreeParameters
from aml_miner.models.metadata import Kind
from aml_miner.models.risk_model import RiskModel
from aml_miner.training.answers import refuse_answers
from aml_miner.training.boosting import (
    About,
    Trained,
    check_seed,
    check_splits,
    feature_gains,
    grow_trees,
    loss_by_rounds,
    member_seed,
)
from aml_miner.training.folds import split_by_group
from aml_miner.training.rows import LabelledRows
from aml_miner.training.selection import select_features


def train_model[M: RiskModel](
    model: type[M],
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    minimum: Minimum,
    about: About | None = None,
) -> M:
    """Train a model of a class; the same rows in any order, parameters and seed give the same model.

    Parameters
    ----------
    model
        What is trained.
    rows
        Labelled alerts, or clusters.
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
    rows.check_enough(model.kind, minimum)
    refuse_answers(model.kind, rows, parameters.drop_features)
    fitted = fit_model(model, rows, parameters, seed, about=about)
    check_splits(fitted)
    return fitted


def fit_model[M: RiskModel](
    model: type[M],
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    about: About | None = None,
) -> M:
    """Fit a model of a class to few rows too, as a fold needs it; one class alone is still refused.

    Raises
    ------
    TrainingRefusedError
        If the rows are of one class, or no feature is left.
    ConfigurationError
        If the seed is out of range, or a feature is named that is not there.
    """
    trained = fit_trees(model.kind, rows, parameters, seed, about)
    return model.from_text(trained.text, trained.metadata)


def fit_trees(
    kind: Kind,
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    about: About | None = None,
) -> Trained:
    """Fit trees as the parameters say; nothing but these rows is looked at.

    Raises
    ------
    TrainingRefusedError
        If the rows are of one class, or no feature is left.
    ConfigurationError
        If the seed is out of range, or a feature is named that is not there.
    """
    check_seed(seed)
    rows = rows.sorted()
    selection = select_features(
        kind, rows, parameters, lambda some: feature_gains(kind, some, parameters, seed)
    )
    rows = rows.only(selection.kept)
    return grow_trees(
        kind,
        rows,
        parameters,
        seed,
        rounds=[
            choose_rounds(kind, rows, member, seed, growth_seed=member_seed(seed, place))
            for place, member in enumerate(parameters.members)
        ],
        about=replace(about or About(), left_out=selection.left_out),
    )


def choose_rounds(
    kind: Kind,
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    growth_seed: int | None = None,
) -> int:
    """Return how many trees to grow: all, unless they clearly make it worse on slices of the rows apart by group.

    Each slice is looked at by trees grown on the others. Where no slice and its rest hold both classes each, all trees
    are grown.
    ``seed`` parts the rows, ``growth_seed`` grows the trees, the same where none is given.
    """
    if not (parameters.early_stopping_rounds and parameters.validation_share):
        return parameters.n_estimators
    growth = seed if growth_seed is None else growth_seed
    losses = []
    for fold in split_by_group(rows, round(1.0 / parameters.validation_share), seed):
        learned, checked = rows.take(fold.train), rows.take(np.sort(fold.test))
        if learned.has_both_classes and checked.has_both_classes:
            losses.append(loss_by_rounds(kind, learned, checked, parameters, growth))
    if not losses:
        return parameters.n_estimators
    return stopped_after(np.array(losses), parameters.early_stopping_rounds)


def stopped_after(losses: NDArray[np.float64], patience: int) -> int:
    """Return after how many rounds growing stops.

    Where the mean loss is the least so far and, ``patience`` rounds later, is higher by more than the standard error of
    the difference from slice to slice. With few illicit rows in a slice the place of the least loss alone is mostly
    chance.

    Source: the one-standard-error rule of Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees"
    (1984), section 3.4.3, on paired differences, and in favour of more trees (our choice).

    Parameters
    ----------
    losses
        Shape (slices, rounds).
    patience
        Rounds that are to bring nothing.

    Examples
    --------
    >>> stopped_after(np.array([[0.9, 0.5, 0.6, 0.7], [0.8, 0.5, 0.6, 0.8]]), patience=2)
    2
    >>> stopped_after(np.array([[0.9, 0.5, 0.6, 0.7], [0.8, 0.5, 0.6, 0.4]]), patience=2)
    4
    """
    slices, rounds = int(losses.shape[0]), int(losses.shape[1])
    mean = losses.mean(axis=0)
    best = 0
    for place in range(1, rounds):
        if mean[place] < mean[best]:
            best = place
        elif place - best == patience:
            worse = losses[:, place] - losses[:, best]
            error = worse.std(ddof=1) / np.sqrt(slices) if slices > 1 else 0.0
            if float(worse.mean()) > float(error):
                return best + 1
    return rounds
