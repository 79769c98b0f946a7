"""The coins of an economy, their prices, and who pays in which."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aml_miner.simulation.config import SimulationConfig
from aml_miner.simulation.rhythm import MS_PER_DAY
from aml_miner.simulation.streams import open_stream

MICRO = 1_000_000
"""Amounts and prices are whole millionths of a coin and of a US dollar."""

_MICRO_USD_PER_CENT = 10_000


@dataclass(frozen=True, slots=True)
class Market:
    """Coins by position, with one price per day.

    ``prices[asset, day]`` is in millionths of a US dollar per coin, at least one. ``usual[account]`` is the asset an
    account pays in when nothing says otherwise.
    """

    symbols: tuple[str, ...]
    contracts: tuple[str, ...]
    prices: NDArray[np.int64]
    usual: NDArray[np.int8]
    start_ms: int

    def price_at(self, assets: NDArray[np.int8], times_ms: NDArray[np.int64]) -> NDArray[np.int64]:
        """Price of an asset on the day of a time."""
        days = (times_ms - self.start_ms) // MS_PER_DAY
        return self.prices[assets, np.clip(days, 0, self.prices.shape[1] - 1)]


def coins_for(cents: NDArray[np.int64], prices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Millionths of a coin that so many US cents buy, at least one.

    Examples
    --------
    >>> coins_for(np.array([100]), np.array([400_000])).tolist()
    [2500000]
    """
    micro_usd = cents.astype(np.float64) * _MICRO_USD_PER_CENT
    micro = np.rint(micro_usd * (MICRO / prices)).astype(np.int64)  # exact where a coin is a dollar
    return np.maximum(micro, 1)


def usd_for(micro: NDArray[np.int64], prices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Millionths of a US dollar that coins are worth.

    Examples
    --------
    >>> usd_for(np.array([2_500_000]), np.array([400_000])).tolist()
    [1000000]
    """
    return np.rint(micro.astype(np.float64) * prices / MICRO).astype(np.int64)


def open_market(config: SimulationConfig, start_ms: int) -> Market:
    """Draw the walk of each price, and everybody's usual asset."""
    # An asset's contract is what pays the fees, "native", for the coin that most is paid in.
    usage = np.array([asset.usage for asset in config.assets])
    main = int(usage.argmax())
    return Market(
        symbols=tuple(asset.symbol for asset in config.assets),
        contracts=tuple(
            "native" if place == main else f"{asset.symbol.lower()}-contract"
            for place, asset in enumerate(config.assets)
        ),
        prices=np.stack([_walk(config, place) for place in range(len(config.assets))]),
        usual=_usual_assets(config, usage),
        start_ms=start_ms,
    )


def _walk(config: SimulationConfig, place: int) -> NDArray[np.int64]:
    asset = config.assets[place]
    rng = open_stream(config.seed, f"price/{asset.symbol}")
    steps = rng.normal(0.0, 1.0, config.days) * asset.daily_volatility
    steps[0] = 0.0
    prices = asset.price_usd * np.array([math.exp(step) for step in np.cumsum(steps).tolist()])
    return np.maximum(np.rint(prices * MICRO).astype(np.int64), 1)


def _usual_assets(config: SimulationConfig, usage: NDArray[np.float64]) -> NDArray[np.int8]:
    draws = open_stream(config.seed, "usual assets").random(config.accounts)
    shares = np.cumsum(usage / usage.sum())
    return np.searchsorted(shares[:-1], draws, side="right").astype(np.int8)
