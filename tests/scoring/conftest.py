"""The odd batch and small models trained on it, made once."""

from pathlib import Path

import polars as pl
import pytest

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.writing import write_batch
from aml_miner.models import Models, save_models
from aml_miner.scoring import Results, score_batch
from tests.scoring import odd


@pytest.fixture(scope="session")
def odd_tables() -> dict[str, pl.DataFrame]:
    return odd.odd_tables()


@pytest.fixture(scope="session")
def odd_batch(odd_tables: dict[str, pl.DataFrame]) -> Batch:
    return make_batch(odd_tables, odd.META)


@pytest.fixture(scope="session")
def models(odd_batch: Batch) -> Models:
    return odd.small_models(odd_batch)


@pytest.fixture(scope="session")
def batch_folder(
    odd_tables: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("scoring") / "batch"
    write_batch(odd_tables, odd.META, folder)
    return folder


@pytest.fixture(scope="session")
def models_folder(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scoring") / "models"
    save_models(models, folder)
    return folder


@pytest.fixture(scope="session")
def results(odd_batch: Batch, models: Models) -> Results:
    return score_batch(odd_batch, models)
