"""Dormant reactivation: wallets that lay still for long wake up, and what they hold leaves quickly."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import (
    CUSTOMER,
    DORMANT,
    EXCHANGE,
    INNOCENT,
    LAUNDERING,
    Counts,
    Draft,
    Range,
    Sketch,
    Terms,
    draw_count,
)
from aml_miner.simulation.schemes.typology import Typology


@dataclass(frozen=True, slots=True)
class Awakening:
    """Wallets are funded, lie still, and then pay through hops of their own to one exit."""

    wallets: Counts
    hops: Counts
    still_hours: Range
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one awakening; all wallets wake one after the other."""
        draft, terms = Draft(rng, self.terms), self.terms
        wallets = draft.seats(DORMANT, draw_count(rng, self.wallets, largest // 3))
        leaves = draft.seat("exit")
        cents = terms.alike(rng, 3.0 * terms.typical_cents(rng), wallets.size)
        funded = np.sort(rng.uniform(0.0, 48.0, wallets.size))
        awake = rng.uniform(*self.still_hours) + terms.gaps(rng, wallets.size)
        total, latest = 0, 0.0
        for wallet, amount, early, hour in zip(wallets, cents, funded, awake, strict=True):
            payer = EXCHANGE if rng.random() < 0.6 else CUSTOMER
            draft.pay(draft.seat(payer), int(wallet), int(amount), float(early))
            holder, rest, time = int(wallet), int(amount), 48.0 + float(hour)
            for _ in range(draw_count(rng, self.hops, largest)):
                following = draft.seat("hop")
                rest = terms.passed_on(rng, rest)
                draft.pay(holder, following, rest, time)
                holder, time = following, time + terms.rest(rng)
            rest = terms.passed_on(rng, rest)
            draft.pay(holder, leaves, rest, time)
            total, latest = total + rest, max(latest, time)
        draft.cash_out(leaves, terms.passed_on(rng, total), latest)
        return draft.finish()


DORMANT_REACTIVATION = Typology(
    kind="dormant_reactivation",
    laundering=Awakening((1, 8), (1, 4), (300.0, 1_500.0), LAUNDERING),
    # heirs, and savers who have found their keys or their price
    lookalike="old_savings",
    innocent=Awakening((1, 6), (1, 2), (200.0, 1_500.0), INNOCENT),
)
