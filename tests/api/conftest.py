from pathlib import Path

import pytest

from aml_miner.batch.reading import read_batch
from aml_miner.config.model_config import load_model_config
from aml_miner.models import save_models
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.simulation import SimulationConfig, simulate_economy
from aml_miner.training.train_models import train_models
from aml_miner.training.truth import check_truth


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small simulated batch and models trained on it."""
    root = tmp_path_factory.mktemp("trained")
    economy = simulate_economy(SimulationConfig(accounts=800, days=30))
    transfers = make_transfers(economy.transfers)
    monitor_transfers(transfers, load_profile(), network="simulated").write(root / "batch")
    truth = check_truth(economy.ground_truth)
    training = train_models([read_batch(root / "batch")], truth, load_model_config(None), 42)
    save_models(training.models, root / "models")
    return root
