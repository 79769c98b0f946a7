"""Nested service: an unlicensed exchange that serves its own customers through an account at a licensed one."""

from dataclasses import dataclass

from numpy.random import Generator

from aml_miner.simulation.schemes.sketch import (
    CUSTOMER,
    DEPOSIT,
    EXCHANGE,
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
class Broker:
    """Customers pay wallets of a broker, which pays an exchange; the exchange pays it, and it pays out."""

    wallets: Counts
    customers: Counts
    terms: Terms

    def sketch(self, rng: Generator, largest: int) -> Sketch:
        """Draw one round of orders through every wallet."""
        draft, terms = Draft(rng, self.terms), self.terms
        exchange, deposit = draft.seat(EXCHANGE), draft.seat(DEPOSIT)
        for wallet in draft.seats("wallet", draw_count(rng, self.wallets, largest)):
            count = draw_count(rng, self.customers, largest)
            cents = terms.alike(rng, terms.typical_cents(rng), count)
            into = terms.rest(rng) + terms.gaps(rng, count)
            draft.pay(draft.seats(CUSTOMER, count), int(wallet), cents, into)
            whole, hour = terms.passed_on(rng, int(cents.sum())), float(into[-1])
            for payer, payee in ((int(wallet), deposit), (deposit, exchange)):
                hour += terms.rest(rng)
                draft.pay(payer, payee, whole, hour)
            hour += terms.rest(rng)
            draft.pay(exchange, int(wallet), whole * 0.98, hour)
            out = hour + terms.gaps(rng, count)
            draft.pay(int(wallet), draft.seats(CUSTOMER, count), cents * 0.95, out)
        return draft.finish()


NESTED_SERVICE = Typology(
    kind="nested_service",
    laundering=Broker((1, 5), (3, 18), LAUNDERING),
    # a licensed broker, a company that pays abroad for its members
    lookalike="broker",
    innocent=Broker((1, 4), (3, 18), INNOCENT),
    done_again=WEEKLY,
)
