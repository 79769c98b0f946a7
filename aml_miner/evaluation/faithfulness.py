"""Whether reasons are what a score goes by: their features are removed, and the raw score is looked at again.

A feature is removed by setting it to missing, or by giving it the value of another row. The first is what a model makes
of a value that is not known; where training never met one, trees take it for 0. The second asks nothing the model has
not seen, feature by feature, and moves less where the other row is alike.

Removing features is the usual test of what an explanation says: Samek et al., "Evaluating the visualization of what a
deep neural network has learned" (2017), section 3; DeYoung et al., "ERASER" (2020), section 4 (comprehensiveness).
What stands beside it, as many features drawn at random, is what removal alone does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.models.contributions import Contributions
from aml_miner.models.encoding import Matrix, encode
from aml_miner.models.risk_model import RiskModel

type Chosen = Literal["reasons", "random"]
type Put = Literal["missing", "another row"]

CHOSEN: Final[tuple[Chosen, ...]] = ("reasons", "random")
PUT: Final[tuple[Put, ...]] = ("missing", "another row")
COUNTS: Final = (1, 3, 5)
REPEATS: Final = 5
"""Draws of random features and of other rows, to be averaged over."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What removing features does to the raw score, over many rows.

    Attributes
    ----------
    chosen, put, count
        Which features, what was put in their place, and how many of them.
    rows
        Rows looked at: those in which so many features are known.
    as_said_ratio, against_ratio
        Share of the rows whose raw score fell where the removed contributions add up to more than 0 and rose where to
        less; and of those it moved the other way in. The rest did not move.
    mean_move
        How far it moved in the direction said, on average, in units of the raw score.
    mean_said
        Mean absolute sum of the removed contributions.
    """

    chosen: Chosen
    put: Put
    count: int
    rows: int
    as_said_ratio: float
    against_ratio: float
    mean_move: float
    mean_said: float


def measure_removals(
    model: RiskModel, features: pl.DataFrame, seed: int, counts: Sequence[int] = COUNTS
) -> list[Removal]:
    """Remove the leading reasons of each row, and as many features at random, and tell how the raw score moves.

    Only features that are known in a row are removed from it: the others have nothing to be removed.

    Parameters
    ----------
    model
        The model that is explained.
    features
        Rows, preferably such as the model has not learned from.
    seed
        Seed of the random features and of the other rows.
    counts
        How many features are removed.
    """
    own = features.select(model.feature_names)
    rows = _Rows(model, own, model.contributions(own))
    random = np.random.Generator(np.random.PCG64(seed))
    return [
        _measured(chosen, put, count, _moves(rows, chosen, put, count, random))
        for put in PUT
        for chosen in CHOSEN
        for count in counts
    ]


type _Move = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Of each row: what was said, and by how much the raw score fell."""


class _Rows:
    """Rows of a model, and what they are without some features."""

    def __init__(self, model: RiskModel, features: pl.DataFrame, found: Contributions) -> None:
        self.model = model
        tables = model.metadata.code_tables
        self.matrix: Matrix = encode(features, model.feature_names, tables)
        nothing = features.clear(1)  # one row of nulls
        self.missing: Matrix = encode(nothing, model.feature_names, tables)
        self.known = np.column_stack([each.is_not_null().to_numpy() for each in features])
        self.values = found.values
        self.raw_scores = found.raw_scores

    def without(self, rows: NDArray[np.int64], places: NDArray[np.int64], other: Matrix) -> _Move:
        """Put what stands in other rows at some places of each row."""
        changed = self.matrix[rows]
        np.put_along_axis(changed, places, np.take_along_axis(other, places, axis=1), axis=1)
        said = np.take_along_axis(self.values[rows], places, axis=1).sum(axis=1)
        return said, self.raw_scores[rows] - self.model.explainer.raw_scores(changed)


def _moves(
    rows: _Rows, chosen: Chosen, put: Put, count: int, random: np.random.Generator
) -> Iterator[_Move]:
    enough = np.flatnonzero(rows.known.sum(axis=1) >= count)
    sizes = np.where(rows.known, np.abs(rows.values), -1.0)[enough]
    once = chosen == "reasons" and put == "missing"
    for _ in range(1 if once else REPEATS):
        if chosen == "random":
            sizes = np.where(rows.known[enough], random.random(sizes.shape), -1.0)
        places = np.argsort(-sizes, axis=1, kind="stable")[:, :count]
        if put == "missing":
            other = np.repeat(rows.missing, len(enough), axis=0)
        else:
            other = rows.matrix[random.permutation(len(rows.matrix))[: len(enough)]]
        yield rows.without(enough, places, other)


def _measured(chosen: Chosen, put: Put, count: int, moves: Iterator[_Move]) -> Removal:
    draws = list(moves)
    said, fell = (np.concatenate(parts) for parts in zip(*draws, strict=True))
    move = fell * np.sign(said)
    if not len(move):
        return Removal(chosen, put, count, 0, 0.0, 0.0, 0.0, 0.0)
    return Removal(
        chosen=chosen,
        put=put,
        count=count,
        rows=len(draws[0][0]),
        as_said_ratio=float((move > 0.0).mean()),
        against_ratio=float((move < 0.0).mean()),
        mean_move=float(move.mean()),
        mean_said=float(np.abs(said).mean()),
    )
