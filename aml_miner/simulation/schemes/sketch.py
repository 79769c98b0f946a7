"""Drawing how money moves through a group, before the group has members and a time."""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from aml_miner.simulation.payments import CENTS_PER_USD, draw_cents, round_cents

Range = tuple[float, float]
"""Lowest and highest value of a draw."""
Counts = tuple[int, int]
"""Fewest and most."""

EXCHANGE: Final = "exchange"
DEPOSIT: Final = "deposit"
BRIDGE: Final = "bridge"
MIXER: Final = "mixing_service"
SERVICES: Final = frozenset({EXCHANGE, DEPOSIT, BRIDGE, MIXER})
"""Roles that a service plays which knows nothing of the group."""

CUSTOMER: Final = "customer"
VICTIM: Final = "victim"
OUTSIDERS: Final = frozenset({CUSTOMER, VICTIM})
"""Roles of people who pay the group or are paid by it, and are no part of it."""

DORMANT: Final = "dormant"
"""The role of a member that was funded long before."""

UNLIVED: Final = frozenset({DORMANT, "address", "hop", "pool", "project"})
"""Roles of members that are wallets without a life of their own, as long as there are any."""


def is_member_role(role: str) -> bool:
    """Whether who plays a role belongs to the group: services and outsiders do not."""
    return role not in SERVICES and role not in OUTSIDERS


# People and launderers alike pay odd amounts, or whole dollars, tens or hundreds.
_UNITS_CENTS = np.array([1, 1, 100, 1_000, 10_000])


@dataclass(frozen=True, slots=True)
class Sketch:
    """The payments of one group before it has a place and a time.

    ``senders`` and ``receivers`` are positions in ``roles``, which has one entry per seat. ``active_hours`` is the
    time of each payment after the group's start, in the rhythm's hours, never descending.
    """

    roles: tuple[str, ...]
    senders: NDArray[np.int64]
    receivers: NDArray[np.int64]
    cents: NDArray[np.int64]
    active_hours: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Terms:
    """How much money moves, how quickly, and how much of it stays behind.

    Attributes
    ----------
    median_usd, sigma
        Of a group's typical payment: median, and standard deviation of its natural logarithm.
    spread
        Standard deviation of the logarithm of one group's payments.
    gap_hours, rest_hours
        Mean time between a group's payments, and between what comes in and what goes out; each group draws its own
        mean, evenly in the logarithm, and each payment an exponential time.
    kept_share
        Part of what came in that is not passed on.
    split_share
        Chance that a group makes its payments in pieces.
    mixed_share
        Chance that money which comes from outside, or leaves, does so through a public mixing service.
    scale
        How many times as much money moves as usual, for kinds whose sums are not drawn around ``median_usd``.
    """

    median_usd: float
    sigma: float
    spread: float
    gap_hours: Range
    rest_hours: Range
    kept_share: Range
    split_share: float
    mixed_share: float
    scale: float = 1.0

    def typical_cents(self, rng: Generator) -> int:
        """Draw a group's typical payment."""
        return int(draw_cents(rng, self.median_usd, self.sigma, 1)[0])

    def alike(self, rng: Generator, typical_cents: float, count: int) -> NDArray[np.int64]:
        """Draw payments around a typical one; the group rounds all of them in one way."""
        cents = draw_cents(rng, typical_cents / CENTS_PER_USD, self.spread, count)
        return _rounded(rng, cents)

    def gaps(self, rng: Generator, count: int) -> NDArray[np.float64]:
        """Draw the hours after which payments follow one another, the first after one gap."""
        return np.cumsum(_log_even(rng, self.gap_hours) * rng.exponential(1.0, count))

    def rests(self, rng: Generator, count: int) -> NDArray[np.float64]:
        """Draw how long money lies before it is passed on, in hours, once for each of so many hands."""
        return _log_even(rng, self.rest_hours) * (0.2 + rng.exponential(0.8, count))

    def rest(self, rng: Generator) -> float:
        """Draw how long money lies before it is passed on, in hours."""
        return float(self.rests(rng, 1)[0])

    def passed_on(self, rng: Generator, cents: int) -> int:
        """Return what is left of an amount when a part has been kept, at least one cent."""
        return max(1, cents - round(cents * rng.uniform(*self.kept_share)))

    def toward(self, other: "Terms", share: float) -> "Terms":
        """Return terms a share (0–1) of the way to other ones."""

        def between(own: float, far: float) -> float:
            return float(own ** (1 - share) * far**share)  # as far in the logarithm

        def both(own: Range, far: Range) -> Range:
            return between(own[0], far[0]), between(own[1], far[1])

        return Terms(
            between(self.median_usd, other.median_usd),
            between(self.sigma, other.sigma),
            between(self.spread, other.spread),
            both(self.gap_hours, other.gap_hours),
            both(self.rest_hours, other.rest_hours),
            both(self.kept_share, other.kept_share),
            between(self.split_share, other.split_share),
            between(self.mixed_share, other.mixed_share),
            between(self.scale, other.scale),
        )

    def scaled(self, factor: float) -> "Terms":
        """Return terms by which so many times as much money moves."""
        return replace(self, median_usd=self.median_usd * factor, scale=self.scale * factor)


# Our choice. The two overlap on purpose: laundering is quicker, keeps less back and pays in pieces more often, on
# average and never always. The amounts are nearly the same, as a launderer's are meant to be, and anything from a few
# dollars, as in published samples of AMLSim, to fortunes.
LAUNDERING = Terms(
    median_usd=400,
    sigma=1.8,
    spread=0.2,
    gap_hours=(0.03, 5.0),
    rest_hours=(0.05, 12.0),
    kept_share=(0.001, 0.05),
    split_share=0.45,
    mixed_share=0.12,
)
INNOCENT = Terms(
    median_usd=350,
    sigma=1.8,
    spread=0.3,
    gap_hours=(0.05, 40.0),
    rest_hours=(0.3, 160.0),
    kept_share=(0.004, 0.45),
    split_share=0.06,
    mixed_share=0.01,
)


class Draft:
    """A sketch in the making: seats are added, then payments between them, in any order of time."""

    def __init__(self, rng: Generator, terms: Terms) -> None:
        self._rng = rng
        self._terms = terms
        self._roles: list[str] = []
        self._payments: list[tuple[NDArray[np.int64], ...]] = []
        self._hours: list[NDArray[np.float64]] = []

    def seats(self, role: str, count: int) -> NDArray[np.int64]:
        """Add seats of one role and return their positions."""
        first = len(self._roles)
        self._roles += [role] * count
        return np.arange(first, first + count)

    def seat(self, role: str) -> int:
        """Add one seat and return its position."""
        return int(self.seats(role, 1)[0])

    def pay(
        self, senders: ArrayLike, receivers: ArrayLike, cents: ArrayLike, hours: ArrayLike
    ) -> None:
        """Add payments; a single value stands for all of them. Nobody pays less than a cent, or before hour 0."""
        one, other, amount, time = np.broadcast_arrays(
            np.atleast_1d(senders), receivers, cents, hours
        )
        whole = np.maximum(amount.astype(np.int64), 1)
        self._payments.append((one.astype(np.int64), other.astype(np.int64), whole))
        self._hours.append(np.maximum(time.astype(np.float64), 0.0))

    def fund(self, receiver: int, cents: int, by_hour: float) -> None:
        """Bring money in before an hour: out of an exchange or a mixer, over a bridge, or from a customer."""
        source = (EXCHANGE, EXCHANGE, BRIDGE, CUSTOMER)[int(self._rng.integers(4))]
        if self._is_mixed():
            source = MIXER
        self.pay(self.seat(source), receiver, cents, by_hour - self._terms.rest(self._rng))

    def cash_out(self, holder: int, cents: int, hour: float) -> None:
        """Take money out: to an exchange, by a deposit address or not, over a bridge, to a mixer, or not at all."""
        way = int(self._rng.integers(6))
        hour += self._terms.rest(self._rng)
        if self._is_mixed():
            self.pay(holder, self.seat(MIXER), cents, hour)
        elif way < 2:
            self.pay(holder, self.seat(EXCHANGE), cents, hour)
        elif way < 4:
            deposit = self.seat(DEPOSIT)
            self.pay(holder, deposit, cents, hour)
            swept = hour + self._rng.uniform(0.05, 8.0)
            self.pay(deposit, self.seat(EXCHANGE), cents, swept)
        elif way == 4:
            self.pay(holder, self.seat(BRIDGE), cents, hour)

    def _is_mixed(self) -> bool:
        return bool(self._rng.random() < self._terms.mixed_share)

    def finish(self) -> Sketch:
        """Return the sketch, its payments in order of time."""
        hours = np.concatenate(self._hours)
        order = np.argsort(hours, kind="stable")
        columns = [np.concatenate(column)[order] for column in zip(*self._payments, strict=True)]
        senders, receivers, cents = columns
        return Sketch(tuple(self._roles), senders, receivers, cents, hours[order])


def draw_count(rng: Generator, bounds: Counts, largest: int) -> int:
    """Draw a size: small ones are common, large ones rare; a small economy has no room for the largest."""
    lowest, highest = bounds[0], max(bounds[0], min(bounds[1], largest))
    return lowest + int((highest - lowest + 1) * rng.random() ** 3)


def split_sketch(sketch: Sketch, rng: Generator) -> Sketch:
    """Make every payment that no service is part of in two to five pieces, alike or equal, the last when it was due.

    The pieces come after the payment before, so that money still moves forward in time.
    """
    before = np.diff(sketch.active_hours, prepend=0.0)
    served = np.isin(sketch.roles, list(SERVICES))
    inner = ~(served[sketch.senders] | served[sketch.receivers])
    pieces = np.where(inner, rng.integers(2, 6, sketch.cents.size), 1)
    whole = np.repeat(np.arange(pieces.size), pieces)
    last = np.cumsum(pieces) - 1
    early = rng.uniform(0.0, 1.0, whole.size) * np.minimum(0.8 * before, 12.0)[whole]
    early[last] = 0.0
    weights = rng.lognormal(0.0, (0.0, 0.1)[int(rng.integers(2))], whole.size)
    total = np.add.reduceat(weights, last - pieces + 1)
    cents = np.maximum((sketch.cents[whole] * weights / total[whole]).astype(np.int64), 1)
    hours = sketch.active_hours[whole] - early
    order = np.argsort(hours, kind="stable")
    return Sketch(
        sketch.roles,
        sketch.senders[whole][order],
        sketch.receivers[whole][order],
        cents[order],
        hours[order],
    )


def _rounded(rng: Generator, cents: NDArray[np.int64]) -> NDArray[np.int64]:
    unit = int(rng.choice(_UNITS_CENTS))
    return cents if cents.min() < 2 * unit else round_cents(cents, unit)


def _log_even(rng: Generator, bounds: Range) -> float:
    return math.exp(rng.uniform(math.log(bounds[0]), math.log(bounds[1])))
