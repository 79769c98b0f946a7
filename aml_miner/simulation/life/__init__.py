"""Ordinary life: what people, merchants and employers pay one another, each kind in a file of its own.

Balances are not kept: an account may spend more than it received.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.airdrops import pay_airdrops
from aml_miner.simulation.life.bots import pay_bots
from aml_miner.simulation.life.bridges import pay_bridges
from aml_miner.simulation.life.charities import pay_charities
from aml_miner.simulation.life.errands import pay_errands
from aml_miner.simulation.life.exchanges import pay_exchange_orders, pay_vaults
from aml_miner.simulation.life.friends import pay_friends
from aml_miner.simulation.life.gambling import pay_gambling
from aml_miner.simulation.life.holders import pay_holders
from aml_miner.simulation.life.mixing import pay_mixing
from aml_miner.simulation.life.newcomers import pay_first_funds
from aml_miner.simulation.life.processors import pay_processors
from aml_miner.simulation.life.purchases import pay_purchases
from aml_miner.simulation.life.rents import pay_rents
from aml_miner.simulation.life.salaries import pay_salaries
from aml_miner.simulation.life.staking import pay_rewards
from aml_miner.simulation.life.treasuries import pay_invoices, pay_loans, pay_sweeps
from aml_miner.simulation.payments import Payments
from aml_miner.simulation.population import World
from aml_miner.simulation.streams import open_stream

LIFE: Final[Mapping[str, Callable[[World, Generator], Payments]]] = MappingProxyType(
    {
        "purchases": pay_purchases,
        "salaries": pay_salaries,
        "rents": pay_rents,
        "friends": pay_friends,
        "exchange_orders": pay_exchange_orders,
        "vaults": pay_vaults,
        "bridges": pay_bridges,
        "mixing": pay_mixing,
        "rewards": pay_rewards,
        "processors": pay_processors,
        "charities": pay_charities,
        "gambling": pay_gambling,
        "airdrops": pay_airdrops,
        "bots": pay_bots,
        "holders": pay_holders,
        "errands": pay_errands,
        "sweeps": pay_sweeps,
        "invoices": pay_invoices,
        "loans": pay_loans,
        "first_funds": pay_first_funds,
    }
)
"""What is paid → who pays it. Each has a stream of its own: a new entry moves none of the others."""


def pay_life(world: World) -> Mapping[str, Payments]:
    """Pay all of ordinary life, by what it is for."""
    return {
        name: keep_possible(pay(world, open_stream(world.config.seed, name)), world)
        for name, pay in LIFE.items()
    }


def keep_possible(payments: Payments, world: World) -> Payments:
    """Leave out payments to oneself, those before an account opened, and those after the last midnight."""
    opened_ms = world.opened_ms
    latest_opening = np.maximum(opened_ms[payments.senders], opened_ms[payments.receivers])
    return payments.kept(
        (payments.senders != payments.receivers)
        & (payments.times_ms >= latest_opening)
        & (payments.times_ms < world.rhythm.end_ms)
    )


__all__ = ["LIFE", "keep_possible", "pay_life"]
