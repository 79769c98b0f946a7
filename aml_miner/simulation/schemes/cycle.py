"""Cycle: money goes round and comes back to where it began."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import (
    INNOCENT,
    LAUNDERING,
    Counts,
    Draft,
    Sketch,
    Terms,
    draw_count,
)
from aml_miner.simulation.schemes.typology import MONTHLY, SELDOM, Typology


@dataclass(frozen=True, slots=True)
class Ring:
    """Each member pays the next, a little less at each hop, until the first is paid."""

    members: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one round."""
        draft, terms = Draft(rng, self.terms), self.terms
        members = draft.seats("member", draw_count(rng, self.members, largest))
        hops = [int(terms.alike(rng, terms.typical_cents(rng), 1)[0])]
        while len(hops) < members.size:
            hops.append(terms.passed_on(rng, hops[-1]))
        hours = np.cumsum(terms.rests(rng, members.size))
        draft.fund(int(members[0]), hops[0], float(hours[0]))
        draft.pay(members, np.roll(members, -1), np.array(hops), hours)
        return draft.finish()


CYCLE = Typology(
    kind="cycle",
    laundering=Ring((3, 14), LAUNDERING),
    laundered_again=SELDOM,
    # savings circles, and companies of one owner that lend each other
    lookalike="treasury_round",
    innocent=Ring((3, 12), INNOCENT),
    done_again=MONTHLY,
)
