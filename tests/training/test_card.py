"""The card says what the models are for, how good they are, and where they fail; every number is the report's."""

from collections.abc import Callable

import pytest

from aml_miner.batch.batch import Batch
from aml_miner.config.model_config import ModelConfig
from aml_miner.evaluation.intervals import Interval
from aml_miner.training.card import CARD_FILE, card_documents
from aml_miner.training.train_models import Training, train_models
from aml_miner.training.truth import Truth


@pytest.fixture(scope="module")
def training(make_world: Callable[..., Batch], truth: Truth, quick_config: ModelConfig) -> Training:
    return train_models([make_world()], truth, quick_config, 42)


def test_card_holds_versions_data_metrics_and_limits(training: Training) -> None:
    (text,) = card_documents(training.models, training.report).values()
    card = text.decode()
    for heading in ("Purpose", "Data", "alert_scorer", "alert_ranker", "cluster_scorer", "Limits"):
        assert f"## {heading}\n" in card
    for kind, assessment in training.report.models.items():
        assert getattr(training.models, kind).version in card
        auc = assessment.metrics["auc"]
        assert isinstance(auc, Interval)
        assert f"| **model** | {auc.value:.3f} ({auc.low:.3f}–{auc.high:.3f})" in card
    assert "Truth per address: 30 illicit" in card
    assert (
        "tested on the batches it learned from: how it does on later days and other ledgers is not known."
        in card
    )


def test_same_training_gives_the_same_card(training: Training) -> None:
    first = card_documents(training.models, training.report)
    assert first == card_documents(training.models, training.report)
    assert list(first) == [CARD_FILE]


def test_card_says_where_the_data_comes_from(
    make_world: Callable[..., Batch], truth: Truth, quick_config: ModelConfig
) -> None:
    said = quick_config.model_copy(update={"provenance": "Simulated, every bit of it."})
    training = train_models([make_world()], truth, said, 42)
    (text,) = card_documents(training.models, training.report).values()
    assert "## Data\n\nSimulated, every bit of it.\nTruth per address" in text.decode()
    assert training.models.cluster_scorer.metadata.provenance == said.provenance
