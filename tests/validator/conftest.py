"""The odd batch of the tests of scoring and small models of it, for what examines models."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aml_miner.batch.batch import Batch
from aml_miner.features import alert, builder
from aml_miner.features.feature import Feature
from aml_miner.models import AlertScorerModel, Models, save_models
from aml_miner.scoring.golden import golden_documents
from tests.scoring import odd


@pytest.fixture(scope="session")
def odd_batch() -> Batch:
    return odd.odd_batch()


@pytest.fixture(scope="session")
def small(odd_batch: Batch) -> Models:
    return odd.small_models(odd_batch)


@pytest.fixture(scope="session")
def small_folder(small: Models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "models"
    save_models(small, folder, golden_documents(small))
    return folder


type TrainWith = Callable[[pl.Expr], AlertScorerModel]


@pytest.fixture
def train_with(monkeypatch: pytest.MonkeyPatch, odd_batch: Batch) -> TrainWith:
    """Adds a feature to those of an alert, for as long as the test runs, and trains a scorer that needs it."""

    def train(expression: pl.Expr) -> AlertScorerModel:
        added = Feature("looks_around", expression, "ratio", "looks around by {value:.2f}")
        monkeypatch.setattr(alert, "FEATURES", (*alert.FEATURES, added))
        features = (*builder.ALERT_LEVEL_FEATURES, added)
        monkeypatch.setattr(builder, "ALERT_LEVEL_FEATURES", features)
        built = builder.build_all_features(odd_batch).select("degree_in", "looks_around")
        values = built["looks_around"].to_numpy()
        return odd.train_small(
            AlertScorerModel, built, (values > np.median(values)).astype(int), "binary"
        )

    return train
