import pytest

from aml_miner.simulation import Economy, SimulationConfig, simulate_economy
from aml_miner.simulation.planting import Planted, plant_lookalikes, plant_schemes
from aml_miner.simulation.population import World, build_world


@pytest.fixture(scope="session")
def config() -> SimulationConfig:
    """A town with enough laundering for every kind of scheme to be there."""
    return SimulationConfig(accounts=6_000, days=60, base_rate=0.06)


@pytest.fixture(scope="session")
def world(config: SimulationConfig) -> World:
    return build_world(config)


@pytest.fixture(scope="session")
def economy(config: SimulationConfig) -> Economy:
    return simulate_economy(config)


@pytest.fixture(scope="session")
def schemes(world: World) -> list[Planted]:
    return plant_schemes(world)


@pytest.fixture(scope="session")
def lookalikes(world: World) -> list[Planted]:
    return plant_lookalikes(world)


@pytest.fixture(scope="session")
def small_world() -> World:
    return build_world(SimulationConfig(accounts=200, days=7))
