"""Who lives in the economy, and what does not change while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.config import SimulationConfig
from aml_miner.simulation.market import Market, open_market
from aml_miner.simulation.rhythm import Rhythm, build_rhythm
from aml_miner.simulation.streams import open_stream

Accounts = NDArray[np.int64]
"""Accounts by their number, 0 to ``config.accounts`` − 1."""

WALLETS = "wallets"

# Some half of the members of schemes and innocent arrangements are fresh wallets; a third more is kept in reserve, as
# groups come whole.
_FRESH_SHARE = 0.5
_RESERVE = 1.35
_MOST_FRESH = 0.6


@dataclass(frozen=True, slots=True)
class Population:
    """The accounts by what they do.

    Attributes
    ----------
    kinds
        Account numbers by kind, as in the config's ``population``, and the wallets that are left over. Disjoint, and
        together everybody.
    people
        Households and shops, by acquaintance: who is a few places further on is a friend.
    merchants
        Brands and shops, from the most to the least popular.
    fresh
        Wallets that are used by nobody until an arrangement takes them, in the order they are taken.
    casual
        The other wallets: each has one short errand.
    opened_hours
        The reading of the rhythm at which each account opened; 0 for those that were there before.
    """

    kinds: Mapping[str, Accounts]
    people: Accounts
    merchants: Accounts
    fresh: Accounts
    casual: Accounts
    opened_hours: NDArray[np.float64]

    def of(self, kind: str) -> Accounts:
        """Return the accounts of one kind, at least one."""
        return self.kinds[kind]


@dataclass(frozen=True, slots=True)
class World:
    """All that a generator of payments may look at."""

    config: SimulationConfig
    rhythm: Rhythm
    population: Population
    market: Market

    @property
    def opened_ms(self) -> NDArray[np.int64]:
        """When each account opened, in ms since the epoch."""
        return self.rhythm.times_ms(self.population.opened_hours)


def build_world(config: SimulationConfig) -> World:
    """Draw the population and lay out its days."""
    rhythm = build_rhythm(config.first_day, config.days, config.day_rhythm, config.hours_from_utc)
    rng = open_stream(config.seed, "population")
    population = _draw_population(config, rhythm, rng)
    return World(config, rhythm, population, open_market(config, rhythm.start_ms))


def _draw_population(config: SimulationConfig, rhythm: Rhythm, rng: Generator) -> Population:
    kinds = _deal_kinds(config)
    households, wallets = rng.permutation(kinds["households"]), rng.permutation(kinds[WALLETS])
    seats = config.accounts * (config.base_rate + config.lookalike_share)
    fresh = min(round(seats * _FRESH_SHARE * _RESERVE), round(wallets.size * _MOST_FRESH))
    opened_hours = np.zeros(config.accounts)
    newcomers = households[: round(config.growth * households.size)]
    # nobody opens in the last fifth: a newcomer has time for an ordinary life
    opened_hours[newcomers] = rng.uniform(0.0, 0.8, newcomers.size) * rhythm.total_hours
    casual = wallets[fresh:]
    opened_hours[casual] = rng.random(casual.size) * 0.97 * rhythm.total_hours
    return Population(
        kinds=kinds,
        people=rng.permutation(np.concatenate([kinds["shops"], households])),
        merchants=rng.permutation(np.concatenate([kinds["brands"], kinds["shops"]])),
        fresh=wallets[:fresh],
        casual=casual,
        opened_hours=opened_hours,
    )


def _deal_kinds(config: SimulationConfig) -> Mapping[str, Accounts]:
    names = list(config.population)
    sizes = [max(1, round(config.accounts * share)) for share in config.population.values()]
    dealt = np.split(np.arange(config.accounts), np.cumsum(sizes))
    return dict(zip([*names, WALLETS], dealt, strict=True))


def name_addresses(config: SimulationConfig) -> pl.Series:
    """Address of each account: 40 hexadecimal digits that say nothing about its owner."""
    return pl.Series(
        "address",
        [
            "0x" + blake2b(f"{config.seed}:{account}".encode(), digest_size=20).hexdigest()
            for account in range(config.accounts)
        ],
        dtype=pl.String,
    )
