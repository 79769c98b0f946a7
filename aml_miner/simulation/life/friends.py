"""Friends pay each other."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import DAYS_PER_MONTH
from aml_miner.simulation.payments import Payments, draw_cents, make_payments, round_cents
from aml_miner.simulation.population import World

_FRIENDSHIPS_EACH_WAY = 3


def pay_friends(world: World, rng: Generator) -> Payments:
    """Friends pay each other back and forth, alike sums, mostly whole dollars."""
    people = world.population.people
    ones = np.tile(np.arange(people.size), _FRIENDSHIPS_EACH_WAY)
    steps = np.repeat(np.arange(1, _FRIENDSHIPS_EACH_WAY + 1), people.size)
    others = (ones + steps) % people.size
    months = world.config.days / DAYS_PER_MONTH
    # each payment belongs to both ends
    monthly = world.config.habits.friend_payments_per_month / _FRIENDSHIPS_EACH_WAY
    counts = rng.poisson(rng.gamma(0.35, 1 / 0.35, ones.size) * monthly * months)
    pairs = np.repeat(np.arange(ones.size), counts)
    turn = np.arange(pairs.size) - np.repeat(np.cumsum(counts) - counts, counts)
    forth = (turn + rng.integers(0, 2, ones.size)[pairs]) % 2 == 0
    usual_usd = 25.0 * rng.lognormal(0.0, 1.3, ones.size)
    hours = rng.uniform(0.0, world.rhythm.total_hours, pairs.size)
    cents = draw_cents(rng, usual_usd[pairs], 0.35, pairs.size)
    return make_payments(
        people[np.where(forth, ones[pairs], others[pairs])],
        people[np.where(forth, others[pairs], ones[pairs])],
        round_cents(cents, np.where(rng.random(pairs.size) < 0.7, 100, 1)),
        world.rhythm.times_ms(hours[np.lexsort((hours, pairs))]),
    )
