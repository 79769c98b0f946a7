"""Gamblers and the house: much money back and forth, at night, in bursts."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import DAYS_PER_MONTH, draw_occasions, draw_users
from aml_miner.simulation.payments import (
    Payments,
    draw_cents,
    join_payments,
    make_payments,
    round_cents,
)
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import MS_PER_HOUR

_SESSIONS_PER_MONTH = 3.0
_WIN_CHANCE = 0.42


def pay_gambling(world: World, rng: Generator) -> Payments:
    """A session is a few stakes within an evening, some of which come back doubled or tripled within the hour."""
    casinos = world.population.of("casinos")
    gamblers = draw_users(world, rng, world.config.habits.gambler_share)
    session, hours = draw_occasions(
        world, rng, gamblers, _SESSIONS_PER_MONTH / DAYS_PER_MONTH, unevenness=2.0
    )
    stakes = 1 + rng.poisson(2.5, session.size)
    stake = np.repeat(np.arange(session.size), stakes)
    gambler = session[stake]
    house = casinos[rng.integers(0, casinos.size, gamblers.size)][gambler]
    usual_usd = 40.0 * rng.lognormal(0.0, 1.2, gamblers.size)
    cents = round_cents(draw_cents(rng, usual_usd[gambler], 0.5, stake.size), 500)
    begins = world.rhythm.times_ms(hours)[stake]
    times = begins + (rng.exponential(0.5, stake.size) * MS_PER_HOUR).astype(np.int64)
    won = rng.random(stake.size) < _WIN_CHANCE
    later = times + (rng.uniform(0.02, 1.0, stake.size) * MS_PER_HOUR).astype(np.int64)
    prizes = np.rint(cents * rng.choice((1.5, 2.0, 3.0), stake.size)).astype(np.int64)
    return join_payments(
        [
            make_payments(gamblers[gambler], house, cents, times),
            make_payments(house, gamblers[gambler], prizes, later).kept(won),
        ]
    )
