"""Groups that act more than once: as their kind does, or on and on."""

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.config import SimulationConfig
from aml_miner.simulation.payments import CENTS_PER_USD
from aml_miner.simulation.schemes.sketch import SERVICES, Counts, Range, Sketch, is_member_role
from aml_miner.simulation.schemes.typology import Recurrence

# A group that goes on acts again after a day to four, for two days to four months; a little more often than not with
# others each time, as whoever gathers for many does: our choice. One with others each time has one in 150 of the
# accounts at most, and a sixth of as many as launder, or a few of them would be all that laundering there is.
_GOING_ON = Recurrence((3, 30), (20.0, 100.0))
_WITH_OTHERS_SHARE = 0.6
_MOST_MET_OF_ACCOUNTS = 1 / 150
_MOST_MET_OF_LAUNDERERS = 1 / 6

# How much the sums of a group differ from one time to the next, unless most of them are whole dollars.
_VARIATION = 0.1
_MOST = 0.5


def most_met(config: SimulationConfig) -> int:
    """Return how many people a group may meet that goes on with others each time."""
    share = min(_MOST_MET_OF_ACCOUNTS, _MOST_MET_OF_LAUNDERERS * config.base_rate)
    return int(share * config.accounts)


def go_on(sketch: Sketch, rng: Generator, most_people: int) -> Sketch:
    """Let a group go on: the same people each time, or the member with the most payments and others each time.

    It is the same people too where others would be more than ``most_people`` before the group has met three times.
    Where most sums are whole dollars, all are the same again; else those of one time are larger or smaller together.
    """
    times = _draw_times(_GOING_ON.times, rng)
    people = sum(role not in SERVICES for role in sketch.roles)
    times_with_others = min(times, (most_people - 1) // max(people - 1, 1))
    with_others = rng.random() < _WITH_OTHERS_SHARE and times_with_others >= _GOING_ON.times[0]
    if with_others:
        sketch, seats = _with_others(sketch, times_with_others)
    else:
        seats = _same_seats(sketch, times)
    in_whole_dollars = np.mean(sketch.cents % CENTS_PER_USD == 0) > _MOST
    variation = 0.0 if in_whole_dollars else _VARIATION
    return _again(sketch, seats, _GOING_ON.every_hours, rng, variation)


def _with_others(sketch: Sketch, times: int) -> tuple[Sketch, NDArray[np.int64]]:
    """Add seats for those who are there once, and say who sits where each time."""
    count = len(sketch.roles)
    payments = np.bincount(np.concatenate([sketch.senders, sketch.receivers]), minlength=count)
    stays = np.where([is_member_role(role) for role in sketch.roles], payments, -1).argmax()
    seats = np.full((times, count), stays)
    seats[0] = np.arange(count)
    others = seats[0] != stays
    seats[1:, others] = count + np.arange((times - 1) * (count - 1)).reshape(times - 1, count - 1)
    once = np.array(sketch.roles)[others].tolist()
    return replace(sketch, roles=(*sketch.roles, *once * (times - 1))), seats


def recur(sketch: Sketch, recurrence: Recurrence, rng: Generator) -> Sketch:
    """Let a group do the same again as often as its kind does, each time with other sums."""
    times = _draw_times(recurrence.times, rng)
    return _again(sketch, _same_seats(sketch, times), recurrence.every_hours, rng, _VARIATION)


def _same_seats(sketch: Sketch, times: int) -> NDArray[np.int64]:
    return np.tile(np.arange(len(sketch.roles)), (times, 1))


def _again(
    sketch: Sketch,
    seats: NDArray[np.int64],
    every_hours: Range,
    rng: Generator,
    variation: float,
) -> Sketch:
    """Repeat payments, once for each row of ``seats``: who sits there then, in place of the sketch's first seats.

    All sums of one time are larger or smaller together, by ``variation``: a standard deviation of the logarithm.
    """
    times = len(seats)
    if times == 1:
        return sketch
    count = sketch.cents.size
    begins = np.append(0.0, np.cumsum(_draw_waits(every_hours, times - 1, rng)))
    factors = rng.lognormal(0.0, variation, times)
    hours = np.tile(sketch.active_hours, times) + np.repeat(begins, count)
    hours += rng.uniform(0.0, 0.5, times)[np.repeat(np.arange(times), count)]
    cents = np.rint(np.tile(sketch.cents, times) * np.repeat(factors, count)).astype(np.int64)
    order = np.argsort(hours, kind="stable")
    return Sketch(
        sketch.roles,
        seats[:, sketch.senders].ravel()[order],
        seats[:, sketch.receivers].ravel()[order],
        np.maximum(cents, 1)[order],
        hours[order],
    )


def _draw_times(times: Counts, rng: Generator) -> int:
    return int(rng.integers(times[0], times[1] + 1))


def _draw_waits(every_hours: Range, count: int, rng: Generator) -> NDArray[np.float64]:
    return np.full(count, rng.uniform(*every_hours))
