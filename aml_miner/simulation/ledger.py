"""Payments put in order of time, in coins and dollars, with fees: what becomes the transfers table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.batch.schemas import MONEY, TRANSFERS
from aml_miner.simulation.market import MICRO, Market, coins_for, usd_for
from aml_miner.simulation.payments import (
    OWN_ASSET,
    ROUND_COINS_SHARE,
    Payments,
    join_payments,
    unit_of_second_digit,
)
from aml_miner.simulation.population import World
from aml_miner.simulation.streams import open_stream

MS_PER_BLOCK = 12_000
_TYPICAL_FEE_MICRO = 300.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every transfer in order of time, as arrays of one length; some thirty bytes a transfer.

    Accounts are by number, amounts and fees in millionths of a coin and of a US dollar. ``planted`` is the number of
    the scheme in the list of those planted, and −1 for everything else.
    """

    senders: NDArray[np.int32]
    receivers: NDArray[np.int32]
    assets: NDArray[np.int8]
    coins: NDArray[np.int64]
    usd: NDArray[np.int64]
    fees: NDArray[np.int32]
    blocks: NDArray[np.int64]
    planted: NDArray[np.int32]

    @property
    def height(self) -> int:
        """How many transfers there are."""
        return int(self.senders.size)

    def transfers(
        self, market: Market, addresses: pl.Series, first: int = 0, count: int | None = None
    ) -> pl.DataFrame:
        """Return some of the transfers as a table.

        Returns
        -------
        polars.DataFrame
            ``TRANSFERS``, sorted by (block_timestamp, tx_id); the time is that of the block.
        """
        rows = slice(first, self.height if count is None else first + count)
        blocks = pl.Series(self.blocks[rows])
        assets = pl.Series(self.assets[rows])
        columns = {
            "block_height": blocks.cast(TRANSFERS.schema["block_height"]),
            "block_timestamp": (blocks * MS_PER_BLOCK).cast(TRANSFERS.schema["block_timestamp"]),
            "from_address": addresses.gather(self.senders[rows]),
            "to_address": addresses.gather(self.receivers[rows]),
            "asset_symbol": pl.Series(market.symbols).gather(assets),
            "asset_contract": pl.Series(market.contracts).gather(assets),
            "amount": _money(self.coins[rows]),
            "amount_usd": _money(self.usd[rows]),
            "fee": _money(self.fees[rows].astype(np.int64)),
        }
        number = pl.int_range(first, first + blocks.len()).cast(pl.String).str.zfill(10)
        return pl.DataFrame(columns).select(
            pl.format("t{}", number).alias("tx_id"),
            pl.lit("0").alias("event_index"),
            pl.lit("0").alias("edge_index"),
            pl.all(),
        )

    def slices(self, size: int) -> Iterator[tuple[int, int]]:
        """Yield first row and number of rows of each piece of the table, at least one piece."""
        for first in range(0, max(self.height, 1), size):
            yield first, min(size, self.height - first)


def settle(
    parts: Mapping[str, Payments], world: World, planted: NDArray[np.int32] | None = None
) -> Ledger:
    """Put payments in order of time and give them assets, prices and fees.

    Each part draws from streams of its own, from one range for all of them. `planted` belongs to the last part.
    """
    market = world.market
    settled = [
        _in_coins(part, market, _stream(world, "coins", name)) for name, part in parts.items()
    ]
    fees = [
        _draw_fees(part.cents.size, _stream(world, "fees", name)) for name, part in parts.items()
    ]
    payments = join_payments(parts.values())
    assets, coins = (np.concatenate(column) for column in zip(*settled, strict=True))
    usd = usd_for(coins, market.price_at(assets, payments.times_ms))
    whose = np.full(coins.size, -1, np.int32)
    if planted is not None and planted.size:
        whose[-planted.size :] = planted
    order = np.argsort(payments.times_ms, kind="stable")
    return Ledger(
        senders=payments.senders[order].astype(np.int32),
        receivers=payments.receivers[order].astype(np.int32),
        assets=assets[order],
        coins=coins[order],
        usd=usd[order],
        fees=np.concatenate(fees)[order],
        blocks=payments.times_ms[order] // MS_PER_BLOCK,
        planted=whose[order],
    )


def _stream(world: World, what: str, name: str) -> Generator:
    return open_stream(world.config.seed, f"{what}/{name}")


def _in_coins(
    part: Payments, market: Market, rng: Generator
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    own = part.assets == OWN_ASSET
    assets = np.where(own, market.usual[part.senders], part.assets)
    coins = coins_for(part.cents, market.price_at(assets, part.quoted_ms))
    rounded = part.in_round_coins | (own & (rng.random(own.size) < ROUND_COINS_SHARE))
    return assets, np.where(rounded, _two_digits(coins), coins)


def _two_digits(coins: NDArray[np.int64]) -> NDArray[np.int64]:
    unit = unit_of_second_digit(coins)
    rounded: NDArray[np.int64] = (coins + unit // 2) // unit * unit
    return np.maximum(rounded, 1)


def _draw_fees(count: int, rng: Generator) -> NDArray[np.int32]:
    return np.rint(_TYPICAL_FEE_MICRO * rng.lognormal(0.0, 0.6, count)).astype(np.int32)


def _money(micro: NDArray[np.int64]) -> pl.Series:
    # a quotient of decimals: exact, where a float would leave noise in the last digits
    return pl.Series(micro).cast(MONEY) / MICRO
