"""Rows into trees: the one place that calls ``lightgbm.train``.

The same rows, parameters and seed give the same text to the last bit, on one platform and LightGBM release. What that
takes: rows in the order of their values, one thread, row-wise histograms, every seed set, and features handed over as
one matrix, never as a table LightGBM would interpret.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import lightgbm
import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from aml_miner.config.model_config import TreeParameters
from aml_miner.errors import ConfigurationError, TrainingRefusedError
from aml_miner.models.artifact import OBJECTIVES
from aml_miner.models.encoding import encode, fit_code_tables
from aml_miner.models.metadata import Kind, ModelMetadata, Scalar, digest_names
from aml_miner.models.risk_model import RiskModel
from aml_miner.training.rows import LabelledRows
from aml_miner.training.usual_ranges import usual_ranges

_SEEDS: Final = (
    "seed",
    "bagging_seed",
    "data_random_seed",
    "drop_seed",
    "extra_seed",
    "feature_fraction_seed",
    "objective_seed",
)
_HIGHEST_SEED: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Trained:
    """LightGBM's text of a model, and what is known of it."""

    text: str
    metadata: ModelMetadata


def check_seed(seed: int) -> None:
    """Refuse a seed LightGBM would cut down to another one.

    Raises
    ------
    ConfigurationError
        If it is not between 0 and 2³¹ − 1.
    """
    if not 0 <= seed <= _HIGHEST_SEED:
        raise ConfigurationError(f"seed must lie between 0 and {_HIGHEST_SEED}; found {seed}.")


def grow_trees(
    kind: Kind,
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    queries: Sequence[int] | None = None,
    metrics: Mapping[str, JsonValue] | None = None,
) -> Trained:
    """Train a model of a kind on rows in the order they come in.

    Parameters
    ----------
    kind
        What is trained; a ranker learns the grades, the others the labels.
    rows
        Rows sorted by their values (and for a ranker by query first).
    parameters
        What the trees are grown by.
    seed
        Seed of every draw.
    queries
        For a ranker: how many rows each query has, in order.
    metrics
        What was measured, to be kept with the model.

    Raises
    ------
    TrainingRefusedError
        If the rows are of one class.
    ConfigurationError
        If the seed is out of range.
    """
    check_seed(seed)
    _check_classes(kind, rows)
    names = tuple(rows.features.columns)
    code_tables = fit_code_tables(rows.features)
    settings = _settings(kind, parameters, seed)
    target = rows.labels if queries is None else rows.grades
    data = lightgbm.Dataset(
        encode(rows.features, names, code_tables),
        label=target.astype(np.float32),
        weight=None if (rows.weights == 1.0).all() else rows.weights,
        group=None if queries is None else list(queries),
        feature_name=list(names),
        categorical_feature=[place for place, name in enumerate(names) if name in code_tables],
        params=settings,
    )
    booster = lightgbm.train(settings, data, num_boost_round=parameters.n_estimators)
    metadata = ModelMetadata(
        kind=kind,
        feature_names=names,
        feature_names_sha256=digest_names(names),
        code_tables=code_tables,
        parameters={"n_estimators": parameters.n_estimators, **settings},
        data_digest=rows.sorted().digest(),  # of a ranker too: not by query
        trained_through=rows.trained_through,
        rows=len(rows),
        positives=rows.positives,
        usual_ranges=usual_ranges(rows.features, rows.labels),
        metrics=metrics or {},
        library_versions=library_versions(),
        model_sha256="",  # known when the text has passed its audit
    )
    return Trained(booster.model_to_string(), metadata)


def library_versions() -> dict[str, str]:
    """Return the versions of what decides about the trees."""
    names = ("lightgbm", "numpy", "polars")
    return {**{name: version(name) for name in names}, "python": platform.python_version()}


def check_splits(model: RiskModel) -> None:
    """Refuse a model that gives every row the same score.

    Raises
    ------
    TrainingRefusedError
        If no tree has a split.
    """
    if not any(tree.num_leaves > 1 for tree in model.text.trees):
        least = model.metadata.parameters["min_child_samples"]
        raise TrainingRefusedError(
            f"{model.kind}: no feature tells the {model.metadata.rows} labelled rows apart with at least {least} rows "
            f"on each side, so every score would be the same. Add batches, or lower min_child_samples."
        )


def split_queries(
    batches: Sequence[str], hashes: Sequence[str], most: int
) -> tuple[NDArray[np.int64], list[int]]:
    """Return the order of the rows by query, and the length of each query.

    A query is a batch; one of more than ``most`` rows is cut into the fewest pieces of nearly one length, by the order
    of the hashes. Within a query the rows stay in their order.

    Examples
    --------
    >>> order, lengths = split_queries(["b", "a", "b", "b"], ["3", "9", "1", "2"], most=2)
    >>> order.tolist(), lengths
    ([1, 2, 3, 0], [1, 2, 1])
    """
    names = np.array(batches, np.object_)
    order: list[NDArray[np.int64]] = []
    for name in sorted(set(batches)):
        places = np.flatnonzero(names == name)
        drawn = np.array([hashes[place] for place in places.tolist()], np.object_)
        by_hash = places[np.argsort(drawn, kind="stable")]
        pieces = np.array_split(by_hash, -(-len(places) // most))
        order.extend(np.sort(piece) for piece in pieces)
    return np.concatenate(order), [len(piece) for piece in order]


def _check_classes(kind: Kind, rows: LabelledRows) -> None:
    if not rows.has_both_classes:
        raise TrainingRefusedError(
            f"{kind}: training needs illicit and licit rows; found {rows.positives} illicit and "
            f"{len(rows) - rows.positives} licit ones. Add batches, or truth for the ones there are."
        )


def _settings(kind: Kind, parameters: TreeParameters, seed: int) -> dict[str, Scalar]:
    """Everything LightGBM is told; lists as text, the form its parameters have."""
    own = {"n_estimators", "alert_budget", "max_query_rows"}
    grown: dict[str, Scalar] = {
        name: ",".join(map(str, value)) if isinstance(value, tuple) else value
        for name, value in parameters.model_dump().items()
        if name not in own
    }
    fixed: dict[str, Scalar] = {
        "objective": OBJECTIVES[kind],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "feature_pre_filter": False,
        "verbosity": -1,
    }
    return {**grown, **fixed, **dict.fromkeys(_SEEDS, seed)}
