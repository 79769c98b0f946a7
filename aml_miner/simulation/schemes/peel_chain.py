"""Peel chain: a large sum moves from address to address, and a small part is peeled off at each."""

from dataclasses import dataclass

from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import (
    EXCHANGE,
    INNOCENT,
    LAUNDERING,
    Counts,
    Draft,
    Range,
    Sketch,
    Terms,
    draw_count,
)
from aml_miner.simulation.schemes.typology import SELDOM, Typology


@dataclass(frozen=True, slots=True)
class PeelChain:
    """Each hop peels a share off to somebody and passes the rest on."""

    hops: Counts
    peeled_share: Range
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one chain; a third of the peels go to an exchange, the others to accounts of the group."""
        draft, terms = Draft(rng, self.terms), self.terms
        holder = draft.seat("source")
        rest = int(terms.alike(rng, 8.0 * terms.typical_cents(rng), 1)[0])
        hour = terms.rest(rng)
        draft.fund(holder, rest, hour)
        for _ in range(draw_count(rng, self.hops, max(largest // 2, self.hops[0]))):
            peeled = max(1, round(rest * rng.uniform(*self.peeled_share)))
            peel = draft.seat(EXCHANGE if rng.random() < 0.3 else "peel")
            draft.pay(holder, peel, peeled, hour + terms.rest(rng) / 4)
            following = draft.seat("hop")
            hour += terms.rest(rng)
            rest = max(1, round((rest - peeled) * (1 - rng.uniform(0.0, 0.004))))
            draft.pay(holder, following, rest, hour)
            holder = following
        draft.cash_out(holder, rest, hour)
        return draft.finish()


PEEL_CHAIN = Typology(
    kind="peel_chain",
    laundering=PeelChain((4, 25), (0.02, 0.2), LAUNDERING),
    # a wallet that sends its change to a new address with every purchase
    lookalike="change_wallet",
    innocent=PeelChain((3, 18), (0.02, 0.5), INNOCENT),
    done_again=SELDOM,
)
