"""Airdrops: one distributor pays the same small sum to hundreds within an hour or two."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.payments import Payments, draw_cents, join_payments, make_payments
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import MS_PER_HOUR

_REACHED_SHARE = 0.02
_FEWEST_REACHED = 20
_SOLD_SHARE = 0.3


def pay_airdrops(world: World, rng: Generator) -> Payments:
    """Every distributor pays out once to thrice; a third of those who got something sell it at an exchange."""
    population, accounts = world.population, world.config.accounts
    reachable = np.concatenate([population.people, population.casual])
    exchanges = population.of("exchanges")
    parts = []
    for distributor in population.of("airdroppers"):
        for _ in range(int(rng.integers(1, 4))):
            count = min(reachable.size, int(_FEWEST_REACHED + _REACHED_SHARE * accounts))
            count = int(count * rng.uniform(0.3, 1.0))
            start = world.rhythm.times_ms(rng.uniform(0.0, 0.95, 1) * world.rhythm.total_hours)
            times = start + (rng.uniform(0.0, 2.0, count) * MS_PER_HOUR).astype(np.int64)
            reached = reachable[rng.choice(reachable.size, count, replace=False)]
            cents = np.full(count, int(draw_cents(rng, 12.0, 0.8, 1)[0]))
            later = times + (rng.exponential(40.0, count) * MS_PER_HOUR).astype(np.int64)
            exchange = exchanges[rng.integers(0, exchanges.size, count)]
            given = make_payments(np.full(count, distributor), reached, cents, times)
            sold = make_payments(reached, exchange, cents, later)
            parts += [given, sold.kept(rng.random(count) < _SOLD_SHARE)]
    return join_payments(parts)
