"""What the batch and the models add to an explanation: the alert's own words, and more features than five."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.errors import InvalidBatchError, ModelRejectedError
from aml_miner.features.builder import build_all_features, build_cluster_features
from aml_miner.models import Models, RiskModel
from aml_miner.scoring.explained import Explained, Explanation, Fact, Subject
from aml_miner.scoring.scoring import narrator_of

_FACTS: Final[Mapping[Subject, tuple[str, ...]]] = {
    "alert": (
        "typology_type",
        "severity",
        "alert_confidence_score",
        "volume_usd",
        "pattern_type",
        "description",
    ),
    "cluster": (
        "cluster_type",
        "severity_max",
        "confidence_avg",
        "total_volume_usd",
        "total_alerts",
    ),
}
"""What is told of a row of the batch; exact amounts as text."""


def look_closer(
    found: Sequence[Explained], batch: Batch, models: Models | None = None, *, most: int = 5
) -> list[Explained]:
    """Add what the batch says of each alert or cluster, and list as many features as asked for where models are given.

    A row of the batch is the one that was explained when it has its keys and the feature values told of it.

    Parameters
    ----------
    found
        What is explained.
    batch
        The batch that was scored.
    models
        The models it was scored by.
    most
        How many features to list; without models, those of the results.

    Raises
    ------
    InvalidBatchError
        If the batch is not the one that was scored.
    ModelRejectedError
        If the models are not those it was scored by.
    """
    taken: set[tuple[Subject, int]] = set()
    closer = []
    for one in found:
        part, features, row = _row_of(one, batch, taken)
        taken.add((one.subject, row))
        told = replace(one, facts=_facts(one.subject, part))
        closer.append(told if models is None else _told(told, features, models, most))
    return closer


def _row_of(
    one: Explained, batch: Batch, taken: set[tuple[Subject, int]]
) -> tuple[dict[str, Any], pl.DataFrame, int]:
    """Return the row of the batch that was explained, its features, and its place."""
    table = batch.alerts if one.subject == "alert" else batch.clusters
    named = {
        f"{one.subject}_id": one.identifier,
        "processing_date": one.processing_date,
        "window_days": one.window_days,
        **({"address": one.address} if one.subject == "alert" else {}),
    }
    rows = table.with_row_index(" row").filter(
        pl.col(name) == value for name, value in named.items()
    )
    part = rows.drop(" row")
    if one.subject == "alert":
        features = build_all_features(replace(batch, alerts=part))
    else:
        features = build_cluster_features(replace(batch, clusters=part))
    for at, place in enumerate(rows[" row"].to_list()):
        if (one.subject, place) not in taken and _has_values(features.row(at, named=True), one):
            return part.row(at, named=True), features[at : at + 1], place
    raise InvalidBatchError(
        f"{one.subject}s: expected the row of '{one.identifier}' of {one.processing_date} and {one.window_days} days "
        f"with the values in its explanation; found {rows.height} of that id, none with them. "
        f"Name the batch these results were made of, or score this one."
    )


def _has_values(features: Mapping[str, object], one: Explained) -> bool:
    told = (*one.explanation.reasons, *one.explanation.against)
    return all(reason.name in features and features[reason.name] == reason.value for reason in told)


def _facts(subject: Subject, row: Mapping[str, Any]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for name in _FACTS[subject]:
        value = row.get(name)
        facts[name] = value if isinstance(value, str | float | int) or value is None else str(value)
    return facts


def _told(one: Explained, features: pl.DataFrame, models: Models, most: int) -> Explained:
    model: RiskModel = models.alert_scorer if one.subject == "alert" else models.cluster_scorer
    if model.version != one.model_version:
        raise ModelRejectedError(
            f"{model.kind}: '{one.identifier}' was scored by version {one.model_version}; found {model.version}. "
            f"Name the models these results were made by, or score the batch again."
        )
    wanted = features.select(model.feature_names)
    text = narrator_of(model).explain(wanted, model.contributions(wanted), most=most).item()
    return replace(one, text=text, explanation=Explanation.of_json(text))
