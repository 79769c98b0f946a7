"""How large an economy must be for monitoring to make about so many alerts of it."""

import math
from collections.abc import Callable
from typing import Final

from aml_miner.errors import ConfigurationError
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile
from aml_miner.monitoring.transfers import make_transfers
from aml_miner.simulation.config import FEWEST_ACCOUNTS, MOST_ACCOUNTS, SimulationConfig
from aml_miner.simulation.economy import simulate_economy

PILOT_ACCOUNTS: Final = (1_000, 4_000, 16_000)
"""Sizes of the pilot economies: the first two always, the last where more alerts are wanted than they give."""

_STEEPEST = 1.5


def accounts_for_alerts(
    config: SimulationConfig,
    alerts: int,
    progress: Callable[[str], None],
    pilots: tuple[int, ...] = PILOT_ACCOUNTS,
) -> int:
    """Choose a number of accounts.

    Small pilot economies with the same seed and knobs are simulated and monitored over their whole period, by the
    network's profile, and the number of alerts is taken to grow as a power of the number of accounts. What the economy
    of that size really gives differs: alerts come in groups, and no extrapolation knows which large ones there will be.

    Raises
    ------
    ConfigurationError
        If a pilot gives no alert, or the economy would have more than ``MOST_ACCOUNTS``.
    """
    counted: list[tuple[int, int]] = []
    for accounts in pilots:
        if len(counted) > 1 and counted[-1][1] >= alerts:
            break
        progress(f"monitoring a pilot economy of {accounts:,} accounts")
        counted.append((accounts, count_alerts(config.model_copy(update={"accounts": accounts}))))
    wanted = extrapolate(counted[-2:], alerts)
    if wanted > MOST_ACCOUNTS:
        message = (
            f"economy: {alerts:,} alerts would take about {wanted:,} accounts, and there may be "
            f"{MOST_ACCOUNTS:,}; ask for fewer alerts or more days."
        )
        raise ConfigurationError(message)
    return max(wanted, FEWEST_ACCOUNTS)


def count_alerts(config: SimulationConfig) -> int:
    """Count the alerts that monitoring makes of an economy's whole period, with its labels."""
    economy = simulate_economy(config)
    monitored = monitor_transfers(
        make_transfers(economy.transfers),
        load_profile(config.network),
        network=config.network,
        labels=economy.labels,
    )
    return monitored.tables["alerts"].height


def extrapolate(counted: list[tuple[int, int]], alerts: int) -> int:
    """Return the number of accounts at which a power law through two counts gives so many alerts.

    Raises
    ------
    ConfigurationError
        If there is a count of no alerts.

    Examples
    --------
    >>> extrapolate([(1_000, 100), (4_000, 400)], 800)
    8000
    """
    (fewer, few), (more, many) = counted
    if not few or not many:
        message = (
            f"economy: a pilot of {more:,} accounts gives {many} alerts, too few to say how many accounts "
            f"would give {alerts:,}; give the number of accounts instead, or more days."
        )
        raise ConfigurationError(message)
    steepness = math.log(many / few) / math.log(more / fewer)
    steepness = min(max(steepness, 1 / _STEEPEST), _STEEPEST)
    return round(more * math.pow(alerts / many, 1 / steepness))
