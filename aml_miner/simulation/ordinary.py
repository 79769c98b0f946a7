"""Ordinary life: what people, merchants and employers pay one another.

Balances are not kept: an account may spend more than it received.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.payments import Payments, draw_cents, keep_possible, round_cents
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import FRIDAY, HOURS_PER_DAY
from aml_miner.simulation.streams import open_stream

_DAYS_PER_MONTH = 30
_WEEKS_PER_MONTH = 52 / 12


def _rank_weights(count: int) -> NDArray[np.float64]:
    """Popularity by rank, Zipf with exponent 1."""
    weights = 1.0 / np.arange(1, count + 1)
    return weights / weights.sum()


def _pick(rng: Generator, weights: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Pick positions with the given weights; quicker than ``rng.choice`` and as even."""
    return np.searchsorted(np.cumsum(weights[:-1]), rng.random(count), side="right")


def pay_purchases(world: World, rng: Generator) -> Payments:
    """People buy from merchants: everybody at least once, most of it at a few favourites."""
    people, merchants = world.population.people, world.population.merchants
    opened = world.population.opened_hours[people]
    total = world.rhythm.total_hours
    # rates differ between people: gamma with mean 1 and shape 2
    rate = world.config.purchases_per_day * rng.gamma(2.0, 0.5, people.size)
    counts = np.maximum(1, rng.poisson(rate * (total - opened) / HOURS_PER_DAY))
    buyers = np.repeat(np.arange(people.size), counts)
    popularity = _rank_weights(merchants.size)
    favourites = _pick(rng, popularity, people.size * 5).reshape(-1, 5)
    anywhere = _pick(rng, popularity, buyers.size)
    favourite = favourites[buyers, rng.integers(0, 5, buyers.size)]
    shops = np.where(rng.random(buyers.size) < 0.7, favourite, anywhere)
    shops = np.where(merchants[shops] == people[buyers], (shops + 1) % merchants.size, shops)
    return Payments(
        people[buyers],
        merchants[shops],
        _draw_prices(world, rng, shops),
        world.rhythm.times_ms(rng.uniform(opened[buyers], total)),
    )


def _draw_prices(world: World, rng: Generator, shops: NDArray[np.int64]) -> NDArray[np.int64]:
    # each merchant has a level of its own; one purchase in 250 is a car, a kitchen, a wedding
    median = world.config.purchase_median_usd
    level = median * rng.lognormal(0.0, 0.6, world.population.merchants.size)
    everyday = draw_cents(rng, level[shops], 1.0, shops.size)
    large = draw_cents(rng, 200 * median, 0.8, shops.size)
    return np.where(rng.random(shops.size) < 0.004, large, everyday)


def pay_salaries(world: World, rng: Generator) -> Payments:
    """Employers pay the employed by the month or, four in ten, by the week on Fridays."""
    households, employers = world.population.households, world.population.employers
    weekly = rng.random(employers.size) < 0.4
    paydays = rng.integers(1, 29, employers.size)
    pays = np.where(
        weekly[:, None],
        world.rhythm.weekdays == FRIDAY,
        world.rhythm.days_of_month == paydays[:, None],
    )
    employed = households[rng.random(households.size) < world.config.employed_share]
    employer = _pick(rng, _rank_weights(employers.size), employed.size)
    monthly_usd = world.config.salary_median_usd_per_month * rng.lognormal(0.0, 0.45, employed.size)
    usd = np.where(weekly[employer], monthly_usd / _WEEKS_PER_MONTH, monthly_usd)
    employee, days = np.nonzero(pays[employer])
    payer = employer[employee]
    # a payroll runs within two hours, at the employer's own time of the day
    opens = rng.uniform(0.2, 0.7, employers.size)
    return Payments(
        employers[payer],
        employed[employee],
        draw_cents(rng, usd[employee], 0.03, employee.size),
        world.rhythm.on_days(days, opens[payer] + rng.uniform(0.0, 0.1, days.size)),
    )


def pay_rents(world: World, rng: Generator) -> Payments:
    """Tenants pay a household that lets, the same sum in the first days of each month."""
    households = world.population.households
    tenants = households[rng.random(households.size) < world.config.tenant_share]
    letting = households[: max(1, round(world.config.landlord_share * households.size))]
    landlords = letting[rng.integers(0, letting.size, tenants.size)]
    rents = draw_cents(rng, world.config.rent_median_usd_per_month, 0.35, tenants.size)
    due = rng.integers(1, 6, tenants.size)
    tenant, days = np.nonzero(world.rhythm.days_of_month == due[:, None])
    return Payments(
        tenants[tenant],
        landlords[tenant],
        round_cents(rents, 500)[tenant],
        world.rhythm.on_days(days, rng.random(days.size)),
    )


def pay_friends(world: World, rng: Generator) -> Payments:
    """Friends pay each other back and forth, alike sums, mostly whole dollars."""
    people = world.population.people
    ones = np.tile(np.arange(people.size), 3)
    others = (ones + np.repeat([1, 2, 3], people.size)) % people.size
    months = world.config.days / _DAYS_PER_MONTH
    # six friendships a person, and each payment belongs to both ends
    rate = rng.gamma(0.5, 2.0, ones.size) * world.config.friend_payments_per_month * months / 3
    counts = rng.poisson(rate)
    pairs = np.repeat(np.arange(ones.size), counts)
    turn = np.arange(pairs.size) - np.repeat(np.cumsum(counts) - counts, counts)
    forth = (turn + rng.integers(0, 2, ones.size)[pairs]) % 2 == 0
    usual_usd = 25.0 * rng.lognormal(0.0, 1.1, ones.size)
    hours = rng.uniform(0.0, world.rhythm.total_hours, pairs.size)
    return Payments(
        people[np.where(forth, ones[pairs], others[pairs])],
        people[np.where(forth, others[pairs], ones[pairs])],
        round_cents(
            draw_cents(rng, usual_usd[pairs], 0.25, pairs.size),
            np.where(rng.random(pairs.size) < 0.7, 100, 1),
        ),
        world.rhythm.times_ms(hours[np.lexsort((hours, pairs))]),
    )


def pay_exchange_orders(world: World, rng: Generator) -> Payments:
    """Pay money in at an exchange and draw it out again, for those who use one."""
    people, exchanges = world.population.people, world.population.exchanges
    users = people[rng.random(people.size) < world.config.exchange_user_share]
    months = world.config.days / _DAYS_PER_MONTH
    counts = rng.poisson(world.config.exchange_orders_per_month * months, users.size)
    user = np.repeat(np.arange(users.size), counts)
    exchange = exchanges[rng.integers(0, exchanges.size, users.size)][user]
    usual_usd = 250.0 * rng.lognormal(0.0, 1.0, users.size)
    inward = rng.random(user.size) < 0.55
    return Payments(
        np.where(inward, users[user], exchange),
        np.where(inward, exchange, users[user]),
        draw_cents(rng, usual_usd[user], 0.9, user.size),
        world.rhythm.times_ms(rng.uniform(0.0, world.rhythm.total_hours, user.size)),
    )


def pay_sweeps(world: World, rng: Generator) -> Payments:
    """Brands sweep their takings to a treasury, shops to the household that owns them."""
    population, config = world.population, world.config
    merchants = population.merchants
    is_brand = np.isin(merchants, population.brands)
    owners = np.where(
        is_brand,
        population.treasuries[rng.integers(0, population.treasuries.size, merchants.size)],
        population.households[rng.integers(0, population.households.size, merchants.size)],
    )
    every_days = np.where(is_brand, rng.integers(1, 5, merchants.size), 7)
    sweeps = (np.arange(config.days) + rng.integers(0, 7, merchants.size)[:, None]) % every_days[
        :, None
    ] == 0
    merchant, days = np.nonzero(sweeps)
    purchases_per_day = config.purchases_per_day * population.people.size
    # the mean of a purchase is about twice its median
    takings_usd = 2 * config.purchase_median_usd * purchases_per_day * _rank_weights(merchants.size)
    return Payments(
        merchants[merchant],
        owners[merchant],
        draw_cents(rng, (takings_usd * every_days)[merchant], 0.3, merchant.size),
        world.rhythm.on_days(days, rng.uniform(0.75, 1.0, days.size)),
    )


def pay_invoices(world: World, rng: Generator) -> Payments:
    """Treasuries pay employers for supplies; half of them split a large sum below 10 000 USD."""
    treasuries, employers = world.population.treasuries, world.population.employers
    counts = rng.poisson(world.config.days / 2, treasuries.size)
    payer = np.repeat(np.arange(treasuries.size), counts)
    suppliers = rng.integers(0, employers.size, (treasuries.size, 4))
    supplier = suppliers[payer, rng.integers(0, 4, payer.size)]
    cents = draw_cents(rng, 8_000.0, 0.9, payer.size)
    splits = (rng.random(treasuries.size) < 0.5)[payer]
    parts = np.where(splits, 1 + cents // 999_900, 1)
    hours = rng.uniform(0.0, world.rhythm.total_hours - 1.0, payer.size)
    part = np.repeat(np.arange(payer.size), parts)
    return Payments(
        treasuries[payer[part]],
        employers[supplier[part]],
        np.maximum((cents // parts)[part], 1),
        world.rhythm.times_ms(hours[part] + rng.uniform(0.0, 1.0, part.size)),
    )


def pay_first_funds(world: World, rng: Generator) -> Payments:
    """Each newcomer is funded within a day of opening, by an exchange or by a friend."""
    population = world.population
    people, exchanges = population.people, population.exchanges
    new = np.flatnonzero(population.opened_hours[people] > 0)
    friend = people[(new + 1) % people.size]
    exchange = exchanges[rng.integers(0, exchanges.size, new.size)]
    opened = population.opened_hours[people[new]]
    by_friend = (rng.random(new.size) < 0.3) & (population.opened_hours[friend] <= opened)
    hours = opened + rng.uniform(0.0, 24.0, new.size)
    return Payments(
        np.where(by_friend, friend, exchange),
        people[new],
        draw_cents(rng, 400.0, 1.1, new.size),
        world.rhythm.times_ms(hours),
    )


ORDINARY: Mapping[str, Callable[[World, Generator], Payments]] = {
    "purchases": pay_purchases,
    "salaries": pay_salaries,
    "rents": pay_rents,
    "friends": pay_friends,
    "exchange_orders": pay_exchange_orders,
    "sweeps": pay_sweeps,
    "invoices": pay_invoices,
    "first_funds": pay_first_funds,
}
"""What is paid → who pays it. Each has a stream of its own: a new entry moves none of the others."""


def pay_ordinary(world: World) -> Mapping[str, Payments]:
    """Pay all of ordinary life, by what it is for."""
    return {
        name: keep_possible(pay(world, open_stream(world.config.seed, name)), world)
        for name, pay in ORDINARY.items()
    }
