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
from aml_miner.simulation.schemes.typology import MONTHLY, NOW_AND_THEN, Typology

_MOST_SINKS = 3


@dataclass(frozen=True, slots=True)
class PaymentsToAndFro:
    """Each of a few people pays the next and some of the others; each brings what he lacks, and some cash out."""

    people: Counts
    pairs_share: Range
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one spell; whom each pays is drawn anew, and nobody pays what he does not have."""
        draft, terms = Draft(rng, self.terms), self.terms
        people = draft.seats("smurf", draw_count(rng, self.people, largest))
        payer, payee = np.nonzero(~np.eye(people.size, dtype=bool))
        pays = rng.random(payer.size) < rng.uniform(*self.pairs_share)
        pays |= payee == (payer + 1) % people.size  # everybody pays somebody, and money comes round
        order = rng.permutation(np.flatnonzero(pays))
        cents = terms.alike(rng, terms.typical_cents(rng), order.size)
        hours = terms.rest(rng) + terms.gaps(rng, order.size)
        lacking, left = _lacking_and_left(payer[order], payee[order], cents, people.size)
        for each in np.flatnonzero(lacking):
            first = float(hours[payer[order] == each][0])
            draft.fund(int(people[each]), int(lacking[each]), first)
        draft.pay(people[payer[order]], people[payee[order]], cents, hours)
        for each in np.argsort(-left, kind="stable")[: int(rng.integers(1, _MOST_SINKS + 1))]:
            if not left[each]:
                break
            out = terms.passed_on(rng, int(left[each]))
            draft.cash_out(int(people[each]), out, float(hours[-1]))
        return draft.finish()


def _lacking_and_left(
    payer: NDArray[np.int64], payee: NDArray[np.int64], cents: NDArray[np.int64], people: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what each must bring to make every payment in turn, and has when all are made."""
    balance, lowest = np.zeros(people, np.int64), np.zeros(people, np.int64)
    for one, other, amount in zip(payer, payee, cents, strict=True):
        balance[one] -= amount
        balance[other] += amount
        lowest[one] = min(lowest[one], balance[one])
    return -lowest, balance - lowest


SMURFING_NETWORK = Typology(
    kind="smurfing_network",
    laundering=PaymentsToAndFro((4, 14), (0.25, 0.9), LAUNDERING),
    # flatmates and travellers who settle what each of them paid for all
    lookalike="shared_expenses",
    innocent=PaymentsToAndFro((4, 14), (0.25, 0.9), INNOCENT),
    laundered_again=NOW_AND_THEN,
    done_again=MONTHLY,
)
