"""Mixer: equal amounts go into a pool, and come out again later, elsewhere."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import (
    CUSTOMER,
    INNOCENT,
    LAUNDERING,
    Counts,
    Draft,
    Sketch,
    Terms,
    draw_count,
)
from aml_miner.simulation.schemes.typology import SELDOM, Typology

_DENOMINATIONS_CENTS = np.array([10_000, 50_000, 100_000, 250_000])


@dataclass(frozen=True, slots=True)
class Pool:
    """Depositors pay one denomination into a pool, and as many recipients are paid out, less a fee."""

    depositors: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one round; a quarter of those who use a pool have nothing to do with the group."""
        draft, terms = Draft(rng, self.terms), self.terms
        count = draw_count(rng, self.depositors, largest // 2)
        denomination = max(1, round(int(rng.choice(_DENOMINATIONS_CENTS)) * terms.scale))
        pool = draft.seat("pool")
        strangers = int(rng.binomial(count - 2, 0.25))
        depositors = np.append(
            draft.seats("depositor", count - strangers), draft.seats(CUSTOMER, strangers)
        )
        recipients = np.append(
            draft.seats("recipient", count - strangers), draft.seats(CUSTOMER, strangers)
        )
        into = terms.rest(rng) + terms.gaps(rng, count)
        draft.fund(int(depositors[0]), denomination, float(into[0]))
        draft.pay(rng.permutation(depositors), pool, denomination, into)
        paid = terms.passed_on(rng, denomination)
        out = np.maximum.accumulate(into + terms.rests(rng, count))
        draft.pay(pool, rng.permutation(recipients), paid, out)
        draft.cash_out(int(recipients[0]), paid, float(out[-1]))
        return draft.finish()


MIXER = Typology(
    kind="mixer",
    laundering=Pool((5, 40), replace(LAUNDERING, rest_hours=(0.5, 72.0), split_share=0.02)),
    # tickets, stakes and club savings that are paid out again
    lookalike="common_pot",
    innocent=Pool((5, 40), replace(INNOCENT, split_share=0.02)),
    done_again=SELDOM,
)
