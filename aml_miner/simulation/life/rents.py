"""Tenants pay those who let."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.payments import Payments, draw_cents, make_payments, round_cents
from aml_miner.simulation.population import World

_LANDLORD_SHARE = 0.03


def pay_rents(world: World, rng: Generator) -> Payments:
    """Tenants pay a household that lets, the same sum in the first days of each month."""
    households, habits = world.population.of("households"), world.config.habits
    tenants = households[rng.random(households.size) < habits.tenant_share]
    letting = households[: max(1, round(_LANDLORD_SHARE * households.size))]
    landlords = letting[rng.integers(0, letting.size, tenants.size)]
    rents = draw_cents(rng, habits.rent_median_usd_per_month, 0.4, tenants.size)
    due = rng.integers(1, 6, tenants.size)
    tenant, days = np.nonzero(world.rhythm.days_of_month == due[:, None])
    return make_payments(
        tenants[tenant],
        landlords[tenant],
        round_cents(rents, 500)[tenant],
        world.rhythm.on_days(days, rng.random(days.size)),
    )
