"""People buy from merchants, within their opening hours and more in season."""

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.life.drawing import draw_occasions, pick, rank_weights, round_some
from aml_miner.simulation.payments import Payments, draw_cents, make_payments
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import MS_PER_DAY, MS_PER_HOUR

_FAVOURITES = 5
_FAVOURITE_SHARE = 0.7
_LARGE_SHARE = 0.004
"""One purchase in 250 is a car, a kitchen, a wedding."""

# Opening and closing hour of the shop's day: on the net, a shop, a bakery, a bar; and how common they are.
_HOURS = np.array([(0, 24), (9, 20), (6, 13), (16, 24)])
_HOURS_SHARES = np.array([0.4, 0.4, 0.1, 0.1])
_ALWAYS = 0
_DAYS_PER_YEAR = 365.25


def pay_purchases(world: World, rng: Generator) -> Payments:
    """Everybody buys most of it at a few favourites; some buy often, many seldom."""
    people, merchants = world.population.people, world.population.merchants
    popularity = rank_weights(merchants.size)
    buyers, hours = draw_occasions(
        world, rng, people, world.config.habits.purchases_per_day, unevenness=1.6
    )
    favourites = pick(rng, popularity, people.size * _FAVOURITES).reshape(-1, _FAVOURITES)
    anywhere = pick(rng, popularity, buyers.size)
    favourite = favourites[buyers, rng.integers(0, _FAVOURITES, buyers.size)]
    shops = np.where(rng.random(buyers.size) < _FAVOURITE_SHARE, favourite, anywhere)
    times = _open_times(world, rng, world.rhythm.times_ms(hours), shops)
    bought = _in_season(rng, times, shops, merchants.size)
    prices = _draw_prices(world, rng, shops)
    return make_payments(people[buyers], merchants[shops], prices, times).kept(bought)


def _open_times(
    world: World, rng: Generator, times_ms: NDArray[np.int64], shops: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Move purchases at a closed door to some time of the same day at which it is open.

    A share ``day_rhythm`` of the shops keep hours, and their day begins as the people's does.
    """
    config, merchants = world.config, world.population.merchants.size
    kind = pick(rng, _HOURS_SHARES, merchants)
    kind[rng.random(merchants) >= config.day_rhythm] = _ALWAYS
    opens, closes = _HOURS[kind[shops]].T * MS_PER_HOUR
    ahead = config.hours_from_utc * MS_PER_HOUR
    midnight = (times_ms + ahead) // MS_PER_DAY * MS_PER_DAY - ahead
    closed = (times_ms - midnight < opens) | (times_ms - midnight >= closes)
    later = midnight + (opens + rng.random(shops.size) * (closes - opens)).astype(np.int64)
    return np.where(closed, later, times_ms)


def _in_season(
    rng: Generator,
    times_ms: NDArray[np.int64],
    shops: NDArray[np.int64],
    merchants: int,
) -> NDArray[np.bool_]:
    """Whether the season calls for it: each merchant has a best day of the year, and December is everybody's."""
    amplitude, best = rng.uniform(0.0, 0.6, merchants), rng.uniform(0.0, _DAYS_PER_YEAR, merchants)
    day = times_ms / MS_PER_DAY % _DAYS_PER_YEAR  # the epoch began on the first of January
    angles = 2 * np.pi * (day - best[shops]) / _DAYS_PER_YEAR
    wave: NDArray[np.float64] = np.array([math.cos(angle) for angle in angles.tolist()])
    demand = (1 + amplitude[shops] * wave) * np.where(day > 334, 1.4, 1.0)
    return rng.random(shops.size) < demand / (1.4 * 1.6)


def _draw_prices(world: World, rng: Generator, shops: NDArray[np.int64]) -> NDArray[np.int64]:
    # each merchant has a level of its own
    median = world.config.habits.purchase_median_usd
    level = median * rng.lognormal(0.0, 0.9, world.population.merchants.size)
    everyday = draw_cents(rng, level[shops], 1.1, shops.size)
    large = draw_cents(rng, 200 * median, 0.9, shops.size)
    cents = np.where(rng.random(shops.size) < _LARGE_SHARE, large, everyday)
    return round_some(rng, cents, 0.15)
