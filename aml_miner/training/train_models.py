"""Batches and truth into the three models, judged out of fold before they are fitted to everything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aml_miner.batch.batch import Batch
from aml_miner.config.model_config import ModelConfig, TreeParameters
from aml_miner.models.metadata import Kind
from aml_miner.models.model_folder import Models
from aml_miner.training.answers import refuse_answers
from aml_miner.training.assessment import Judge, assess, within_batches
from aml_miner.training.boosting import About, check_seed
from aml_miner.training.report import Assessment, TrainingReport, count_truth
from aml_miner.training.rows import LabelledRows, alert_rows, cluster_rows
from aml_miner.training.train_alert_ranker import fit_alert_ranker, train_alert_ranker
from aml_miner.training.train_alert_scorer import fit_alert_scorer, train_alert_scorer
from aml_miner.training.train_cluster_scorer import fit_cluster_scorer, train_cluster_scorer
from aml_miner.training.truth import Truth

SECTIONS: Final[Mapping[Kind, str]] = {
    "alert_scorer": "scorer",
    "alert_ranker": "ranker",
    "cluster_scorer": "cluster",
}
"""The section of the configuration that holds a model's parameters."""


@dataclass(frozen=True, slots=True)
class Training:
    """The models, and how good they are."""

    models: Models
    report: TrainingReport


def train_models(
    batches: Sequence[Batch],
    truth: Truth,
    config: ModelConfig,
    seed: int,
    *,
    as_of: date | None = None,
) -> Training:
    """Train the three models.

    Each is judged on folds first; the one returned is fitted to all labelled rows. The same batches in any order,
    truth, configuration and seed give the same models to the bit.

    Parameters
    ----------
    batches
        What is learned from.
    truth
        What turned out.
    config, seed
        Everything else training depends on.
    as_of
        The training date: what was found out after it does not enter, neither into the models nor into what is
        measured. None when everything in the truth is known.

    Raises
    ------
    TrainingRefusedError
        If there are too few alerts or clusters, or too few of a class; or a batch is given twice.
    ConfigurationError
        If the seed is out of range.
    FeatureComputationError
        If a feature cannot be built.
    """
    truth = truth if as_of is None else truth.as_of(as_of)
    alerts, clusters = _learnable(batches, truth, config, seed)
    report = _judge(alerts, clusters, truth, config, seed)
    scorer, ranker = report.models["alert_scorer"], report.models["alert_ranker"]
    cluster = report.models["cluster_scorer"]
    models = Models(
        alert_scorer=train_alert_scorer(
            alerts, config.scorer, seed, minimum=config.minimum_alerts, about=_about(scorer, config)
        ),
        alert_ranker=train_alert_ranker(
            alerts, config.ranker, seed, minimum=config.minimum_alerts, about=_about(ranker, config)
        ),
        cluster_scorer=train_cluster_scorer(
            clusters,
            config.cluster,
            seed,
            minimum=config.minimum_clusters,
            about=_about(cluster, config),
        ),
    )
    return Training(models, report)


def cross_validate(
    batches: Sequence[Batch],
    truth: Truth,
    config: ModelConfig,
    seed: int,
    *,
    as_of: date | None = None,
) -> TrainingReport:
    """Return how good the three models would be: what ``train_models`` measures, without the models it returns.

    Parameters and errors as in ``train_models``.
    """
    truth = truth if as_of is None else truth.as_of(as_of)
    return _judge(*_learnable(batches, truth, config, seed), truth, config, seed)


def _learnable(
    batches: Sequence[Batch], truth: Truth, config: ModelConfig, seed: int
) -> tuple[LabelledRows, LabelledRows]:
    """Return the rows of alerts and of clusters to learn from."""
    check_seed(seed)
    alerts = learnable("alert_scorer", alert_rows(batches, truth), truth, config)
    return alerts, learnable("cluster_scorer", cluster_rows(batches, truth), truth, config)


def _judge(
    alerts: LabelledRows, clusters: LabelledRows, truth: Truth, config: ModelConfig, seed: int
) -> TrainingReport:
    """Judge the models out of fold."""
    judging, calibration = config.evaluation, config.calibration
    judged = assess(alert_judges(config, seed), alerts, judging, seed, calibration)
    judged |= assess(cluster_judges(config, seed), clusters, judging, seed, calibration)
    return TrainingReport(seed, count_truth(truth), judged)


def builder(kind: Kind) -> Callable[[Sequence[Batch], Truth], LabelledRows]:
    """Return what builds the rows that a model of a kind learns from."""
    return cluster_rows if kind == "cluster_scorer" else alert_rows


def learnable(kind: Kind, rows: LabelledRows, truth: Truth, config: ModelConfig) -> LabelledRows:
    """Return rows as a model of a kind learns from them, each weighing what the configuration says.

    Raises
    ------
    TrainingRefusedError
        If there are too few, or too few of a class, or a feature is the answer.
    """
    if not config.labels.weigh_by_confidence:
        rows = rows.weighing_alike()
    minimum = config.minimum_clusters if kind == "cluster_scorer" else config.minimum_alerts
    rows.check_enough(kind, minimum, truth.remark())
    refuse_answers(kind, rows, tree_parameters(kind, config).drop_features)
    return rows


def tree_parameters(kind: Kind, config: ModelConfig) -> TreeParameters:
    """Return what the trees of a model are grown by."""
    parameters: TreeParameters = getattr(config, SECTIONS[kind])
    return parameters


def _about(assessment: Assessment, config: ModelConfig) -> About:
    return About(
        metrics=assessment.to_dict(),
        calibration=assessment.calibration,
        provenance=config.provenance,
    )


def alert_judges(config: ModelConfig, seed: int) -> dict[Kind, Judge]:
    """Return how a fold judges the alert scorer (by raw scores) and the alert ranker (by places in their batches)."""

    def scorer(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        return fit_alert_scorer(train, config.scorer, seed).raw_scores(test.features)

    def ranker(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        scores = fit_alert_ranker(train, config.ranker, seed).predict(test.features)
        return within_batches(scores, test)

    return {"alert_scorer": scorer, "alert_ranker": ranker}


def cluster_judges(config: ModelConfig, seed: int) -> dict[Kind, Judge]:
    """Return how a fold judges the cluster scorer: by raw scores."""

    def scorer(train: LabelledRows, test: LabelledRows) -> NDArray[np.float64]:
        return fit_cluster_scorer(train, config.cluster, seed).raw_scores(test.features)

    return {"cluster_scorer": scorer}
