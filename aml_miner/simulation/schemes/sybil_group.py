"""Sybil group: one owner's many addresses, funded by one hand, that all deal with the same few others."""

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
from aml_miner.simulation.schemes.typology import WEEKLY, Typology

_MOST_RECIPIENTS = 3
_MOST_WHO_KEEP = 0.15


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """A funder pays addresses alike amounts; each pays the same recipients."""

    addresses: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one round; a few addresses of the many may keep what they got."""
        draft, terms = Draft(rng, self.terms), self.terms
        addresses = draft.seats("address", draw_count(rng, self.addresses, largest))
        funder = draft.seat("funder")
        recipients = draft.seats("recipient", int(rng.integers(1, _MOST_RECIPIENTS + 1)))
        cents = terms.alike(rng, terms.typical_cents(rng), addresses.size)
        hours = terms.rest(rng) + terms.gaps(rng, addresses.size)
        draft.fund(funder, int(cents.sum()), float(hours[0]))
        draft.pay(funder, addresses, cents, hours)
        passed_on = np.array([terms.passed_on(rng, int(amount)) for amount in cents])
        pays = rng.random(addresses.size) >= rng.uniform(0.0, _MOST_WHO_KEEP)
        pays[:2] = True
        part = passed_on[pays] // recipients.size
        latest = hours[pays]
        for recipient in recipients:
            latest = latest + terms.rests(rng, part.size)
            draft.pay(addresses[pays], recipient, part, latest)
            draft.cash_out(
                int(recipient), terms.passed_on(rng, int(part.sum())), float(latest.max())
            )
        return draft.finish()


SYBIL_GROUP = Typology(
    kind="sybil_group",
    laundering=OwnAddresses((10, 50), LAUNDERING),
    # a firm's vending machines, each with a wallet of its own, that pay the same suppliers
    lookalike="machine_wallets",
    innocent=OwnAddresses((10, 50), INNOCENT),
    done_again=WEEKLY,
)
