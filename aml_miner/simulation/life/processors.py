"""Payment processors: customers pay the processor, which pays the shops every week."""

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.life.drawing import draw_occasions, pick, rank_weights
from aml_miner.simulation.payments import Payments, draw_cents, join_payments, make_payments
from aml_miner.simulation.population import World
from aml_miner.simulation.rhythm import MS_PER_DAY

_SHARE_OF_PURCHASES = 0.15
_FEE_SHARE = 0.029


def pay_processors(world: World, rng: Generator) -> Payments:
    """A gather-scatter of honest people: many pay in, and each shop gets what was paid for it, less a fee."""
    people, shops = world.population.people, world.population.of("shops")
    processors = world.population.of("processors")
    per_day = world.config.habits.purchases_per_day * _SHARE_OF_PURCHASES
    buyer, hours = draw_occasions(world, rng, people, per_day, unevenness=2.0)
    shop = pick(rng, rank_weights(shops.size), buyer.size)
    processor = processors[shop % processors.size]
    cents = draw_cents(rng, world.config.habits.purchase_median_usd, 1.1, buyer.size)
    times = world.rhythm.times_ms(hours)
    week = (times - world.rhythm.start_ms) // (7 * MS_PER_DAY)
    bills, which = np.unique(week * shops.size + shop, return_inverse=True)
    due = np.bincount(which, cents, bills.size) * (1 - _FEE_SHARE)
    of_shop, in_week = bills % shops.size, bills // shops.size
    days = np.minimum(7 * (in_week + 1) + of_shop % 5, world.config.days - 1)
    paid_out = make_payments(
        processors[of_shop % processors.size],
        shops[of_shop],
        np.maximum(due.astype(np.int64), 1),
        world.rhythm.on_days(days, 0.2 + 0.05 * rng.random(days.size)),
    )
    return join_payments([make_payments(people[buyer], processor, cents, times), paid_out])
