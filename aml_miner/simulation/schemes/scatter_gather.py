"""Scatter-gather: one pays many, who all pay another one."""

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
class ScatterGather:
    """A source pays middlemen alike amounts, and each pays the same destination."""

    middlemen: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one passage; a few middlemen of the many may keep what they got."""
        draft, terms = Draft(rng, self.terms), self.terms
        middlemen = draft.seats("middleman", draw_count(rng, self.middlemen, largest))
        cents = terms.alike(rng, terms.typical_cents(rng), middlemen.size)
        source, destination = draft.seat("source"), draft.seat("destination")
        out = terms.rest(rng) + terms.gaps(rng, middlemen.size)
        back = out + terms.rests(rng, middlemen.size)
        draft.fund(source, int(cents.sum()), float(out[0]))
        draft.pay(source, middlemen, cents, out)
        passed_on = np.array([terms.passed_on(rng, int(amount)) for amount in cents])
        loyal = rng.random(middlemen.size) >= rng.uniform(0.0, 0.1)
        loyal[:2] = True
        draft.pay(middlemen[loyal], destination, passed_on[loyal], back[loyal])
        total = terms.passed_on(rng, int(passed_on[loyal].sum()))
        draft.cash_out(destination, total, float(back.max()))
        return draft.finish()


SCATTER_GATHER = Typology(
    kind="scatter_gather",
    laundering=ScatterGather((3, 50), LAUNDERING),
    # a project's budget goes to those who build it, and they all buy from one supplier
    lookalike="project_budget",
    innocent=ScatterGather((3, 50), INNOCENT),
    done_again=NOW_AND_THEN,
)
