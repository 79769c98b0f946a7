"""Holders: they buy early, lie still, and some of them sell much later."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import pick, rank_weights, round_some
from aml_miner.simulation.payments import Payments, draw_cents, join_payments, make_payments
from aml_miner.simulation.population import World

_SELLER_SHARE = 0.4


def pay_holders(world: World, rng: Generator) -> Payments:
    """Each holder is paid once or a few times, and four in ten pay most of it out after weeks."""
    holders, exchanges = world.population.of("holders"), world.population.of("exchanges")
    people, total = world.population.people, world.rhythm.total_hours
    begins = rng.beta(0.8, 2.0, holders.size) * 0.9 * total
    times = 1 + rng.poisson(0.7, holders.size)
    who = np.repeat(np.arange(holders.size), times)
    hours = begins[who] + rng.random(who.size) * np.minimum(100.0, 0.1 * total)
    usual_usd = 900.0 * rng.lognormal(0.0, 1.8, holders.size)
    cents = round_some(rng, draw_cents(rng, usual_usd[who], 0.6, who.size), 0.3)
    exchange = exchanges[pick(rng, rank_weights(exchanges.size), holders.size)]
    friend = people[rng.integers(0, people.size, holders.size)]
    payer = np.where(rng.random(holders.size) < 0.7, exchange, friend)
    bought = make_payments(payer[who], holders[who], cents, world.rhythm.times_ms(hours))
    held = np.bincount(who, cents, holders.size) * rng.uniform(0.5, 1.0, holders.size)
    ends = begins + (total - begins) * rng.uniform(0.5, 1.0, holders.size)
    sold = make_payments(
        holders,
        np.where(rng.random(holders.size) < 0.7, exchange, friend),
        np.maximum(held.astype(np.int64), 1),
        world.rhythm.times_ms(ends),
    )
    return join_payments([bought, sold.kept(rng.random(holders.size) < _SELLER_SHARE)])
