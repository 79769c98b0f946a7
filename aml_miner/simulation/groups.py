"""Groups of accounts that move money in one of the shapes: recruited, given a start, and paid."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.market import Market
from aml_miner.simulation.payments import (
    ROUND_COINS_SHARE,
    Payments,
    draw_cents,
    make_payments,
)
from aml_miner.simulation.population import Accounts, World
from aml_miner.simulation.recurrence import go_on, most_met, recur
from aml_miner.simulation.schemes.sketch import (
    BRIDGE,
    DEPOSIT,
    DORMANT,
    EXCHANGE,
    MIXER,
    OUTSIDERS,
    UNLIVED,
    Sketch,
    Terms,
    is_member_role,
    split_sketch,
)
from aml_miner.simulation.schemes.typology import Recurrence, Shape
from aml_miner.simulation.streams import open_stream

# A group whose plan is longer than the period hurries, and still leaves some choice of its start.
_LONGEST_SHARE = 0.9

# A group finds its members within a town: strangers are far apart, and a large economy takes no longer per group.
_TOWN_SIZE = 4_000

# How far around a first member friends are sought, in sizes of the group.
_REACH = 3

# Wallets that are bought or kept in store were opened, with a few dollars for fees, well before they are needed.
_AGED_SHARE = 0.5
_FEE_MONEY_USD = 12.0

# A sketch too large for those who are left gives way to another one, so many times in a row.
_MOST_FAILURES = 10

# The largest group of an economy, in members, and how many accounts it takes before there is one larger.
_SMALLEST_LIMIT = 8
_LARGEST_LIMIT = 250
_ACCOUNTS_PER_MEMBER = 40

_KIND_OF_SERVICE = {
    EXCHANGE: "exchanges",
    DEPOSIT: "deposits",
    BRIDGE: "bridges",
    MIXER: "mixers",
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How groups of one sort are formed.

    Attributes
    ----------
    purpose
        What the random numbers are drawn for.
    fresh_share
        Mean share of the members that are fresh wallets.
    neighbourly_share
        How often the members come from one circle of friends instead of being strangers.
    recurrence
        How often a group does the same again.
    drift
        How far amounts and frequency change from the first day to the last, as in the config.
    """

    purpose: str
    fresh_share: float
    neighbourly_share: float
    recurrence: Recurrence
    drift: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """One arrangement: who sits in it, as what, and its payments in order of time.

    ``is_member`` is false for the seats of services and of outsiders. ``prelude`` is how some of its fresh wallets got
    money for fees, from an exchange and long before: no part of what the group is for.
    """

    accounts: Accounts
    roles: tuple[str, ...]
    is_member: NDArray[np.bool_]
    payments: Payments
    prelude: Payments


class Recruits:
    """Who may still be recruited as a member; whoever is loses that freedom."""

    def __init__(self, world: World, fresh: Accounts) -> None:
        self._fresh = fresh
        self._taken = 0
        self._free = np.zeros(world.config.accounts, bool)
        self._free[world.population.people] = True

    @property
    def fresh_left(self) -> int:
        """How many fresh wallets nobody has taken."""
        return int(self._fresh.size) - self._taken

    def take_fresh(self, count: int) -> Accounts:
        """Take the next fresh wallets, as many of so many as are left."""
        first = self._taken
        self._taken = min(first + count, self._fresh.size)
        return self._fresh[first : self._taken]

    def free_among(self, accounts: Accounts) -> Accounts:
        """Return those of the accounts that nobody has recruited."""
        return accounts[self._free[accounts]]

    def take(self, accounts: Accounts) -> None:
        """Recruit accounts."""
        self._free[accounts] = False


def form_groups(world: World, shape: Shape, manner: Manner, recruits: Recruits) -> Iterator[Group]:
    """Form groups of one shape, one after the other, until nobody is left to recruit.

    A group recruits only accounts that are open when it starts.
    """
    rng = open_stream(world.config.seed, f"groups/{manner.purpose}")
    largest = int(
        np.clip(world.config.accounts // _ACCOUNTS_PER_MEMBER, _SMALLEST_LIMIT, _LARGEST_LIMIT)
    )
    casting, failures = _Casting(world, manner, recruits, rng), 0
    while True:
        progress = _draw_progress(rng, manner.purpose, manner.drift)
        growth = 3.0 ** (manner.drift * (progress - 0.5))
        terms = shape.terms.scaled(world.config.amount_scale * growth)
        sketch = with_terms(shape, terms).sketch(rng, largest)
        may_go_on = world.config.persistence > 0 and DORMANT not in sketch.roles
        if may_go_on and rng.random() < world.config.persistence:
            sketch = go_on(sketch, rng, most_met(world.config))
        else:
            sketch = recur(sketch, manner.recurrence, rng)
        if rng.random() < terms.split_share:
            sketch = split_sketch(sketch, rng)
        start, hours = _place_in_time(sketch, world.rhythm.total_hours, progress)
        accounts = casting.seat(sketch.roles, start)
        failures = failures + 1 if accounts is None else 0
        if failures == _MOST_FAILURES:
            return
        if accounts is None:
            continue
        is_member = np.array([is_member_role(role) for role in sketch.roles])
        times = world.rhythm.times_ms(start + hours)
        payments = _pay(world.market, sketch, accounts, times, rng)
        members = accounts[is_member]
        fresh = members[np.isin(members, world.population.fresh)]
        prelude = _fund_early(world, fresh, start, rng)
        yield Group(accounts, sketch.roles, is_member, payments, prelude)


def with_terms(shape: Shape, terms: Terms) -> Shape:
    """Return a shape on other terms."""
    return replace(shape, terms=terms)


def _draw_progress(rng: Generator, purpose: str, drift: float) -> float:
    """Draw when a group starts, 0–1; with drift every other kind comes into fashion, the others go out of it."""
    progress = rng.random()
    if rng.random() < drift / 2 and (progress < 0.5) == (sum(purpose.encode()) % 2 == 0):
        return 1.0 - progress
    return progress


def _place_in_time(
    sketch: Sketch, total_hours: float, progress: float
) -> tuple[float, NDArray[np.float64]]:
    longest = _LONGEST_SHARE * total_hours
    planned = float(sketch.active_hours[-1])
    hours = sketch.active_hours * min(1.0, longest / planned) if planned else sketch.active_hours
    return progress * (total_hours - min(planned, longest)), hours


@dataclass(frozen=True, slots=True)
class _Casting:
    """Who is asked to take a group's seats."""

    world: World
    manner: Manner
    recruits: Recruits
    rng: Generator

    def seat(self, roles: tuple[str, ...], start: float) -> Accounts | None:
        """Find somebody for each seat, nobody twice but services; None when there are not enough people left."""
        seats = np.array(roles)
        accounts = np.full(seats.size, -1)
        for role, kind in _KIND_OF_SERVICE.items():
            wanted = np.flatnonzero(seats == role)
            accounts[wanted] = self.rng.choice(self.world.population.of(kind), wanted.size)
        town = self._town(start)
        members = np.flatnonzero([is_member_role(role) for role in roles])
        outsiders = np.flatnonzero(np.isin(seats, list(OUTSIDERS)))
        if town.size < members.size + outsiders.size:
            return None
        unlived = np.isin(seats[members], list(UNLIVED))
        recruited = self._recruit(town, members.size, int(np.count_nonzero(unlived)))
        if recruited is None:
            return None
        accounts[np.concatenate([members[unlived], members[~unlived]])] = recruited
        strangers = town[~np.isin(town, recruited)]
        accounts[outsiders] = self.rng.choice(strangers, outsiders.size, replace=False)
        return accounts

    def _town(self, start: float) -> Accounts:
        people = self.world.population.people
        first = int(self.rng.integers(max(1, people.size - _TOWN_SIZE + 1)))
        town = people[first : first + _TOWN_SIZE]
        return town[self.world.population.opened_hours[town] <= start]

    def _recruit(self, town: Accounts, count: int, unlived: int) -> Accounts | None:
        """Find members, those for the seats without a life first; None when there are too few."""
        rng, mean = self.rng, self.manner.fresh_share
        share = rng.beta(2 * mean, 2 * (1 - mean))
        more = int(rng.binomial(count - unlived, share))
        wanted = count - min(unlived + more, self.recruits.fresh_left)
        candidates = self.recruits.free_among(town)
        if candidates.size < max(wanted, 1):
            return None
        fresh = self.recruits.take_fresh(unlived + more)
        # a town is listed by acquaintance, so friends are those a few places further on
        neighbourly = rng.random() < self.manner.neighbourly_share
        reach = min(_REACH * wanted, candidates.size) if neighbourly else candidates.size
        first = int(rng.integers(candidates.size))
        living = candidates[(first + rng.permutation(reach)[:wanted]) % candidates.size]
        self.recruits.take(living)
        others = rng.permutation(np.concatenate([fresh[unlived:], living]))
        return np.concatenate([fresh[:unlived], others])


def _pay(
    market: Market,
    sketch: Sketch,
    accounts: Accounts,
    times_ms: NDArray[np.int64],
    rng: Generator,
) -> Payments:
    """Pay in one asset, at its price at the start: what is passed on is a number of coins."""
    count = sketch.cents.size
    asset = market.usual[int(rng.integers(market.usual.size))]
    return make_payments(
        accounts[sketch.senders],
        accounts[sketch.receivers],
        sketch.cents,
        times_ms,
        assets=np.full(count, asset, np.int8),
        quoted_ms=np.full(count, times_ms[0]),
        in_round_coins=bool(rng.random() < ROUND_COINS_SHARE),
    )


def _fund_early(world: World, fresh: Accounts, start: float, rng: Generator) -> Payments:
    aged = fresh[rng.random(fresh.size) < _AGED_SHARE]
    exchanges = world.population.of("exchanges")
    return make_payments(
        rng.choice(exchanges, aged.size),
        aged,
        draw_cents(rng, _FEE_MONEY_USD, 0.8, aged.size),
        world.rhythm.times_ms(rng.uniform(0.0, start, aged.size)),
    )
