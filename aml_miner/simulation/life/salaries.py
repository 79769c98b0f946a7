"""Employers pay those they employ."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import pick, rank_weights
from aml_miner.simulation.payments import Payments, draw_cents, make_payments
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import FRIDAY

_WEEKLY_SHARE = 0.4
_WEEKS_PER_MONTH = 52 / 12


def pay_salaries(world: World, rng: Generator) -> Payments:
    """Pay by the month or, four in ten employers, by the week on Fridays; large employers have most of the people."""
    households, employers = world.population.of("households"), world.population.of("employers")
    habits = world.config.habits
    weekly = rng.random(employers.size) < _WEEKLY_SHARE
    paydays = rng.integers(1, 29, employers.size)
    pays = np.where(
        weekly[:, None],
        world.rhythm.weekdays == FRIDAY,
        world.rhythm.days_of_month == paydays[:, None],
    )
    employed = households[rng.random(households.size) < habits.employed_share]
    employer = pick(rng, rank_weights(employers.size), employed.size)
    monthly_usd = habits.salary_median_usd_per_month * rng.lognormal(0.0, 0.55, employed.size)
    usd = np.where(weekly[employer], monthly_usd / _WEEKS_PER_MONTH, monthly_usd)
    employee, days = np.nonzero(pays[employer])
    payer = employer[employee]
    # a payroll runs within two hours, at the employer's own time of the day
    opens = rng.uniform(0.2, 0.7, employers.size)
    return make_payments(
        employers[payer],
        employed[employee],
        draw_cents(rng, usd[employee], 0.03, employee.size),
        world.rhythm.on_days(days, opens[payer] + rng.uniform(0.0, 0.1, days.size)),
    )
