"""A plain group, and many of it formed in a world."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.groups import Group, Manner, Recruits, form_groups
from aml_miner.simulation.population import World
from aml_miner.simulation.schemes.sketch import (
    CUSTOMER,
    EXCHANGE,
    LAUNDERING,
    Draft,
    Sketch,
    Terms,
)
from aml_miner.simulation.schemes.typology import Recurrence


@dataclass(frozen=True)
class Errand:
    """An exchange pays the first of four hands, and the last pays a customer; an hour apart, so many dollars."""

    terms: Terms = LAUNDERING
    hour: float = 1.0

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        assert largest >= 8
        draft = Draft(rng, self.terms)
        hands = [draft.seat(EXCHANGE), *draft.seats("hand", 4), draft.seat(CUSTOMER)]
        hours = self.hour * np.arange(5)
        draft.pay(hands[:-1], hands[1:], round(100 * self.terms.median_usd), hours)
        return draft.finish()


def form(
    world: World,
    count: int,
    *,
    fresh: float = 0.5,
    neighbourly: float = 0.0,
    hour: float = 1.0,
    again: Recurrence = Recurrence(),  # noqa: B008  frozen
    drift: float = 0.0,
    purpose: str = "errand",
) -> list[Group]:
    manner = Manner(purpose, fresh, neighbourly, again, drift)
    recruits = Recruits(world, world.population.fresh)
    return list(islice(form_groups(world, Errand(hour=hour), manner, recruits), count))
