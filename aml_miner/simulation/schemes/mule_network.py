"""Mule network: victims pay ordinary people, who pass the money on to whoever hired them."""

from dataclasses import dataclass

from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import (
    INNOCENT,
    LAUNDERING,
    VICTIM,
    Counts,
    Draft,
    Sketch,
    Terms,
    draw_count,
)
from aml_miner.simulation.schemes.typology import WEEKLY, Typology


@dataclass(frozen=True, slots=True)
class Agents:
    """Each agent is paid by a few people, keeps a commission and pays a head, who pays out."""

    agents: Counts
    payers: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one round of payments."""
        draft, terms = Draft(rng, self.terms), self.terms
        agents = draft.seats("mule", draw_count(rng, self.agents, largest // 2))
        head = draft.seat("head")
        typical = terms.typical_cents(rng)
        collected, latest = 0, 0.0
        for agent in agents:
            payers = draft.seats(VICTIM, draw_count(rng, self.payers, largest))
            cents = terms.alike(rng, typical, payers.size)
            hours = terms.rest(rng) + terms.gaps(rng, payers.size)
            draft.pay(payers, int(agent), cents, hours)
            passed_on = terms.passed_on(rng, int(cents.sum()))
            handed_over = float(hours[-1]) + terms.rest(rng)
            draft.pay(int(agent), head, passed_on, handed_over)
            collected, latest = collected + passed_on, max(latest, handed_over)
        draft.cash_out(head, terms.passed_on(rng, collected), latest)
        return draft.finish()


MULE_NETWORK = Typology(
    kind="mule_network",
    laundering=Agents((3, 30), (1, 5), LAUNDERING),
    # agents of a remittance office, representatives who sell at the door
    lookalike="agents",
    innocent=Agents((3, 24), (1, 8), INNOCENT),
    done_again=WEEKLY,
)
