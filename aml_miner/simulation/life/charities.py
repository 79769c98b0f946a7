"""Charities: many small gifts come in, and grants go out."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import (
    DAYS_PER_MONTH,
    draw_occasions,
    draw_users,
    pick,
    rank_weights,
)
from aml_miner.simulation.payments import Payments, draw_cents, join_payments, make_payments
from aml_miner.simulation.payments import round_cents as round_to
from aml_miner.simulation.population import World


def pay_charities(world: World, rng: Generator) -> Payments:
    """Donors give round sums now and then, some during an appeal; a charity helps a dozen people a month."""
    charities, people = world.population.of("charities"), world.population.people
    donors = draw_users(world, rng, world.config.habits.donor_share)
    donor, hours = draw_occasions(world, rng, donors, 1.0 / DAYS_PER_MONTH, unevenness=1.0)
    charity = pick(rng, rank_weights(charities.size), donor.size)
    appeal = rng.uniform(0.1, 0.9, charities.size) * world.rhythm.total_hours
    stirred = rng.random(donor.size) < 0.4
    after = appeal[charity] + rng.exponential(30.0, donor.size)
    late = np.maximum(world.population.opened_hours[donors[donor]], after)
    given = make_payments(
        donors[donor],
        charities[charity],
        round_to(draw_cents(rng, 30.0, 1.0, donor.size), 500),
        world.rhythm.times_ms(np.where(stirred, late, hours)),
    )
    grants = np.repeat(
        np.arange(charities.size), rng.poisson(0.4 * world.config.days, charities.size)
    )
    helped = make_payments(
        charities[grants],
        people[rng.integers(0, people.size, grants.size)],
        round_to(draw_cents(rng, 250.0, 0.8, grants.size), 1_000),
        world.rhythm.times_ms(rng.uniform(0.0, world.rhythm.total_hours, grants.size)),
    )
    return join_payments([given, helped])
