"""What an address received and sent in stretches of time that move forward along its transfers."""

from typing import NamedTuple

import numba
import numpy as np

from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.patterns.columns import ByAddress, Columns


class Ledger(NamedTuple):
    """The transfers that addresses received, or sent: of each address one after the other in time order.

    Attributes
    ----------
    start
        Place of each address's first transfer, and one past the last at the end.
    party, timestamp, amount
        Counterparty, milliseconds since 1970 and USD of each.
    """

    start: Integers
    party: Integers
    timestamp: Integers
    amount: Floats

    @classmethod
    def of(cls, columns: Columns, side: ByAddress, party: Integers) -> "Ledger":
        """Copy columns in the order in which a search reads them: it is far quicker then."""
        transfer = side.transfer
        return cls(
            side.start, party[transfer], columns.timestamp[transfer], columns.amount[transfer]
        )


class Span(NamedTuple):
    """The transfers of one address that lie in a stretch of time which moves forward.

    Attributes
    ----------
    bounds
        Place of its first transfer, and one past its last.
    times, usd
        How many of them each counterparty has, and how much USD.
    parties
        How many counterparties there are.
    totals
        USD of them all, and the sum of squares of what each counterparty has.
    """

    bounds: Integers
    times: Integers
    usd: Floats
    parties: Integers
    totals: Floats


class Spans(NamedTuple):
    """What an address received up to a moment and after it, and what it sent up to that moment and after it."""

    received: Span
    received_after: Span
    sent_before: Span
    sent: Span


def empty_spans(addresses: int) -> Spans:
    """Return spans without a transfer, with room for any of so many counterparties."""
    return Spans(*(_empty_span(addresses) for _ in Spans._fields))


def _empty_span(addresses: int) -> Span:
    counterparties = np.zeros(addresses, np.int64), np.zeros(addresses)
    return Span(np.zeros(2, np.int64), *counterparties, np.zeros(1, np.int64), np.zeros(2))


@numba.njit(inline="always")
def slide(span: Span, ledger: Ledger, end: int, since: float, until: float) -> None:
    """Move a span forward, to the transfers later than `since` and not later than `until`, before the place `end`."""
    while span.bounds[1] < end and ledger.timestamp[span.bounds[1]] <= until:
        count(span, ledger.party[span.bounds[1]], ledger.amount[span.bounds[1]], 1)
        span.bounds[1] += 1
    while span.bounds[0] < span.bounds[1] and ledger.timestamp[span.bounds[0]] <= since:
        count(span, ledger.party[span.bounds[0]], ledger.amount[span.bounds[0]], -1)
        span.bounds[0] += 1


@numba.njit(inline="always")
def count(span: Span, party: int, amount: float, sign: int) -> None:
    """Take a transfer into a span (sign 1) or out of it (−1); an empty span is exactly empty, without rounding."""
    had = span.usd[party]
    span.times[party] += sign
    span.parties[0] += sign * (span.times[party] == max(sign, 0))
    span.usd[party] = had + sign * amount if span.times[party] else 0.0
    span.totals[0] += sign * amount
    span.totals[1] += span.usd[party] ** 2 - had**2
    if not span.parties[0]:
        span.totals[:] = 0.0


@numba.njit(inline="always")
def evenly_shared(span: Span) -> float:
    """Return 1 / sum of squared shares: at most the number of counterparties, as where all have the same.

    A huge transfer that left the span can take the small ones' squares with it by rounding; the bound holds all the
    same, and nothing is divided by zero.
    """
    total = span.totals[0] ** 2
    return float(total / max(span.totals[1], total / span.parties[0]))
