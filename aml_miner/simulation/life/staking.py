"""Validators share their rewards with those who nominated them."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import draw_users, pick, rank_weights
from aml_miner.simulation.payments import Payments, draw_cents, join_payments, make_payments
from aml_miner.simulation.population import World

_REWARD_SHARE_PER_DAY = 0.0004
"""Some 15 % a year."""


def pay_rewards(world: World, rng: Generator) -> Payments:
    """A validator earns every day from the first of them, the treasury of the chain, and shares out every few days."""
    validators, exchanges = world.population.of("validators"), world.population.of("exchanges")
    nominators = draw_users(world, rng, world.config.habits.nominator_share)
    chosen = pick(rng, rank_weights(validators.size), nominators.size)
    staked_usd = 2_000.0 * rng.lognormal(0.0, 1.5, nominators.size)
    every = rng.integers(1, 8, validators.size)
    due = (np.arange(world.config.days) + rng.integers(0, 7, validators.size)[:, None]) % every[
        :, None
    ] == 0
    nominator, days = np.nonzero(due[chosen])
    reward_usd = staked_usd * _REWARD_SHARE_PER_DAY * every[chosen]
    shared = make_payments(
        validators[chosen[nominator]],
        nominators[nominator],
        draw_cents(rng, reward_usd[nominator], 0.02, nominator.size),
        world.rhythm.on_days(days, 0.3 + 0.02 * rng.random(days.size)),
    )
    earner, weeks = np.nonzero(due & (rng.random(due.shape) < 0.3))
    earned_usd = np.bincount(chosen, staked_usd, validators.size) * 0.001 + 50.0
    sold = make_payments(
        validators[earner],
        exchanges[earner % exchanges.size],
        draw_cents(rng, earned_usd[earner], 0.5, earner.size),
        world.rhythm.on_days(weeks, rng.random(weeks.size)),
    )
    return join_payments([shared, sold])
