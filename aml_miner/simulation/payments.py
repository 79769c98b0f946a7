"""Payments while they are still arrays, and how they become the transfers table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.batch.schemas import MONEY, TRANSFERS
from aml_miner.simulation.population import World
from aml_miner.simulation.streams import open_stream

CENTS_PER_USD = 100
MS_PER_BLOCK = 12_000
_LARGEST_FEE_CENTS = 50


@dataclass(frozen=True, slots=True)
class Payments:
    """Payments in no particular order, as four arrays of one length.

    Senders and receivers are account numbers, amounts whole cents, times ms since the epoch.
    """

    senders: NDArray[np.int64]
    receivers: NDArray[np.int64]
    cents: NDArray[np.int64]
    times_ms: NDArray[np.int64]


def join_payments(parts: Iterable[Payments]) -> Payments:
    """Put payments one after the other; no parts make no payments."""
    columns = [(part.senders, part.receivers, part.cents, part.times_ms) for part in parts]
    if not columns:
        return Payments(*(np.empty(0, np.int64) for _ in range(4)))
    return Payments(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def keep_possible(payments: Payments, world: World) -> Payments:
    """Leave out payments to oneself, and those an account would make or get before it opened."""
    opened_ms = world.rhythm.times_ms(world.population.opened_hours)
    latest_opening = np.maximum(opened_ms[payments.senders], opened_ms[payments.receivers])
    keep = (payments.senders != payments.receivers) & (payments.times_ms >= latest_opening)
    return Payments(
        payments.senders[keep],
        payments.receivers[keep],
        payments.cents[keep],
        payments.times_ms[keep],
    )


def draw_cents(
    rng: Generator, median_usd: float | NDArray[np.float64], sigma: float, count: int
) -> NDArray[np.int64]:
    """Draw heavy-tailed amounts: lognormal around a median, in whole cents, at least one."""
    usd = median_usd * rng.lognormal(0.0, sigma, count)
    cents: NDArray[np.int64] = np.rint(usd * CENTS_PER_USD).astype(np.int64)
    return round_cents(cents, 1)


def round_cents(cents: NDArray[np.int64], unit_cents: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """Round to the nearest multiple of a unit, at least one unit."""
    units: NDArray[np.int64] = np.maximum((cents + unit_cents // 2) // unit_cents, 1)
    return units * unit_cents


def build_transfers(
    parts: Mapping[str, Payments], world: World, addresses: pl.Series
) -> pl.DataFrame:
    """Order payments in time and write them as transfers.

    Fees are drawn per part from a stream of its own, from one range for all of them.

    Returns
    -------
    polars.DataFrame
        ``TRANSFERS``, sorted by (block_timestamp, tx_id); the time is that of the block.
    """
    payments = join_payments(parts.values())
    fees = [
        open_stream(world.config.seed, f"fees/{name}").integers(
            1, _LARGEST_FEE_CENTS + 1, part.cents.size
        )
        for name, part in parts.items()
    ]
    order = np.argsort(payments.times_ms, kind="stable")
    blocks = payments.times_ms[order] // MS_PER_BLOCK
    cents = pl.Series(payments.cents[order])
    return pl.DataFrame(
        {
            "block_height": blocks,
            "block_timestamp": blocks * MS_PER_BLOCK,
            "from_address": addresses.gather(payments.senders[order]),
            "to_address": addresses.gather(payments.receivers[order]),
            "amount": _usd(cents),
            "amount_usd": _usd(cents),
            "fee": _usd(pl.Series(np.concatenate(fees)[order])),
        }
    ).select(
        tx_id=pl.lit("t") + pl.int_range(pl.len()).cast(pl.String).str.zfill(10),
        event_index=pl.lit("0"),
        edge_index=pl.lit("0"),
        block_height=pl.col("block_height").cast(TRANSFERS.schema["block_height"]),
        block_timestamp=pl.col("block_timestamp").cast(TRANSFERS.schema["block_timestamp"]),
        from_address="from_address",
        to_address="to_address",
        asset_symbol=pl.lit("USDX"),
        asset_contract=pl.lit("native"),
        amount="amount",
        amount_usd="amount_usd",
        fee="fee",
    )


def _usd(cents: pl.Series) -> pl.Series:
    # a quotient of decimals: exact, where a float would leave noise in the last digits
    return cents.cast(MONEY) / CENTS_PER_USD
