"""Public mixing services, which people use who have nothing to hide but their purse."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import DAYS_PER_MONTH, draw_occasions, draw_users
from aml_miner.simulation.payments import Payments, join_payments, make_payments
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import MS_PER_HOUR

_USES_PER_MONTH = 0.7
_FEE_SHARE = 0.01
_DENOMINATIONS_CENTS = np.array([5_000, 10_000, 50_000, 100_000])


def pay_mixing(world: World, rng: Generator) -> Payments:
    """A user pays in a fixed amount, and hours or days later a casual wallet is paid as much, less a fee."""
    mixers, casual = world.population.of("mixers"), world.population.casual
    users = draw_users(world, rng, world.config.habits.mixer_user_share)
    user, hours = draw_occasions(
        world, rng, users, _USES_PER_MONTH / DAYS_PER_MONTH, unevenness=1.0
    )
    cents = rng.choice(_DENOMINATIONS_CENTS, user.size)
    mixer = mixers[rng.integers(0, mixers.size, user.size)]
    times = world.rhythm.times_ms(hours)
    later = times + (rng.exponential(40.0, user.size) * MS_PER_HOUR).astype(np.int64)
    paid_out = np.rint(cents * (1 - _FEE_SHARE)).astype(np.int64)
    return join_payments(
        [
            make_payments(users[user], mixer, cents, times),
            make_payments(mixer, casual[rng.integers(0, casual.size, user.size)], paid_out, later),
        ]
    )
