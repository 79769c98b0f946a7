"""Groups of accounts that move money in one of the shapes: recruited, given a start, and paid."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aml_miner.simulation.payments import Payments
from aml_miner.simulation.population import World
from aml_miner.simulation.shapes import Shape, Sketch
from aml_miner.simulation.streams import open_stream

# A group whose plan is longer than the period hurries, and still leaves some choice of its start.
_LONGEST_SHARE = 0.9

# A group finds its members within a town: strangers are far apart, and a large economy takes no longer per group.
_TOWN_SIZE = 4_000

# How far around a first member friends are sought, in sizes of the group.
_REACH = 2


@dataclass(frozen=True, slots=True)
class Group:
    """One arrangement: its kind, its members with their roles, and its payments in order."""

    kind: str
    members: NDArray[np.int64]
    roles: tuple[str, ...]
    payments: Payments


def form_groups(
    world: World,
    kind: str,
    shape: Shape,
    *,
    seats: float,
    neighbourly_share: float,
    free: NDArray[np.bool_],
) -> Iterator[Group]:
    """Form groups of one kind until they have at least so many members.

    ``free`` says of each account whether it may be recruited; whoever is loses that freedom, in place.
    A group recruits only accounts that are open when it starts.
    """
    rng = open_stream(world.config.seed, f"groups/{kind}")
    while seats > 0:
        sketch = shape.sketch(rng)
        start, hours = _place_in_time(sketch, world.rhythm.total_hours, rng)
        neighbourly = bool(rng.random() < neighbourly_share)
        candidates = _find_candidates(world, start, free, rng)
        members = _recruit(candidates, len(sketch.roles), rng, neighbourly=neighbourly)
        free[members] = False
        seats -= members.size
        yield Group(
            kind,
            members,
            sketch.roles,
            Payments(
                members[sketch.senders],
                members[sketch.receivers],
                sketch.cents,
                world.rhythm.times_ms(start + hours),
            ),
        )


def _place_in_time(
    sketch: Sketch, total_hours: float, rng: Generator
) -> tuple[float, NDArray[np.float64]]:
    longest = _LONGEST_SHARE * total_hours
    planned = float(sketch.active_hours.max())
    hours = sketch.active_hours * min(1.0, longest / planned)
    return rng.uniform(0.0, total_hours - min(planned, longest)), hours


def _find_candidates(
    world: World, start: float, free: NDArray[np.bool_], rng: Generator
) -> NDArray[np.int64]:
    people = world.population.people
    first = int(rng.integers(max(1, people.size - _TOWN_SIZE + 1)))
    town = people[first : first + _TOWN_SIZE]
    return town[free[town] & (world.population.opened_hours[town] <= start)]


def _recruit(
    candidates: NDArray[np.int64], size: int, rng: Generator, *, neighbourly: bool
) -> NDArray[np.int64]:
    # candidates are listed by acquaintance, so friends are those a few places further on
    reach = min(_REACH * size, candidates.size) if neighbourly else candidates.size
    first = int(rng.integers(candidates.size))
    steps: NDArray[np.int64] = rng.choice(reach, size, replace=False)
    return candidates[(first + steps) % candidates.size]
