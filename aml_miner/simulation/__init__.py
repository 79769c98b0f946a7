"""A synthetic economy: transfers of ordinary life with planted laundering schemes, and the truth about them."""

from aml_miner.simulation.config import SimulationConfig, load_simulation_config
from aml_miner.simulation.economy import Economy, simulate_economy, write_economy

__all__ = [
    "Economy",
    "SimulationConfig",
    "load_simulation_config",
    "simulate_economy",
    "write_economy",
]
