"""Who lives in the economy, and what does not change while it runs."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.simulation.config import SimulationConfig
from aml_miner.simulation.rhythm import Rhythm, build_rhythm
from aml_miner.simulation.streams import open_stream

Accounts = NDArray[np.int64]
"""Accounts by their number, 0 to ``config.accounts`` − 1."""


@dataclass(frozen=True, slots=True)
class Population:
    """The accounts by what they do; the first five groups are disjoint and together everybody.

    ``people`` (households and shops) are listed by acquaintance: who is a few places further on is a friend.
    ``merchants`` (brands and shops) are listed from the most to the least popular.
    ``opened_hours`` is the reading of the rhythm at which each account opened, 0 for all but newcomers.
    """

    exchanges: Accounts
    treasuries: Accounts
    employers: Accounts
    merchants: Accounts
    households: Accounts
    brands: Accounts
    people: Accounts
    opened_hours: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """All that a generator of payments may look at."""

    config: SimulationConfig
    rhythm: Rhythm
    population: Population


def build_world(config: SimulationConfig) -> World:
    """Draw the population and lay out its days."""
    rhythm = build_rhythm(config.first_day, config.days)
    rng = open_stream(config.seed, "population")
    return World(config, rhythm, _draw_population(config, rhythm, rng))


def _draw_population(config: SimulationConfig, rhythm: Rhythm, rng: Generator) -> Population:
    shares = (
        config.treasury_share,
        config.employer_share,
        config.brand_share,
        config.shop_share,
    )
    sizes = [config.exchange_count, *(max(1, round(config.accounts * share)) for share in shares)]
    exchanges, treasuries, employers, brands, shops, households = np.split(
        np.arange(config.accounts), np.cumsum(sizes)
    )
    newcomers = rng.permutation(households)[: round(config.newcomer_share * households.size)]
    opened_hours = np.zeros(config.accounts)
    # nobody opens in the last fifth: a newcomer has time for an ordinary life
    opened_hours[newcomers] = rng.uniform(0.02, 0.8, newcomers.size) * rhythm.total_hours
    return Population(
        exchanges=exchanges,
        treasuries=treasuries,
        employers=employers,
        merchants=rng.permutation(np.concatenate([brands, shops])),
        households=rng.permutation(households),
        brands=brands,
        people=rng.permutation(np.concatenate([shops, households])),
        opened_hours=opened_hours,
    )


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


def build_labels(world: World, addresses: pl.Series) -> pl.DataFrame:
    """Label what is publicly known: the exchanges and the brands; never shops or households.

    Returns
    -------
    polars.DataFrame
        ``ADDRESS_LABELS``, sorted by address.
    """
    kinds = (
        ("exchange", "low", world.population.exchanges),
        ("merchant", "medium", world.population.brands),
    )
    rows = [
        (address, f"{kind} {number}", kind, risk)
        for kind, risk, accounts in kinds
        for number, address in enumerate(addresses.gather(accounts).sort(), start=1)
    ]
    known_since = pl.lit(world.rhythm.start_ms)
    return (
        pl.DataFrame(rows, schema=["address", "label", "address_type", "risk_level"], orient="row")
        .with_columns(
            network=pl.lit(world.config.network),
            network_type=pl.lit("simulated"),
            address_subtype=pl.lit(""),
            trust_level=pl.lit("verified"),
            source=pl.lit("simulation"),
            confidence_score=pl.lit(1.0),
            created_timestamp=known_since,
            updated_timestamp=known_since,
        )
        .select(pl.col(name).cast(dtype) for name, dtype in ADDRESS_LABELS.schema.items())
        .sort("address")
    )
