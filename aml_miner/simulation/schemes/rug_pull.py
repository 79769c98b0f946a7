"""Rug pull: many buy into a project whose makers empty it and vanish."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import (
    INNOCENT,
    LAUNDERING,
    VICTIM,
    Counts,
    Draft,
    Sketch,
    Terms,
    draw_count,
)
from aml_miner.simulation.schemes.typology import Typology


@dataclass(frozen=True, slots=True)
class Project:
    """Backers pay a project, more of them every day; the project pays its makers, in one go or in parts."""

    backers: Counts
    payouts: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one project, from the makers' own money in it to the last payout."""
        draft, terms = Draft(rng, self.terms), self.terms
        project, maker, promoter = (draft.seat(role) for role in ("project", "maker", "promoter"))
        backers = draft.seats(VICTIM, draw_count(rng, self.backers, 3 * largest))
        cents = terms.alike(rng, terms.typical_cents(rng) / 2.0, backers.size)
        begins = terms.rest(rng)
        draft.fund(maker, int(cents[0]) * 5, begins)
        draft.pay(maker, project, int(cents[0]) * 4, begins)
        gaps = terms.gaps(rng, backers.size)
        hours = begins + gaps[-1] * np.sqrt(gaps / gaps[-1])  # word spreads
        draft.pay(backers, project, cents, hours)
        total = terms.passed_on(rng, int(cents.sum()))
        payouts = draw_count(rng, self.payouts, largest)
        ends = hours[-1] + terms.rests(rng, payouts).cumsum()
        draft.pay(project, maker, total * 0.9 / payouts, ends)
        draft.pay(project, promoter, total * 0.08, ends[0])
        leaves = draft.seat("exit")
        draft.pay(maker, leaves, total * 0.85, ends[-1] + terms.rest(rng))
        draft.cash_out(leaves, int(total * 0.85), float(ends[-1]) + 48.0)
        return draft.finish()


RUG_PULL = Typology(
    kind="rug_pull",
    laundering=Project((8, 250), (1, 3), LAUNDERING),
    # backers pay, and the makers are paid as they deliver
    lookalike="crowdfunding",
    innocent=Project((8, 250), (1, 6), INNOCENT),
)
