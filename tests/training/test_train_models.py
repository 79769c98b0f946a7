"""From batches and truth to three models and what they are worth."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import polars as pl
import pytest

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.config.model_config import ModelConfig
from aml_miner.errors import ConfigurationError, TrainingRefusedError
from aml_miner.evaluation.intervals import Interval
from aml_miner.models import load_models, save_models
from aml_miner.training.train_models import Training, train_models
from aml_miner.training.truth import Truth, check_truth

type MakeBatch = Callable[..., Batch]


@pytest.fixture(scope="module")
def training(make_world: MakeBatch, truth: Truth, quick_config: ModelConfig) -> Training:
    return train_models([make_world(0), make_world(1)], truth, quick_config, 42)


def versions(training: Training) -> list[str]:
    models = training.models
    return [m.version for m in (models.alert_scorer, models.alert_ranker, models.cluster_scorer)]


def test_every_model_is_trained_judged_and_saved_with_what_was_measured(
    training: Training, tmp_path: Path
) -> None:
    assert list(training.report.models) == ["alert_scorer", "alert_ranker", "cluster_scorer"]
    assert (training.report.truth.per, training.report.truth.illicit) == ("address", 30)
    assert "alert_scorer" in training.report.models["alert_ranker"].baselines
    save_models(training.models, tmp_path / "models")
    loaded = load_models(tmp_path / "models")
    assert loaded.alert_scorer.metadata.metrics["tested_rows"] == 160
    for kind, assessment in training.report.models.items():
        metadata = getattr(loaded, kind).metadata
        assert metadata.metrics == assessment.to_dict()
        assert metadata.rows == assessment.rows


def test_report_is_the_same_after_json(training: Training) -> None:
    document = training.report.to_dict()
    assert orjson.loads(orjson.dumps(document)) == document


def test_learnable_truth_is_learned(training: Training) -> None:
    auc = training.report.models["alert_scorer"].metrics["auc"]
    assert isinstance(auc, Interval)
    assert auc.value > 0.9


def test_order_of_batches_and_rows_does_not_matter(
    training: Training, make_world: MakeBatch, truth: Truth, quick_config: ModelConfig
) -> None:
    turned = [
        make_batch(
            {
                "alerts": batch.alerts.sample(fraction=1.0, shuffle=True, seed=5),
                "features": batch.features.reverse(),
                "clusters": batch.clusters.reverse(),
            }
        )
        for batch in (make_world(1), make_world(0))
    ]
    again = train_models(turned, truth, quick_config, 42)
    assert versions(again) == versions(training)
    assert again.report == training.report


def test_another_seed_gives_other_models(
    training: Training, make_world: MakeBatch, truth: Truth, quick_config: ModelConfig
) -> None:
    other = train_models([make_world(0), make_world(1)], truth, quick_config, 43)
    assert not set(versions(other)) & set(versions(training))


def test_too_few_clusters_are_refused_with_the_counts(
    world: Batch, truth: Truth, quick_config: ModelConfig
) -> None:
    few = make_batch(
        {
            "alerts": world.alerts,
            "features": world.features,
            "clusters": world.clusters.head(8),
        }
    )
    message = (
        r"cluster_scorer: training needs at least 20 labelled rows with 5 of each class; "
        r"found 8 \(2 illicit, 6 licit\), and 0 without a label\. Add batches"
    )
    with pytest.raises(TrainingRefusedError, match=message):
        train_models([few], truth, quick_config, 42)


def test_one_class_is_refused_with_the_counts(world: Batch, quick_config: ModelConfig) -> None:
    nobody = check_truth(pl.DataFrame({"address": ["address-001"], "is_illicit": [False]}))
    message = r"alert_scorer: .*found 160 \(0 illicit, 160 licit\)"
    with pytest.raises(TrainingRefusedError, match=message):
        train_models([world], nobody, quick_config, 42)


def test_truth_of_other_addresses_or_of_none_is_refused_as_such(
    world: Batch, quick_config: ModelConfig
) -> None:
    others = check_truth(pl.DataFrame({"address": ["elsewhere", "nowhere"]}))
    message = (
        "ground_truth: none of its 2 addresses has an alert in these batches, first 'elsewhere'"
    )
    with pytest.raises(TrainingRefusedError, match=message):
        train_models([world], others, quick_config, 42)
    with pytest.raises(TrainingRefusedError, match="ground_truth: has no rows, or none known by"):
        train_models([world], replace(others, rows=others.rows.clear()), quick_config, 42)


def test_roles_nobody_knows_are_named_when_training_is_refused(
    world: Batch, quick_config: ModelConfig
) -> None:
    wizards = check_truth(
        pl.DataFrame({"address": ["address-000", "address-001"], "role": ["wizard", "witch"]})
    )
    message = (
        r"alert_scorer: .*found 156 \(0 illicit, 156 licit\), and 4 without a label\..* are\. "
        r"ground_truth: 'is_illicit' is absent, .*: 'witch' 1, 'wizard' 1\. Add the column"
    )
    with pytest.raises(TrainingRefusedError, match=message):
        train_models([world], wizards, quick_config, 42)


def test_seed_out_of_range_is_refused_at_once(
    world: Batch, truth: Truth, quick_config: ModelConfig
) -> None:
    with pytest.raises(ConfigurationError, match="seed must lie between"):
        train_models([world], truth, quick_config, 2**31)
