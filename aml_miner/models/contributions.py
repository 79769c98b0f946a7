"""Exact Shapley contributions of a tree model: what each feature adds to each raw score."""

from dataclasses import dataclass

import numpy as np
from lightgbm import Booster
from numpy.typing import NDArray

from aml_miner.models.encoding import Matrix


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """What each feature adds to each raw score (log-odds in a scorer); positive raises the risk.

    Attributes
    ----------
    values
        Shape (rows, features), in the model's order of features.
    base_value
        The raw score before any feature is known. With a row's values it adds up to its raw score.
    """

    values: NDArray[np.float64]
    base_value: float


def contributions(booster: Booster, matrix: Matrix, *, threads: int = 1) -> Contributions:
    """Return the contributions of every row; a row's bits do not depend on the other rows or on ``threads``.

    Source: Lundberg et al., "From local explanations to global understanding with explainable AI for trees", Nature
    Machine Intelligence 2 (2020), algorithm 2 (tree path dependent), as LightGBM implements it.
    """
    rows = matrix if len(matrix) else np.full((1, matrix.shape[1]), np.nan, np.float32)
    found = np.asarray(booster.predict(rows, pred_contrib=True, num_threads=threads))
    return Contributions(
        values=np.ascontiguousarray(found[: len(matrix), :-1]), base_value=float(found[0, -1])
    )
