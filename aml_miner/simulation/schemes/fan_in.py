"""Fan-in: many pay one, who passes the sum on."""

from dataclasses import dataclass

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
from aml_miner.simulation.schemes.typology import MONTHLY, Typology


@dataclass(frozen=True, slots=True)
class FanIn:
    """Sources pay alike amounts to a collector, who passes the sum on to an exit."""

    sources: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one gathering; some of the sources are funded for it."""
        draft, terms = Draft(rng, self.terms), self.terms
        sources = draft.seats("source", draw_count(rng, self.sources, largest))
        cents = terms.alike(rng, terms.typical_cents(rng), sources.size)
        hours = terms.rest(rng) + terms.gaps(rng, sources.size)
        for source, amount, hour in zip(sources, cents, hours, strict=True):
            if rng.random() < 0.3:
                draft.fund(int(source), int(amount), float(hour))
        collector, leaves = draft.seat("collector"), draft.seat("exit")
        draft.pay(sources, collector, cents, hours)
        last = float(hours[-1]) + terms.rest(rng)
        passed_on = terms.passed_on(rng, int(cents.sum()))
        draft.pay(collector, leaves, passed_on, last)
        draft.cash_out(leaves, terms.passed_on(rng, passed_on), last)
        return draft.finish()


FAN_IN = Typology(
    kind="fan_in",
    laundering=FanIn((5, 90), LAUNDERING),
    # presents, trips, club fees
    lookalike="collection",
    innocent=FanIn((5, 90), INNOCENT),
    done_again=MONTHLY,
)
