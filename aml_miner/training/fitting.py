"""Rows into a model: which features, how many trees, then the trees."""

from dataclasses import replace

import numpy as np

from aml_miner.config.model_config import TreeParameters
from aml_miner.models.metadata import Kind
from aml_miner.training.boosting import (
    About,
    Trained,
    best_rounds,
    check_seed,
    feature_gains,
    grow_trees,
)
from aml_miner.training.folds import split_by_group
from aml_miner.training.rows import LabelledRows
from aml_miner.training.selection import select_features


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
        rounds=choose_rounds(kind, rows, parameters, seed),
        about=replace(about or About(), left_out=selection.left_out),
    )


def choose_rounds(kind: Kind, rows: LabelledRows, parameters: TreeParameters, seed: int) -> int:
    """Return how many trees to grow: as many as were best on a slice of the rows apart by group.

    Where the rows cannot be cut into two parts with both classes each, there is no early stopping.
    """
    if not (parameters.early_stopping_rounds and parameters.validation_share):
        return parameters.n_estimators
    for fold in split_by_group(rows, round(1.0 / parameters.validation_share), seed):
        learned, checked = rows.take(fold.train), rows.take(np.sort(fold.test))
        if learned.has_both_classes and checked.has_both_classes:
            return best_rounds(kind, learned, checked, parameters, seed)
    return parameters.n_estimators
