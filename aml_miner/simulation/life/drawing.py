"""Draws that several parts of ordinary life share."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.payments import unit_of_second_digit
from aml_miner.simulation.population import World

DAYS_PER_MONTH = 30.44


def rank_weights(count: int) -> NDArray[np.float64]:
    """Popularity by rank, after Zipf; they add up to 1.

    Examples
    --------
    >>> rank_weights(2).round(3).tolist()
    [0.667, 0.333]
    """
    weights = 1.0 / np.arange(1, count + 1)
    return weights / weights.sum()


def pick(rng: Generator, weights: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Pick positions with the given weights; quicker than ``rng.choice`` and as even."""
    return np.searchsorted(np.cumsum(weights[:-1]), rng.random(count), side="right")


def draw_users(world: World, rng: Generator, share: float) -> NDArray[np.int64]:
    """Draw the people who do something at all."""
    people = world.population.people
    return people[rng.random(people.size) < share]


def draw_occasions(
    world: World, rng: Generator, users: NDArray[np.int64], per_day: float, *, unevenness: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw who does something when, from the opening of each account to the last day.

    Rates differ between people as gamma with mean 1 and shape 1 / `unevenness`: the larger, the more it is left to a
    few.

    Returns
    -------
    tuple
        Positions in `users`, and readings of the rhythm.
    """
    opened = world.population.opened_hours[users]
    total = world.rhythm.total_hours
    rates = per_day * rng.gamma(1.0 / unevenness, unevenness, users.size)
    counts = rng.poisson(rates * (total - opened) / 24.0)
    who = np.repeat(np.arange(users.size), counts)
    return who, rng.uniform(opened[who], total)


def round_some(rng: Generator, cents: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Round a share of the amounts to two leading digits, as people do; the others stay odd."""
    unit = unit_of_second_digit(cents)
    rounded = np.maximum((cents + unit // 2) // unit, 1) * unit
    return np.where(rng.random(cents.size) < share, rounded, cents)
