"""Five shapes in which money moves through a group, guilty or innocent.

A shape knows neither the time nor the accounts: it draws a :class:`Sketch` whose members are positions.
Whether it is laundering is decided by who uses it, with which amounts and delays: ``schemes`` and ``lookalikes``.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.payments import CENTS_PER_USD, draw_cents, round_cents

Range = tuple[float, float]
"""Lowest and highest value of an even draw."""

# People and launderers alike pay odd amounts, or whole dollars, tens or hundreds.
_UNITS_CENTS = np.array([1, 1, 100, 1_000, 10_000])


@dataclass(frozen=True, slots=True)
class Sketch:
    """The payments of one group before it has a place and a time.

    ``senders`` and ``receivers`` are positions in ``roles``, which has one entry per member.
    ``active_hours`` is the time of each payment after the group's start, never descending.
    """

    roles: tuple[str, ...]
    senders: NDArray[np.int64]
    receivers: NDArray[np.int64]
    cents: NDArray[np.int64]
    active_hours: NDArray[np.float64]


class Shape(Protocol):
    """Something that draws sketches."""

    def sketch(self, rng: Generator) -> Sketch:
        """Draw one group's payments."""
        ...


@dataclass(frozen=True, slots=True)
class Instalments:
    """One source pays its collectors again and again, each time less than a limit."""

    payments: tuple[int, int]
    collectors: tuple[int, int]
    amount_usd: Range
    gap_hours: Range

    def sketch(self, rng: Generator) -> Sketch:
        """Draw one series of payments."""
        count = _draw_count(rng, self.payments)
        collectors = _draw_count(rng, self.collectors)
        usd = rng.uniform(*self.amount_usd, count)
        cents = np.rint(usd * CENTS_PER_USD).astype(np.int64)
        # tens at most: a hundred would lift an amount over the limit it keeps below
        unit = int(rng.choice(_UNITS_CENTS[:-1]))
        return Sketch(
            ("source", *["collector"] * collectors),
            np.zeros(count, np.int64),
            1 + np.arange(count) % collectors,
            round_cents(cents, unit),
            np.cumsum(rng.uniform(*self.gap_hours, count)),
        )


@dataclass(frozen=True, slots=True)
class Gathering:
    """Several sources pay alike amounts to a collector, who passes the sum on to an exit."""

    sources: tuple[int, int]
    median_usd: float
    sigma: float
    gap_hours: Range
    rest_hours: Range
    kept_share: Range

    def sketch(self, rng: Generator) -> Sketch:
        """Draw one gathering."""
        count = _draw_count(rng, self.sources)
        cents = _draw_alike_cents(rng, self.median_usd, self.sigma, count)
        arrivals = np.cumsum(rng.uniform(*self.gap_hours, count))
        sources = np.arange(count)
        return Sketch(
            (*["source"] * count, "collector", "exit"),
            np.append(sources, count),
            np.append(np.full(count, count), count + 1),
            np.append(cents, _keep(int(cents.sum()), rng.uniform(*self.kept_share))),
            np.append(arrivals, arrivals[-1] + rng.uniform(*self.rest_hours)),
        )


@dataclass(frozen=True, slots=True)
class Scattering:
    """An entry pays a distributor, who passes alike amounts on to several targets."""

    targets: tuple[int, int]
    median_usd: float
    sigma: float
    gap_hours: Range
    rest_hours: Range
    kept_share: Range

    def sketch(self, rng: Generator) -> Sketch:
        """Draw one scattering."""
        count = _draw_count(rng, self.targets)
        cents = _draw_alike_cents(rng, self.median_usd, self.sigma, count)
        received = np.rint(cents.sum() / (1 - rng.uniform(*self.kept_share))).astype(np.int64)
        departures = rng.uniform(*self.rest_hours) + np.cumsum(rng.uniform(*self.gap_hours, count))
        return Sketch(
            (*["target"] * count, "distributor", "entry"),
            np.append(count + 1, np.full(count, count)),
            np.append(count, np.arange(count)),
            np.append(received, cents),
            np.append(0.0, departures),
        )


@dataclass(frozen=True, slots=True)
class Ring:
    """Money goes round and comes back to where it began, a little less at each hop."""

    members: tuple[int, int]
    median_usd: float
    sigma: float
    delay_hours: Range
    kept_share: Range

    def sketch(self, rng: Generator) -> Sketch:
        """Draw one round."""
        count = _draw_count(rng, self.members)
        members = np.arange(count)
        return Sketch(
            ("member",) * count,
            members,
            (members + 1) % count,
            _draw_shrinking_cents(rng, self.median_usd, self.sigma, self.kept_share, count),
            np.cumsum(rng.uniform(*self.delay_hours, count)),
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """Money goes from hand to hand, a little less at each hop."""

    hops: tuple[int, int]
    median_usd: float
    sigma: float
    delay_hours: Range
    kept_share: Range

    def sketch(self, rng: Generator) -> Sketch:
        """Draw one passage from the first hand to the last."""
        count = _draw_count(rng, self.hops)
        hops = np.arange(count)
        return Sketch(
            ("source", *["intermediary"] * (count - 1), "destination"),
            hops,
            hops + 1,
            _draw_shrinking_cents(rng, self.median_usd, self.sigma, self.kept_share, count),
            np.cumsum(rng.uniform(*self.delay_hours, count)),
        )


def _draw_count(rng: Generator, bounds: tuple[int, int]) -> int:
    # the square makes small groups the common ones: the mean lies a third of the way up
    lowest, highest = bounds
    return lowest + int((highest - lowest + 1) * rng.random() ** 2)


def _draw_alike_cents(
    rng: Generator, median_usd: float, sigma: float, count: int
) -> NDArray[np.int64]:
    typical_usd = median_usd * rng.lognormal(0.0, sigma)
    return round_cents(draw_cents(rng, typical_usd, 0.15, count), int(rng.choice(_UNITS_CENTS)))


def _draw_shrinking_cents(
    rng: Generator, median_usd: float, sigma: float, kept_share: Range, count: int
) -> NDArray[np.int64]:
    unit = int(rng.choice(_UNITS_CENTS))
    hops = [int(round_cents(draw_cents(rng, median_usd, sigma, 1), unit)[0])]
    for kept in rng.uniform(*kept_share, count - 1):
        hops.append(_keep(hops[-1], kept))
    return np.array(hops, np.int64)


def _keep(cents: int, share: float) -> int:
    return max(1, cents - round(cents * share))
