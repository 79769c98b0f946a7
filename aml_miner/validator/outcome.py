"""What a model makes of rows: their features, scores and reasons, to be compared bit by bit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.models import RiskModel
from aml_miner.scoring.scoring import narrator_of
from aml_miner.validator.difference import (
    Difference,
    Value,
    count_differing,
    first_difference,
    in_hex,
    parting,
)
from aml_miner.validator.sample import key_of, rows_of

_SCORES = ("score", "explain_json")
_SHOWN = 60
"""Characters of a text that are shown from where it parts from another."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Row by row: identifier, features, score and reasons.

    Attributes
    ----------
    ids
        ``alert_id`` or ``cluster_id``.
    features
        The columns the model reads, in its order.
    scores
        ``score, explain_json``.
    """

    ids: pl.Series
    features: pl.DataFrame
    scores: pl.DataFrame

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.ids)

    def take(self, rows: Sequence[int]) -> Self:
        """Return rows by their places, in this order."""
        places = list(rows)
        return type(self)(self.ids[places], self.features[places], self.scores[places])

    def table(self) -> pl.DataFrame:
        """Return identifiers, scores and reasons as one table."""
        return pl.DataFrame([self.ids.alias("id"), *self.scores])


def outcome_of(model: RiskModel, batch: Batch, *, threads: int = 1) -> Outcome:
    """Score and explain the rows of a batch that a model is for.

    Raises
    ------
    FeatureComputationError, PredictionError
        If the model needs a feature that cannot be built.
    """
    features = model.prepare_features(batch)
    return outcome_of_features(model, rows_of(model, batch), features, threads=threads)


def outcome_of_features(
    model: RiskModel, rows: pl.DataFrame, features: pl.DataFrame, *, threads: int = 1
) -> Outcome:
    """Score and explain rows whose features are built; errors as in `outcome_of`."""
    found = model.contributions(features, threads=threads)
    scores = pl.DataFrame(
        [
            pl.Series("score", model.predict(features, threads=threads)),
            narrator_of(model).explain(features, found),
        ]
    )
    return Outcome(
        rows[key_of(model)],
        features.select(model.feature_names),
        scores,
    )


def joined(parts: Sequence[Outcome]) -> Outcome:
    """Return the rows of several outcomes, one after the other."""
    return Outcome(
        pl.concat([part.ids for part in parts]),
        pl.concat([part.features for part in parts]),
        pl.concat([part.scores for part in parts]),
    )


def told_difference(expected: Outcome, found: Outcome) -> str | None:
    """Return a sentence about the first row that differs, the feature first that makes it differ; None for the same.

    Features are compared too: one that looks at other rows may happen to move no score of these.
    """
    if len(expected) != len(found):
        return f"{len(found)} rows came out, expected {len(expected)}"
    feature = first_difference(expected.features, found.features, expected.features.columns)
    score = first_difference(expected.scores, found.scores, _SCORES)
    firsts = [each for each in (feature, score) if each]
    if not firsts:
        return None
    row = min(each.row for each in firsts)
    told = [_told_feature(feature)] if feature and feature.row == row else []
    told += [_told(score)] if score and score.row == row else []
    count = count_differing(expected.table(), found.table(), _SCORES)
    return f"{count} of {len(found)} scores or reasons differ; first row '{found.ids[row]}': {', '.join(told)}"


def _told_feature(difference: Difference) -> str:
    return f"feature {_told(difference)}"


def _told(difference: Difference) -> str:
    expected, found = difference.expected, difference.found
    if isinstance(expected, str) and isinstance(found, str):
        place = parting(expected, found)
        expected, found = expected[place : place + _SHOWN], found[place : place + _SHOWN]
        return f"'{difference.column}' goes on with {found!r} from character {place + 1}, expected {expected!r}"
    return f"'{difference.column}' is {_number(found)}, expected {_number(expected)}"


def _number(value: Value) -> str:
    if value is None:
        return "unknown"
    return f"{value!r} ({in_hex(value)})" if isinstance(value, float) else repr(value)
