"""Layering: money goes from hand to hand, with a fee and a delay at each."""

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
from aml_miner.simulation.schemes.typology import NOW_AND_THEN, Typology


@dataclass(frozen=True, slots=True)
class Chain:
    """A source pays the first of several intermediaries, the last of whom pays a destination."""

    hops: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one passage."""
        draft, terms = Draft(rng, self.terms), self.terms
        source = draft.seat("source")
        intermediaries = draft.seats("intermediary", draw_count(rng, self.hops, largest) - 1)
        destination = draft.seat("destination")
        hands = np.array([source, *intermediaries, destination])
        amounts = [int(terms.alike(rng, terms.typical_cents(rng), 1)[0])]
        while len(amounts) < hands.size - 1:
            amounts.append(terms.passed_on(rng, amounts[-1]))
        hours = np.cumsum(terms.rests(rng, hands.size - 1))
        draft.fund(source, amounts[0], float(hours[0]))
        draft.pay(hands[:-1], hands[1:], np.array(amounts), hours)
        draft.cash_out(destination, amounts[-1], float(hours[-1]))
        return draft.finish()


LAYERING = Typology(
    kind="layering",
    laundering=Chain((3, 22), LAUNDERING),
    # contractor, subcontractor, supplier; an errand paid through relatives
    lookalike="subcontracts",
    innocent=Chain((2, 10), INNOCENT),
    done_again=NOW_AND_THEN,
)
