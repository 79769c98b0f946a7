"""Trading bots: all day and all night, back and forth with one another and with exchanges, in alike amounts."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.payments import Payments, draw_cents, make_payments
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import MS_PER_DAY

_BUSIEST = 60.0
"""No bot trades more often than so many times the usual one."""


def pay_bots(world: World, rng: Generator) -> Payments:
    """A bot has one partner, another bot or an exchange, and pays as often as it is paid; bots know no night."""
    bots, exchanges = world.population.of("bots"), world.population.of("exchanges")
    rates = world.config.habits.bot_orders_per_day * np.minimum(
        rng.lognormal(-0.5, 1.0, bots.size), _BUSIEST
    )
    bot = np.repeat(np.arange(bots.size), rng.poisson(rates * world.config.days))
    with_exchange = rng.random(bots.size) < 0.6
    house = exchanges[rng.integers(0, exchanges.size, bots.size)]
    partner = np.where(with_exchange | (bots.size == 1), house, np.roll(bots, 1))
    usual_usd = 300.0 * rng.lognormal(0.0, 1.2, bots.size)
    pays = rng.random(bot.size) < 0.5
    length = world.config.days * MS_PER_DAY
    times = world.rhythm.start_ms + (rng.random(bot.size) * length).astype(np.int64)
    return make_payments(
        np.where(pays, bots[bot], partner[bot]),
        np.where(pays, partner[bot], bots[bot]),
        draw_cents(rng, usual_usd[bot], 0.08, bot.size),
        times,
    )
