"""Ransomware: a few large payments to an address each, gathered, shared with an affiliate, and cashed out."""

from dataclasses import dataclass

from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import (
    INNOCENT,
    LAUNDERING,
    VICTIM,
    Counts,
    Draft,
    Range,
    Sketch,
    Terms,
    draw_count,
)
from aml_miner.simulation.schemes.typology import NOW_AND_THEN, Typology


@dataclass(frozen=True, slots=True)
class SharedProceeds:
    """Payers pay an address of their own; all are gathered, and the sum is shared between two parties."""

    payers: Counts
    hops: Counts
    larger_share: Range
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one campaign: each address receives once and is emptied, and both shares take a few hops out."""
        draft, terms = Draft(rng, self.terms), self.terms
        payers = draft.seats(VICTIM, draw_count(rng, self.payers, largest // 2))
        addresses = draft.seats("address", payers.size)
        gatherer = draft.seat("gatherer")
        cents = terms.alike(rng, 4.0 * terms.typical_cents(rng), payers.size)
        paid = terms.rest(rng) + terms.gaps(rng, payers.size)
        emptied = paid + terms.rests(rng, payers.size)
        draft.pay(payers, addresses, cents, paid)
        draft.pay(addresses, gatherer, cents * (1 - rng.uniform(0.0, 0.01)), emptied)
        larger = rng.uniform(*self.larger_share)
        for party, share in (("affiliate", larger), ("operator", 1 - larger)):
            holder, hour = gatherer, float(emptied.max())
            rest = terms.passed_on(rng, max(int(cents.sum() * share * 0.99), 1))
            for _ in range(draw_count(rng, self.hops, largest)):
                following = draft.seat(party)
                hour += terms.rest(rng)
                draft.pay(holder, following, rest, hour)
                holder, rest = following, terms.passed_on(rng, rest)
            draft.cash_out(holder, rest, hour)
        return draft.finish()


RANSOMWARE = Typology(
    kind="ransomware",
    laundering=SharedProceeds((2, 14), (1, 5), (0.6, 0.85), LAUNDERING),
    # a program sold by two partners, each licence paid to an address of its own
    lookalike="licences",
    innocent=SharedProceeds((2, 18), (1, 3), (0.5, 0.9), INNOCENT),
    done_again=NOW_AND_THEN,
)
