"""Casual wallets: funded once, a few payments, and never seen again."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.life.drawing import pick, rank_weights, round_some
from aml_miner.simulation.payments import Payments, draw_cents, join_payments, make_payments
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import MS_PER_HOUR

# How many payments a wallet makes: a third are only paid, as on public chains; most of the others pay once or twice.
_SPENDING_SHARES = np.array([0.34, 0.32, 0.16, 0.09, 0.05, 0.04])
_EMPTIED_SHARE = 0.45
_CHANGE_SHARE = 0.15


def pay_errands(world: World, rng: Generator) -> Payments:
    """Each wallet is funded by an exchange, a person, a bridge or another wallet, and spends after minutes or weeks.

    Half of those that spend are emptied by their last payment, so that wallets which pass on all they got within the
    hour are nothing unusual.
    """
    wallets = world.population.casual
    opened = world.opened_ms[wallets]
    cents = round_some(
        rng, draw_cents(rng, 150.0 * rng.lognormal(0.0, 1.6, wallets.size), 0.3, wallets.size), 0.25
    )
    assets = world.market.usual[wallets]
    funded = make_payments(_draw_payers(world, rng, wallets), wallets, cents, opened, assets=assets)
    counts = pick(rng, _SPENDING_SHARES, wallets.size)
    who = np.repeat(np.arange(wallets.size), counts)
    turn = np.arange(who.size) - np.repeat(np.cumsum(counts) - counts, counts)
    # a wallet's own pace is anything from minutes to weeks
    pace = 6.0 * rng.lognormal(0.0, 2.2, wallets.size)
    waits = rng.exponential(1.0, who.size) * pace[who] * MS_PER_HOUR
    times = opened[who] + _running_total(waits, counts).astype(np.int64)
    spent = make_payments(
        wallets[who],
        _draw_payees(world, rng, who.size),
        _draw_parts(rng, cents, counts, who, turn),
        times,
        assets=assets[who],
        quoted_ms=opened[who],
    )
    return join_payments([funded, spent.kept(times < world.rhythm.end_ms)])


def _draw_parts(
    rng: Generator,
    cents: NDArray[np.int64],
    counts: NDArray[np.int64],
    who: NDArray[np.int64],
    turn: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Draw the parts of what a wallet got that each of its payments takes."""
    emptied = rng.random(counts.size) < _EMPTIED_SHARE
    spent_share = np.where(
        emptied, 1 - rng.uniform(0.0, 0.03, counts.size), rng.random(counts.size)
    )
    weights = rng.gamma(1.0, 1.0, who.size) + 1e-3
    weights *= np.where(turn == counts[who] - 1, 2.0, 1.0)
    total = np.bincount(who, weights, counts.size)
    parts = (cents * spent_share)[who] * weights / total[who]
    return np.maximum(parts.astype(np.int64), 1)


def _draw_payers(world: World, rng: Generator, wallets: NDArray[np.int64]) -> NDArray[np.int64]:
    population = world.population
    exchanges, bridges = population.of("exchanges"), population.of("bridges")
    by_exchange = exchanges[pick(rng, rank_weights(exchanges.size), wallets.size)]
    by_person = population.people[rng.integers(0, population.people.size, wallets.size)]
    by_bridge = bridges[rng.integers(0, bridges.size, wallets.size)]
    by_wallet = rng.permutation(wallets)
    way = pick(rng, np.array([0.4, 0.35, 0.1, 0.15]), wallets.size)
    return np.select([way == 0, way == 1, way == 2], [by_exchange, by_person, by_bridge], by_wallet)


def _draw_payees(world: World, rng: Generator, count: int) -> NDArray[np.int64]:
    population = world.population
    merchants, exchanges = population.merchants, population.of("exchanges")
    to_merchant = merchants[pick(rng, rank_weights(merchants.size), count)]
    to_exchange = exchanges[pick(rng, rank_weights(exchanges.size), count)]
    to_person = population.people[rng.integers(0, population.people.size, count)]
    to_deposit = rng.choice(population.of("deposits"), count)
    way = pick(rng, np.array([0.35, 0.2, 0.3, 0.15]), count)
    return np.select(
        [way == 0, way == 1, way == 2], [to_merchant, to_exchange, to_person], to_deposit
    )


def _running_total(values: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    total = np.cumsum(values)
    before = np.append(0.0, total)[np.cumsum(counts) - counts]
    since: NDArray[np.float64] = total - np.repeat(before, counts)
    return since
