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

FRESH_SHARE, INNOCENT_FRESH_SHARE = 0.5, 0.35
"""Mean share of the members that are fresh wallets, of schemes without camouflage and of innocent arrangements.

Launderers use fresh wallets a little more often than others do: our choice, and so small that it is no proof.
"""

# Some seats are for fresh wallets alone, and groups come whole. Wallets of schemes come first and are counted without a
# look at the others, so that schemes are the same whatever else is arranged.
_RESERVE = 1.6
_MOST_OF_SCHEMES, _MOST_FRESH = 0.4, 0.6


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
    fresh_of_schemes
        How many of them, the first, are kept for schemes; the others are for innocent arrangements.
    casual
        The other wallets: each has one short errand.
    opened_hours
        The reading of the rhythm at which each account opened; 0 for those that were there before.
    """

    kinds: Mapping[str, Accounts]
    people: Accounts
    merchants: Accounts
    fresh: Accounts
    fresh_of_schemes: int
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
    people = rng.permutation(np.concatenate([kinds["shops"], households]))
    merchants = rng.permutation(np.concatenate([kinds["brands"], kinds["shops"]]))
    opened_hours = np.zeros(config.accounts)
    newcomers = households[: round(config.growth * households.size)]
    # nobody opens in the last fifth: a newcomer has time for an ordinary life
    opened_hours[newcomers] = rng.uniform(0.0, 0.8, newcomers.size) * rhythm.total_hours
    of_schemes, fresh = _count_fresh(config, wallets.size)
    casual = wallets[fresh:]
    opened_hours[casual] = rng.random(casual.size) * 0.97 * rhythm.total_hours
    return Population(
        kinds=kinds,
        people=people,
        merchants=merchants,
        fresh=wallets[:fresh],
        fresh_of_schemes=of_schemes,
        casual=casual,
        opened_hours=opened_hours,
    )


def _count_fresh(config: SimulationConfig, wallets: int) -> tuple[int, int]:
    """Return how many fresh wallets schemes may need, and how many are needed in all."""
    guilty = FRESH_SHARE * config.base_rate * config.accounts
    innocent = INNOCENT_FRESH_SHARE * config.lookalike_share * config.accounts
    of_schemes = min(round(_RESERVE * guilty), round(_MOST_OF_SCHEMES * wallets))
    fresh = min(of_schemes + round(_RESERVE * innocent), round(_MOST_FRESH * wallets))
    return of_schemes, fresh


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
