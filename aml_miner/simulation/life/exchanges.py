"""Exchanges: deposit addresses, hot wallets that pay in and out, and vaults where most of the money lies."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import (
    DAYS_PER_MONTH,
    draw_occasions,
    draw_users,
    pick,
    rank_weights,
    round_some,
)
from aml_miner.simulation.payments import Payments, draw_cents, join_payments, make_payments
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import MS_PER_HOUR

_DEPOSIT_SHARE = 0.5


def pay_exchange_orders(world: World, rng: Generator) -> Payments:
    """Users pay in, by a deposit address of their own that is swept within hours or straight, and draw out again."""
    exchanges, deposits = world.population.of("exchanges"), world.population.of("deposits")
    habits = world.config.habits
    users = draw_users(world, rng, habits.exchange_user_share)
    monthly = habits.exchange_orders_per_month / max(habits.exchange_user_share, 0.01)
    user, hours = draw_occasions(world, rng, users, monthly / DAYS_PER_MONTH, unevenness=2.0)
    exchange = exchanges[pick(rng, rank_weights(exchanges.size), users.size)][user]
    usual_usd = 220.0 * rng.lognormal(0.0, 1.2, users.size)
    cents = round_some(rng, draw_cents(rng, usual_usd[user], 1.0, user.size), 0.3)
    times = world.rhythm.times_ms(hours)
    inward = rng.random(user.size) < 0.55
    # as long as there are deposit addresses, each user has one
    own = np.where(np.arange(users.size) < deposits.size, np.arange(users.size), -1)[user]
    by_deposit = inward & (own >= 0) & (rng.random(users.size) < 0.8)[user]
    address = deposits[np.maximum(own, 0)]
    swept = times + (rng.exponential(3.0, user.size) * MS_PER_HOUR).astype(np.int64)
    paid = make_payments(users[user], np.where(by_deposit, address, exchange), cents, times)
    drawn = make_payments(exchange, users[user], cents, times)
    sweeps = make_payments(
        address, exchange, cents, swept, assets=world.market.usual[users[user]], quoted_ms=times
    )
    return join_payments([paid.kept(inward), drawn.kept(~inward), sweeps.kept(by_deposit)])


def pay_vaults(world: World, rng: Generator) -> Payments:
    """Every day or two a hot wallet pays what it has too much to a vault, or is filled up from there."""
    exchanges, vaults = world.population.of("exchanges"), world.population.of("vaults")
    every = rng.integers(1, 4, exchanges.size)
    due = (np.arange(world.config.days) + rng.integers(0, 3, exchanges.size)[:, None]) % every[
        :, None
    ] == 0
    which, days = np.nonzero(due)
    vault = vaults[which % vaults.size]
    away = rng.random(which.size) < 0.55
    size = 30.0 * world.config.accounts * rank_weights(exchanges.size)
    return make_payments(
        np.where(away, exchanges[which], vault),
        np.where(away, vault, exchanges[which]),
        round_some(rng, draw_cents(rng, size[which] + 1_000.0, 0.6, which.size), 0.7),
        world.rhythm.on_days(days, rng.random(days.size)),
    )
