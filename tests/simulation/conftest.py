import pytest

from aml_miner.simulation import Economy, SimulationConfig, simulate_economy
from aml_miner.simulation.population import World, build_world


@pytest.fixture(scope="session")
def config() -> SimulationConfig:
    """The demo."""
    return SimulationConfig()


@pytest.fixture(scope="session")
def world(config: SimulationConfig) -> World:
    return build_world(config)


@pytest.fixture(scope="session")
def economy(config: SimulationConfig) -> Economy:
    return simulate_economy(config)
