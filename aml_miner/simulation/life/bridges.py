"""Bridges: people take money to another network and bring it back."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import DAYS_PER_MONTH, draw_occasions, draw_users, round_some
from aml_miner.simulation.payments import Payments, draw_cents, make_payments
from aml_miner.simulation.population import World

_TRIPS_PER_MONTH = 2.0


def pay_bridges(world: World, rng: Generator) -> Payments:
    """Users pay a bridge, or are paid by it, about as much."""
    bridges = world.population.of("bridges")
    users = draw_users(world, rng, world.config.habits.bridge_user_share)
    user, hours = draw_occasions(
        world, rng, users, _TRIPS_PER_MONTH / DAYS_PER_MONTH, unevenness=1.5
    )
    bridge = bridges[rng.integers(0, bridges.size, users.size)][user]
    away = rng.random(user.size) < 0.5
    usual_usd = 400.0 * rng.lognormal(0.0, 1.3, users.size)
    return make_payments(
        np.where(away, users[user], bridge),
        np.where(away, bridge, users[user]),
        round_some(rng, draw_cents(rng, usual_usd[user], 0.5, user.size), 0.3),
        world.rhythm.times_ms(hours),
    )
