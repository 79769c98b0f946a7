"""Structuring: a sum is paid in parts that each stay below a reporting limit."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from aml_miner.simulation.payments import CENTS_PER_USD, round_cents
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
from aml_miner.simulation.schemes.typology import SELDOM, Typology

# Cash reports in the United States and the European Union, the travel rule's two thresholds, and a limit of an app.
_LIMITS_USD = np.array([10_000, 10_000, 15_000, 3_000, 1_000])


@dataclass(frozen=True, slots=True)
class PaymentsBelowLimit:
    """A source pays its collectors again and again, each time a share of a limit.

    The limits are the law's: who moves more money pays more often, and who moves less at least the fewest times.
    """

    payments: Counts
    collectors: Counts
    share_of_limit: Range
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one series of payments, the collectors' in turn."""
        draft = Draft(rng, self.terms)
        usual = draw_count(rng, self.payments, 10 * largest)
        most = max(usual, 10 * largest)
        count = min(max(round(usual * self.terms.scale), self.payments[0]), most)
        limit_usd = int(rng.choice(_LIMITS_USD))
        usd = rng.uniform(*self.share_of_limit, count) * limit_usd
        cents = np.rint(usd * CENTS_PER_USD).astype(np.int64)
        # tens at most: a hundred would lift an amount over the limit it keeps below
        cents = round_cents(cents, int(rng.choice((1, 100, 1_000))))
        source = draft.seat("source")
        collectors = draft.seats("collector", draw_count(rng, self.collectors, largest))
        hours = self.terms.rest(rng) + self.terms.gaps(rng, count)
        draft.fund(source, int(cents.sum()), float(hours[0]))
        draft.pay(source, collectors[np.arange(count) % collectors.size], cents, hours)
        for place, collector in enumerate(collectors):
            received = int(cents[place :: collectors.size].sum())
            passed_on = self.terms.passed_on(rng, max(received, 1))
            draft.cash_out(int(collector), passed_on, float(hours[-1]))
        return draft.finish()


STRUCTURING = Typology(
    kind="structuring",
    laundering=PaymentsBelowLimit(
        (6, 30), (1, 4), (0.78, 0.999), replace(LAUNDERING, gap_hours=(0.5, 30.0))
    ),
    # a house, a car or a harvest paid below the limit of a transfer
    lookalike="instalments",
    innocent=PaymentsBelowLimit(
        (5, 24), (1, 3), (0.55, 1.0), replace(INNOCENT, gap_hours=(1.0, 90.0))
    ),
    done_again=SELDOM,
)
