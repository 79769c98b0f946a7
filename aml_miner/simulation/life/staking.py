"""Validators earn a reward every day and share it with those who nominated them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.life.drawing import draw_users, pick, rank_weights
from aml_miner.simulation.payments import CENTS_PER_USD, Payments, join_payments, make_payments
from aml_miner.simulation.population import Accounts, World
from aml_miner.simulation.rhythm import MS_PER_DAY, MS_PER_HOUR

_REWARD_SHARE_PER_DAY = 0.0004
"""Some 15 % a year."""

# All of it our choice; luck is the standard deviation of the logarithm of a day's reward.
_STAKE_USD, _OWN_STAKE_USD = 2_000.0, 50_000.0
_LUCK = 0.1
_COMMISSION = (0.05, 0.2)
_MOST_DAYS_TO_SHARE = 7
_SALES_SHARE = 0.3
_SOLD_PART = (0.3, 1.0)


@dataclass(frozen=True, slots=True)
class _Stakes:
    """Who nominated which validator, by position, and the part of its earnings that is theirs."""

    nominators: Accounts
    chosen: NDArray[np.int64]
    parts: NDArray[np.float64]
    staked_usd: NDArray[np.float64]


def pay_rewards(world: World, rng: Generator) -> Payments:
    """A validator earns every day, shares every few days less a commission, and sells some of what it keeps.

    It is paid by the chain's foundation, the first of the airdroppers, after midnight; staking is all in one coin.
    """
    validators = world.population.of("validators")
    foundation = world.population.of("airdroppers")[0]
    stakes = _draw_stakes(world, rng, validators.size)
    earned = _draw_earned(rng, stakes.staked_usd, world.config.days)
    validator, days = np.nonzero(earned)
    midnights = world.rhythm.start_ms + days * MS_PER_DAY
    rewards = make_payments(
        np.full(validator.size, foundation),
        validators[validator],
        earned[validator, days],
        midnights + rng.integers(0, MS_PER_HOUR // 6, validator.size),
    )
    due = _earned_since(rng, earned)
    paid = join_payments([rewards, _share(world, rng, stakes, due), _sell(world, rng, stakes, due)])
    return replace(paid, assets=np.full(paid.cents.size, world.market.usual[foundation], np.int8))


def _draw_stakes(world: World, rng: Generator, validators: int) -> _Stakes:
    nominators = draw_users(world, rng, world.config.habits.nominator_share)
    chosen = pick(rng, rank_weights(validators), nominators.size)
    staked_usd = _STAKE_USD * rng.lognormal(0.0, 1.5, nominators.size)
    total_usd = _OWN_STAKE_USD * rng.lognormal(0.0, 0.5, validators)
    total_usd += np.bincount(chosen, staked_usd, validators)
    passed_on = 1 - rng.uniform(*_COMMISSION, validators)
    parts = passed_on[chosen] * staked_usd / total_usd[chosen]
    return _Stakes(nominators, chosen, parts, total_usd)


def _draw_earned(rng: Generator, staked_usd: NDArray[np.float64], days: int) -> NDArray[np.int64]:
    """Cents that each validator (row) earns on each day (column)."""
    luck = rng.lognormal(0.0, _LUCK, (staked_usd.size, days))
    usd = staked_usd[:, None] * _REWARD_SHARE_PER_DAY * luck
    return np.rint(usd * CENTS_PER_USD).astype(np.int64)


def _earned_since(rng: Generator, earned: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cents that each validator shares on each day: all it earned since the time before, 0 between."""
    validators, days = earned.shape
    every = rng.integers(1, _MOST_DAYS_TO_SHARE + 1, (validators, 1))
    ends = np.arange(1, days + 1)
    due = (ends >= every) & ((ends + rng.integers(0, every)) % every == 0)
    total = np.concatenate([np.zeros((validators, 1), np.int64), np.cumsum(earned, axis=1)], axis=1)
    before = np.take_along_axis(total, np.maximum(ends - every, 0), axis=1)
    return np.where(due, total[:, 1:] - before, 0)


def _share(world: World, rng: Generator, stakes: _Stakes, due: NDArray[np.int64]) -> Payments:
    owed = (due[stakes.chosen] * stakes.parts[:, None]).astype(np.int64)
    nominator, days = np.nonzero(owed)
    return make_payments(
        world.population.of("validators")[stakes.chosen[nominator]],
        stakes.nominators[nominator],
        owed[nominator, days],
        world.rhythm.on_days(days, 0.3 + 0.02 * rng.random(days.size)),
    )


def _sell(world: World, rng: Generator, stakes: _Stakes, due: NDArray[np.int64]) -> Payments:
    validators, exchanges = world.population.of("validators"), world.population.of("exchanges")
    kept = 1 - np.bincount(stakes.chosen, stakes.parts, validators.size)
    sold_part = rng.uniform(*_SOLD_PART, due.shape) * (rng.random(due.shape) < _SALES_SHARE)
    sold = (due * kept[:, None] * sold_part).astype(np.int64)
    seller, days = np.nonzero(sold)
    return make_payments(
        validators[seller],
        exchanges[seller % exchanges.size],
        sold[seller, days],
        world.rhythm.on_days(days, rng.uniform(0.32, 1.0, days.size)),
    )
