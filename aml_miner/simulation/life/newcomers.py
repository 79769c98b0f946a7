"""Newcomers get their first money."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import pick, rank_weights, round_some
from aml_miner.simulation.payments import Payments, draw_cents, make_payments
from aml_miner.simulation.population import World


def pay_first_funds(world: World, rng: Generator) -> Payments:
    """Each newcomer is funded within a day of opening, by an exchange or by a friend."""
    population = world.population
    people, exchanges = population.people, population.of("exchanges")
    new = np.flatnonzero(population.opened_hours[people] > 0)
    friend = people[(new + 1) % people.size]
    exchange = exchanges[pick(rng, rank_weights(exchanges.size), new.size)]
    opened = population.opened_hours[people[new]]
    by_friend = (rng.random(new.size) < 0.3) & (population.opened_hours[friend] <= opened)
    return make_payments(
        np.where(by_friend, friend, exchange),
        people[new],
        round_some(rng, draw_cents(rng, 300.0, 1.2, new.size), 0.3),
        world.rhythm.times_ms(opened + rng.uniform(0.0, 24.0, new.size)),
    )
