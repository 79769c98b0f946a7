"""Gather-scatter: many pay one, who pays many others."""

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
from aml_miner.simulation.schemes.typology import WEEKLY, Typology


@dataclass(frozen=True, slots=True)
class GatherScatter:
    """Sources pay a hub, and the hub pays what it got to targets."""

    sources: Counts
    targets: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one passage through the hub."""
        draft, terms = Draft(rng, self.terms), self.terms
        sources = draft.seats("source", draw_count(rng, self.sources, largest // 2))
        targets = draft.seats("target", draw_count(rng, self.targets, largest // 2))
        hub = draft.seat("hub")
        cents = terms.alike(rng, terms.typical_cents(rng), sources.size)
        into = terms.rest(rng) + terms.gaps(rng, sources.size)
        draft.fund(int(sources[0]), int(cents[0]), float(into[0]))
        draft.pay(sources, hub, cents, into)
        share = terms.passed_on(rng, int(cents.sum())) / targets.size
        paid = terms.alike(rng, share, targets.size)
        out = into[-1] + terms.rest(rng) + terms.gaps(rng, targets.size)
        draft.pay(hub, targets, paid, out)
        last = int(targets[-1])
        draft.cash_out(last, int(paid[-1]), float(out[-1]))
        return draft.finish()


GATHER_SCATTER = Typology(
    kind="gather_scatter",
    laundering=GatherScatter((4, 40), (4, 40), LAUNDERING),
    # buyers pay a marketplace, which pays its sellers every week
    lookalike="marketplace",
    innocent=GatherScatter((4, 40), (3, 30), INNOCENT),
    done_again=WEEKLY,
)
