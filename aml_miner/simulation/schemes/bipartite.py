"""Bipartite: each of several senders pays several of the same receivers."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import (
    INNOCENT,
    LAUNDERING,
    Counts,
    Draft,
    Range,
    Sketch,
    Terms,
    draw_count,
)
from aml_miner.simulation.schemes.typology import NOW_AND_THEN, Typology


@dataclass(frozen=True, slots=True)
class Bipartite:
    """Two groups; `density` is the share of the pairs that trade."""

    senders: Counts
    receivers: Counts
    density: Range
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw who pays whom, everybody with somebody, in an order of chance."""
        draft, terms = Draft(rng, self.terms), self.terms
        senders = draft.seats("sender", draw_count(rng, self.senders, largest // 2))
        receivers = draft.seats("receiver", draw_count(rng, self.receivers, largest // 2))
        trades = rng.random((senders.size, receivers.size)) < rng.uniform(*self.density)
        trades[np.arange(senders.size), rng.integers(0, receivers.size, senders.size)] = True
        trades[rng.integers(0, senders.size, receivers.size), np.arange(receivers.size)] = True
        one, other = np.nonzero(trades)
        order = rng.permutation(one.size)
        cents = terms.alike(rng, terms.typical_cents(rng), one.size)
        hours = terms.rest(rng) + terms.gaps(rng, one.size)
        for sender in range(0, senders.size, 2):
            due = int(cents[one[order] == sender].sum())
            draft.fund(int(senders[sender]), max(due, 1), float(hours[0]))
        draft.pay(senders[one[order]], receivers[other[order]], cents, hours)
        for receiver in range(0, receivers.size, 2):
            got = max(int(cents[other[order] == receiver].sum()), 1)
            draft.cash_out(int(receivers[receiver]), got, float(hours[-1]))
        return draft.finish()


BIPARTITE = Typology(
    kind="bipartite",
    laundering=Bipartite((3, 16), (2, 12), (0.5, 1.0), LAUNDERING),
    # a fair: the same visitors at the same stalls
    lookalike="fair",
    innocent=Bipartite((3, 20), (2, 10), (0.3, 0.9), INNOCENT),
    done_again=NOW_AND_THEN,
)
