"""Payments while they are still arrays."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

CENTS_PER_USD = 100
_POWERS_OF_TEN = 10 ** np.arange(19)
OWN_ASSET = -1
"""In place of an asset: the one the sender usually pays in."""

ROUND_COINS_SHARE = 0.3
"""How often an amount is thought of in coins instead of dollars, and is then a round number of them."""


@dataclass(frozen=True, slots=True)
class Payments:
    """Payments in no particular order, as arrays of one length.

    Senders and receivers are account numbers, amounts whole US cents, times ms since the epoch. ``assets`` are
    positions in the config's, or ``OWN_ASSET``. An amount is worth its cents at the price of ``quoted_ms``: money that
    is passed on is the same number of coins, whatever has become of the price. ``in_round_coins`` says that the number
    of coins is a round one, and what it is worth need not be.
    """

    senders: NDArray[np.int64]
    receivers: NDArray[np.int64]
    cents: NDArray[np.int64]
    times_ms: NDArray[np.int64]
    assets: NDArray[np.int8]
    quoted_ms: NDArray[np.int64]
    in_round_coins: NDArray[np.bool_]

    def kept(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Payments":
        """Return the payments of a mask, or in an order."""
        return Payments(*(getattr(self, field.name)[rows] for field in fields(self)))


def make_payments(
    senders: NDArray[np.int64],
    receivers: NDArray[np.int64],
    cents: NDArray[np.int64],
    times_ms: NDArray[np.int64],
    *,
    assets: NDArray[np.int8] | None = None,
    quoted_ms: NDArray[np.int64] | None = None,
    in_round_coins: bool = False,
) -> Payments:
    """Make payments, in the senders' own assets and at the price of the moment where nothing else is said."""
    if assets is None:
        assets = np.full(senders.size, OWN_ASSET, np.int8)
    if quoted_ms is None:
        quoted_ms = times_ms
    rounded = np.full(senders.size, in_round_coins)
    return Payments(senders, receivers, cents, times_ms, assets, quoted_ms, rounded)


def join_payments(parts: Iterable[Payments]) -> Payments:
    """Put payments one after the other; no parts make no payments."""
    columns = [[getattr(part, field.name) for field in fields(part)] for part in parts]
    if not columns:
        nothing = np.empty(0, np.int64)
        return make_payments(nothing, nothing, nothing, nothing)
    return Payments(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def draw_cents(
    rng: Generator, median_usd: float | NDArray[np.float64], sigma: float, count: int
) -> NDArray[np.int64]:
    """Draw heavy-tailed amounts: lognormal around a median, in whole cents, at least one."""
    usd = median_usd * rng.lognormal(0.0, sigma, count)
    cents: NDArray[np.int64] = np.rint(usd * CENTS_PER_USD).astype(np.int64)
    return round_cents(cents, 1)


def unit_of_second_digit(amounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what one of the second leading digit of each amount is worth, at least 1.

    Examples
    --------
    >>> unit_of_second_digit(np.array([7, 99, 100, 4_321])).tolist()
    [1, 1, 10, 100]
    """
    digits = np.searchsorted(_POWERS_OF_TEN, amounts, side="right")
    units: NDArray[np.int64] = _POWERS_OF_TEN[np.maximum(digits - 2, 0)]
    return units


def round_cents(cents: NDArray[np.int64], unit_cents: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """Round to the nearest multiple of a unit, at least one unit."""
    units: NDArray[np.int64] = np.maximum((cents + unit_cents // 2) // unit_cents, 1)
    return units * unit_cents
