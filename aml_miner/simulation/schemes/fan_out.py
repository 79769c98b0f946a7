"""Fan-out: one pays many."""

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
class FanOut:
    """An entry pays a distributor, who passes alike amounts on to targets; some of them spend at once."""

    targets: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one scattering."""
        draft, terms = Draft(rng, self.terms), self.terms
        targets = draft.seats("target", draw_count(rng, self.targets, largest))
        cents = terms.alike(rng, terms.typical_cents(rng), targets.size)
        entry, distributor = draft.seat("entry"), draft.seat("distributor")
        received = round(int(cents.sum()) / (1 - rng.uniform(*terms.kept_share)))
        begins = terms.rest(rng)
        hours = begins + terms.rest(rng) + terms.gaps(rng, targets.size)
        draft.fund(entry, received, begins)
        draft.pay(entry, distributor, received, begins)
        draft.pay(distributor, targets, cents, hours)
        for target, amount, hour in zip(targets, cents, hours, strict=True):
            if rng.random() < 0.4:
                draft.cash_out(int(target), int(amount), float(hour))
        return draft.finish()


FAN_OUT = Typology(
    kind="fan_out",
    laundering=FanOut((5, 90), LAUNDERING),
    # a small firm's payroll, a team lead who shares out what a customer paid
    lookalike="payroll",
    innocent=FanOut((5, 90), INNOCENT),
    done_again=MONTHLY,
)
