"""Rows into trees: the one place that calls ``lightgbm.train``.

The same rows, parameters and seed give the same text to the last bit, on one platform and LightGBM release. What that
takes: rows in the order of their values, one thread, row-wise histograms, every seed set, and features handed over as
one matrix, never as a table LightGBM would interpret.
"""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Final

import lightgbm
import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from aml_miner.config.model_config import RankerParameters, TreeParameters
from aml_miner.errors import ConfigurationError, TrainingRefusedError
from aml_miner.models.calibration import Calibration
from aml_miner.models.encoding import CodeTables, encode, fit_code_tables
from aml_miner.models.metadata import Kind, ModelMetadata, Scalar, digest_names
from aml_miner.models.model_text import parse_model_text
from aml_miner.models.risk_model import RiskModel
from aml_miner.training.averaging import average_texts
from aml_miner.training.booster_settings import SEEDS, booster_settings
from aml_miner.training.queries import order_by_query
from aml_miner.training.row_weights import balanced_weights
from aml_miner.training.rows import LabelledRows
from aml_miner.training.usual_ranges import usual_ranges

_HIGHEST_SEED: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class About:
    """What a model is kept with: what was measured, what it does not learn from, how its scores become shares."""

    metrics: Mapping[str, JsonValue] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    calibration: Calibration | None = None
    provenance: str = ""


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


def member_seed(seed: int, place: int) -> int:
    """Return the seed of a member of an average: as much higher as its place, from 0 on, and from the start again."""
    return (seed + place) % (_HIGHEST_SEED + 1)


def grow_trees(
    kind: Kind,
    rows: LabelledRows,
    parameters: TreeParameters,
    seed: int,
    *,
    rounds: Sequence[int] | None = None,
    about: About | None = None,
) -> Trained:
    """Train a model of a kind, or several and average them; the same rows in any order give the same text.

    Parameters
    ----------
    kind
        What is trained; a ranker learns the grades, the others the labels.
    rows
        Rows with the features to learn from.
    parameters
        What the trees are grown by, and those averaged with them.
    seed
        Seed of every draw; that of each further member is one higher.
    rounds
        How many trees of each member; ``n_estimators`` when None.
    about
        What is to be kept with the model.

    Raises
    ------
    TrainingRefusedError
        If the rows are of one class.
    ConfigurationError
        If the seed is out of range.
    """
    check_seed(seed)
    _check_classes(kind, rows)
    about = about or About()
    names = tuple(rows.features.columns)
    code_tables = fit_code_tables(rows.features)
    members = parameters.members
    if rounds is not None:
        members = tuple(
            member.model_copy(update={"n_estimators": count})
            for member, count in zip(members, rounds, strict=True)
        )
    grown = [
        _grow(kind, rows, code_tables, member, member_seed(seed, place))
        for place, member in enumerate(members)
    ]
    metadata = ModelMetadata(
        kind=kind,
        feature_names=names,
        feature_names_sha256=digest_names(names),
        code_tables=code_tables,
        left_out=about.left_out,
        calibration=about.calibration,
        parameters=_said_of_members([member.said for member in grown]),
        provenance=about.provenance,
        data_digest=rows.sorted().digest(),
        trained_through=rows.trained_through,
        rows=len(rows),
        positives=rows.positives,
        usual_ranges=usual_ranges(rows.features, rows.labels),
        metrics=about.metrics,
        library_versions=library_versions(),
        model_sha256="",  # known when the text has passed its audit
    )
    return Trained(average_texts([member.text for member in grown]), metadata)


def loss_by_rounds(
    kind: Kind, learned: LabelledRows, checked: LabelledRows, parameters: TreeParameters, seed: int
) -> NDArray[np.float64]:
    """Return the loss on ``checked`` after 1, 2, … ``n_estimators`` trees grown on ``learned``.

    The loss is 1 − average precision. Log loss would punish raw scores for promising too much, which calibration mends
    afterwards, and NDCG over the few batches of a slice is mostly chance.
    """
    code_tables = fit_code_tables(learned.features)
    settings = booster_settings(kind, learned, parameters, seed)
    settings["metric"] = "average_precision"
    data = _dataset(kind, learned, code_tables, parameters, settings)
    check = _dataset(kind, checked, code_tables, parameters, settings, reference=data)
    seen: dict[str, dict[str, list[float]]] = {}
    lightgbm.train(
        settings,
        data,
        num_boost_round=parameters.n_estimators,
        init_model=_begun(learned, code_tables, parameters, seed),
        valid_sets=[check],
        callbacks=[lightgbm.record_evaluation(seen)],
    )
    losses = 1.0 - np.array(seen["valid_0"]["average_precision"])
    never_grown = parameters.n_estimators - len(losses)  # where no tree can be split any more
    return np.append(losses, np.full(never_grown, losses[-1]))


def feature_gains(
    kind: Kind, rows: LabelledRows, parameters: TreeParameters, seed: int
) -> dict[str, float]:
    """Return what each feature gained in the trees of a fit, as a share of all that was gained."""
    text = parse_model_text(grow_trees(kind, rows, parameters, seed).text)
    gained = np.zeros(len(text.feature_names))
    for tree in text.trees:
        np.add.at(gained, tree.split_feature, np.maximum(tree.split_gain, 0.0))
    shares = gained / max(gained.sum(), 1e-300)
    return dict(zip(text.feature_names, shares.tolist(), strict=True))


def library_versions() -> dict[str, str]:
    """Return the versions of what decides about the trees."""
    names = ("lightgbm", "numpy", "polars")
    return {**{name: version(name) for name in names}, "python": platform.python_version()}


@dataclass(frozen=True, slots=True)
class _Grown:
    """LightGBM's text of one member, and what is said of how it was grown."""

    text: str
    said: Mapping[str, Scalar]


def _grow(
    kind: Kind,
    rows: LabelledRows,
    code_tables: CodeTables,
    parameters: TreeParameters,
    seed: int,
) -> _Grown:
    settings = booster_settings(kind, rows, parameters, seed)
    data = _dataset(kind, rows, code_tables, parameters, settings)
    begun = _begun(rows, code_tables, parameters, seed)
    booster = lightgbm.train(
        settings, data, num_boost_round=parameters.n_estimators, init_model=begun
    )
    said = {**_said_of_trees(booster, begun), **_said_of_weights(parameters), **settings}
    return _Grown(booster.model_to_string(), said)


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


def _begun(
    rows: LabelledRows, code_tables: CodeTables, parameters: TreeParameters, seed: int
) -> lightgbm.Booster | None:
    """Return the trees a ranker begins with: a scorer's, of the same rows; None for the other kinds.

    Lambdas alone, which weigh a pair by what its exchange would change at the top, order the rest badly.

    Source: Wu, Burges, Svore and Gao, "Adapting boosting for information retrieval measures", Information Retrieval 13
    (2010), section 4 (LambdaSMART).
    """
    if not isinstance(parameters, RankerParameters) or not parameters.scorer_trees:
        return None
    settings = booster_settings("alert_scorer", rows, parameters, seed)
    data = _dataset("alert_scorer", rows, code_tables, parameters, settings)
    return lightgbm.train(settings, data, num_boost_round=parameters.scorer_trees)


def _said_of_trees(booster: lightgbm.Booster, begun: lightgbm.Booster | None) -> dict[str, Scalar]:
    """Say how many trees were grown: fewer than asked for where none could be split any more."""
    if begun is None:
        return {"n_estimators": booster.current_iteration()}
    first = begun.current_iteration()
    return {"n_estimators": booster.current_iteration() - first, "scorer_trees": first}


def _said_of_weights(parameters: TreeParameters) -> dict[str, Scalar]:
    return {"owner_balance": parameters.owner_balance} if parameters.owner_balance else {}


def _said_of_members(said: Sequence[Mapping[str, Scalar]]) -> dict[str, Scalar]:
    """Say how the first member was grown, and of each other one, as JSON, what differs."""
    first, *others = said
    if not others:
        return dict(first)
    names = {name for each in said for name in each if name == "seed" or name not in SEEDS}
    differs = [
        {name: each.get(name) for name in sorted(names) if each.get(name) != first.get(name)}
        for each in others
    ]
    return {**first, "averaged_with": json.dumps(differs)}


def _check_classes(kind: Kind, rows: LabelledRows) -> None:
    if not rows.has_both_classes:
        raise TrainingRefusedError(
            f"{kind}: training needs illicit and licit rows; found {rows.positives} illicit and "
            f"{len(rows) - rows.positives} licit ones. Add batches, or truth for the ones there are."
        )


def _dataset(
    kind: Kind,
    rows: LabelledRows,
    code_tables: CodeTables,
    parameters: TreeParameters,
    settings: Mapping[str, Scalar],
    *,
    reference: lightgbm.Dataset | None = None,
) -> lightgbm.Dataset:
    """Hand over rows sorted by their values, for a ranker by query first; weights only where they differ.

    Rows with a ``reference`` are looked at and not learned from, and weigh as their labels do.
    """
    rows, queries = rows.sorted(), None
    if isinstance(parameters, RankerParameters) and kind == "alert_ranker":
        rows, queries = order_by_query(rows, parameters.max_query_rows)
    balance = 0.0 if reference else parameters.owner_balance
    weights = rows.weights if balance == 0.0 else balanced_weights(rows, balance)
    names = rows.features.columns
    target = rows.grades if kind == "alert_ranker" else rows.labels
    return lightgbm.Dataset(
        encode(rows.features, names, code_tables),
        label=target.astype(np.float32),
        weight=None if (weights == 1.0).all() else weights,
        group=queries,
        feature_name=list(names),
        categorical_feature=[place for place, name in enumerate(names) if name in code_tables],
        params=dict(settings),
        reference=reference,
    )
