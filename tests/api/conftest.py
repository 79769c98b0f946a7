"""Models trained on a small simulated batch, a server with its workers that holds them, and a body of five alerts."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from loguru import logger
from starlette.testclient import TestClient

from aml_miner.api.app import create_app
from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.reading import read_batch
from aml_miner.config.model_config import load_model_config
from aml_miner.config.settings import Settings
from aml_miner.models import Models, load_models, save_models
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.scoring import score_batch, write_results
from aml_miner.scoring.golden import golden_documents
from aml_miner.simulation import SimulationConfig, simulate_economy
from aml_miner.training.train_models import train_models
from aml_miner.training.truth import check_truth
from tests.api.asking import wait_until_ready


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small simulated batch and models trained on it."""
    root = tmp_path_factory.mktemp("trained")
    economy = simulate_economy(SimulationConfig(accounts=2_000, days=60, base_rate=0.06))
    transfers = make_transfers(economy.transfers)
    monitor_transfers(transfers, load_profile(), network="simulated").write(root / "batch")
    truth = check_truth(economy.ground_truth)
    training = train_models([read_batch(root / "batch")], truth, load_model_config(None), 42)
    save_models(training.models, root / "models", golden_documents(training.models))
    return root


@pytest.fixture(scope="session")
def models(trained: Path) -> Models:
    return load_models(trained / "models")


@pytest.fixture(scope="session")
def results(trained: Path, models: Models) -> Path:
    """A folder of results of the batch, below a root that holds nothing else."""
    folder = trained / "stored" / "simulated"
    write_results(score_batch(read_batch(trained / "batch"), models), folder)
    return trained / "stored"


@pytest.fixture(scope="session")
def settings(trained: Path, results: Path) -> Settings:
    return Settings(
        models_dir=trained / "models",
        batches_dir=trained,
        results_dir=results,
        api_workers=2,
        api_max_body_mb=4,
        batch_size=3,  # so that five alerts are two slices
    )


@pytest.fixture(scope="session")
def client(settings: Settings) -> Iterator[TestClient]:
    """A whole server in this process, with its workers."""
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture(scope="session")
def batch(trained: Path) -> Batch:
    """Five alerts, the rows of their addresses, and three clusters with the rows of theirs."""
    whole = read_batch(trained / "batch")
    alerts, clusters = whole.alerts.head(5), whole.clusters.head(3)
    wanted = pl.concat([alerts["address"], clusters["addresses_involved"].explode()]).unique()
    features = whole.features.filter(pl.col("address").is_in(wanted.implode()))
    return make_batch({"alerts": alerts, "features": features, "clusters": clusters})


@pytest.fixture(scope="session")
def body(batch: Batch) -> dict[str, Any]:
    tables = {"alerts": batch.alerts, "features": batch.features, "clusters": batch.clusters}
    rows = {name: [_without_nulls(row) for row in t.to_dicts()] for name, t in tables.items()}
    return dict(json.loads(json.dumps(rows, default=str)))


def _without_nulls(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
        if value is not None
    }


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line the package logs during a test, with its level."""
    heard: list[str] = []
    sink = logger.add(lambda line: heard.append(line.strip()), format="{level} {message}")
    logger.enable("aml_miner")
    yield heard
    logger.disable("aml_miner")
    logger.remove(sink)
