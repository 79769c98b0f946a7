"""Smurfing network: a few people pay small amounts to and fro among themselves until nobody knows whose they were."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

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
from aml_miner.simulation.schemes.typology import NOW_AND_THEN, WEEKLY, Typology

_MOST_ENDS = 3


@dataclass(frozen=True, slots=True)
class PaymentsToAndFro:
    """Each of a few people pays the next and some of the others; money comes in and leaves at some of them."""

    people: Counts
    pairs_share: Range
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one spell; whom each pays is drawn anew."""
        draft, terms = Draft(rng, self.terms), self.terms
        people = draft.seats("smurf", draw_count(rng, self.people, largest))
        payer, payee = np.nonzero(~np.eye(people.size, dtype=bool))
        pays = rng.random(payer.size) < rng.uniform(*self.pairs_share)
        pays |= payee == (payer + 1) % people.size  # everybody pays somebody, and money comes round
        order = rng.permutation(np.flatnonzero(pays))
        cents = terms.alike(rng, terms.typical_cents(rng), order.size)
        hours = terms.rest(rng) + terms.gaps(rng, order.size)
        brought = int(cents.sum()) // people.size
        for source in self._some(rng, people):
            draft.fund(source, brought, float(hours[0]))
        draft.pay(people[payer[order]], people[payee[order]], cents, hours)
        for sink in self._some(rng, people):
            draft.cash_out(sink, terms.passed_on(rng, brought), float(hours[-1]))
        return draft.finish()

    @staticmethod
    def _some(rng: Generator, people: NDArray[np.int64]) -> list[int]:
        count = int(rng.integers(1, _MOST_ENDS + 1))
        return [int(each) for each in rng.choice(people, count, replace=False)]


SMURFING_NETWORK = Typology(
    kind="smurfing_network",
    laundering=PaymentsToAndFro((5, 20), (0.35, 0.9), LAUNDERING),
    # flatmates and travellers who settle what each of them paid for all
    lookalike="shared_expenses",
    innocent=PaymentsToAndFro((4, 12), (0.15, 0.9), INNOCENT),
    laundered_again=NOW_AND_THEN,
    done_again=WEEKLY,
)
