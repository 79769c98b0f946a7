"""Companies: takings are swept to a treasury, suppliers are paid, and money goes round among them."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import rank_weights, round_some
from aml_miner.simulation.payments import Payments, draw_cents, make_payments
from aml_miner.simulation.population import World


def pay_sweeps(world: World, rng: Generator) -> Payments:
    """Brands sweep their takings to a treasury, shops to the household that owns them."""
    population, config = world.population, world.config
    merchants, households = population.merchants, population.of("households")
    treasuries = population.of("treasuries")
    is_brand = np.isin(merchants, population.of("brands"))
    owners = np.where(
        is_brand,
        treasuries[rng.integers(0, treasuries.size, merchants.size)],
        households[rng.integers(0, households.size, merchants.size)],
    )
    every_days = np.where(is_brand, rng.integers(1, 5, merchants.size), 7)
    phase = rng.integers(0, 7, merchants.size)
    due = (np.arange(config.days) + phase[:, None]) % every_days[:, None] == 0
    merchant, days = np.nonzero(due)
    # the mean of a purchase is about two and a half times its median
    turnover = config.habits.purchases_per_day * population.people.size
    takings_usd = (
        2.5 * config.habits.purchase_median_usd * turnover * rank_weights(merchants.size) + 1.0
    )
    return make_payments(
        merchants[merchant],
        owners[merchant],
        draw_cents(rng, (takings_usd * every_days)[merchant], 0.3, merchant.size),
        world.rhythm.on_days(days, rng.uniform(0.75, 1.0, days.size)),
    )


def pay_invoices(world: World, rng: Generator) -> Payments:
    """Treasuries pay employers for supplies; half of them split a large sum below 10 000 USD."""
    treasuries, employers = world.population.of("treasuries"), world.population.of("employers")
    counts = rng.poisson(world.config.days / 2, treasuries.size)
    payer = np.repeat(np.arange(treasuries.size), counts)
    suppliers = rng.integers(0, employers.size, (treasuries.size, 4))
    supplier = suppliers[payer, rng.integers(0, 4, payer.size)]
    cents = draw_cents(rng, 6_000.0, 1.3, payer.size)
    splits = (rng.random(treasuries.size) < 0.5)[payer]
    parts = np.where(splits, 1 + np.minimum(cents // 999_900, 40), 1)
    hours = rng.uniform(0.0, world.rhythm.total_hours - 1.0, payer.size)
    part = np.repeat(np.arange(payer.size), parts)
    return make_payments(
        treasuries[payer[part]],
        employers[supplier[part]],
        np.maximum((cents // parts)[part], 1),
        world.rhythm.times_ms(hours[part] + rng.uniform(0.0, 1.0, part.size)),
    )


def pay_loans(world: World, rng: Generator) -> Payments:
    """Treasuries lend each other round sums for a few days, and are paid back with a little interest."""
    treasuries = world.population.of("treasuries")
    count = int(rng.poisson(world.config.days / 6 * treasuries.size))
    lender = rng.integers(0, treasuries.size, count)
    borrower = (lender + rng.integers(1, 3, count)) % treasuries.size
    cents = round_some(rng, draw_cents(rng, 20_000.0, 0.9, count), 0.9)
    hours = rng.uniform(0.0, world.rhythm.total_hours, count)
    back = hours + rng.uniform(10.0, 200.0, count)
    returned = np.rint(cents * (1 + rng.uniform(0.0, 0.01, count))).astype(np.int64)
    due = np.concatenate([np.full(count, fill_value=True), back < world.rhythm.total_hours])
    return make_payments(
        treasuries[np.concatenate([lender, borrower])],
        treasuries[np.concatenate([borrower, lender])],
        np.concatenate([cents, returned]),
        world.rhythm.times_ms(np.concatenate([hours, back])),
    ).kept(due)
