"""Turnovers: several pay an address, and soon after it pays out as much to several others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.columns import (
    MS_PER_HOUR,
    ByAddress,
    Columns,
    incoming,
    outgoing,
)


class TurnoverParameters(Parameters):
    """How soon, how completely and between how many an address turns over what it received."""

    holding_hours: tuple[PositiveFloat, ...] = Field(min_length=1)
    min_sources: int = Field(ge=2)
    min_targets: int = Field(ge=2)
    min_volume: float = Field(ge=0)
    max_kept_share: float = Field(ge=0, lt=1)
    max_added_share: float = Field(ge=0)
    min_forward_share: float = Field(ge=0, le=1)
    min_part: float = Field(ge=0, le=1)


@dataclass(frozen=True, slots=True)
class Turnover:
    """What one address received, and what it sent soon after.

    Attributes
    ----------
    address
        Number of the address.
    received, sent
        Indices of the transfers, ascending; all of the second are later than all of the first.
    holding_ms
        The holding time by which it was found.
    """

    address: int
    received: Integers
    sent: Integers
    holding_ms: float


def find_turnovers(activity: Activity, parameters: TurnoverParameters) -> Iterator[Turnover]:
    """Find the widest turnover of every address that has one.

    A turnover is a moment at which an address has received, together with what came in within a holding time before it
    and what went out within a holding time after it. What went out lies between 1 − `max_kept_share` and
    1 + `max_added_share` of what came in. Of all the money that moved in those two spans at least `min_forward_share`
    came in before the moment or went out after it: a shop or an exchange, which receives and pays all the time, has no
    such moment.

    Every holding time of `holding_hours` is tried, for a short one sees less of the ordinary life around a turnover and
    a long one sees a slow turnover whole. Of several turnovers the one with the most counterparties on its narrower
    side is taken, where counterparties are counted as 1 / sum of squared shares, so that trifles count for nothing;
    then the first holding time, then the larger volume, then the earlier moment. Counterparties whose part is less than
    `min_part` of the largest on their side are left out of it.

    The work is linear in transfers, at hubs too, so nothing is ever cut off.
    """
    columns = Columns.of(activity)
    sides = incoming(activity), outgoing(activity)
    received = Ledger.of(columns, sides[0], columns.source)
    sent = Ledger.of(columns, sides[1], columns.target)
    spans = Spans(*(_span(activity.count) for _ in range(4)))
    best = np.zeros(activity.count)
    moments = np.full(activity.count, -1)
    holding = np.zeros(activity.count)
    many = _many_counterparties(activity, parameters)
    for hours in parameters.holding_hours:
        moment, width = search_moments(received, sent, many, spans, _limits(parameters, hours))
        wider = np.flatnonzero(width > best)
        best[wider], moments[wider] = width[wider], moment[wider]
        holding[wider] = hours * MS_PER_HOUR
    for address in np.flatnonzero(moments >= 0):
        turnover = _turnover(
            columns,
            parameters,
            [side.of(int(address)) for side in sides],
            sides[0].transfer[moments[address]],
            holding[address],
        )
        if turnover:
            yield turnover


def _many_counterparties(activity: Activity, parameters: TurnoverParameters) -> NDArray[np.bool_]:
    """Whether an address has enough senders and recipients in the window as a whole."""
    senders = np.bincount(activity.edges["target"], minlength=activity.count)
    recipients = np.bincount(activity.edges["source"], minlength=activity.count)
    many: NDArray[np.bool_] = (senders >= parameters.min_sources) & (
        recipients >= parameters.min_targets
    )
    return many


def _turnover(
    columns: Columns,
    parameters: TurnoverParameters,
    sides: Sequence[Integers],
    last_received: int,
    holding_ms: float,
) -> Turnover | None:
    """Collect an address's transfers around a moment, or None where only trifles made it wide enough."""
    since, until = (columns.timestamp[side] - columns.timestamp[last_received] for side in sides)
    received = sides[0][(since <= 0) & (since > -holding_ms)]
    sent = sides[1][(until > 0) & (until <= holding_ms)]
    received = _without_trifles(received, columns.source, columns.amount, parameters.min_part)
    sent = _without_trifles(sent, columns.target, columns.amount, parameters.min_part)
    if len(np.unique(columns.source[received])) < parameters.min_sources:
        return None
    if len(np.unique(columns.target[sent])) < parameters.min_targets:
        return None
    return Turnover(int(columns.target[last_received]), received, sent, holding_ms)


def _without_trifles(
    transfers: Integers, counterparty: Integers, usd: Floats, min_part: float
) -> Integers:
    _, which = np.unique(counterparty[transfers], return_inverse=True)
    parts = np.bincount(which, usd[transfers])
    return transfers[parts[which] >= min_part * parts.max()]


class TurnoverLimits(NamedTuple):
    """What the search for turnovers allows; the ratios are of what is sent to what was received."""

    holding_ms: float
    min_sources: int
    min_targets: int
    min_volume: float
    least: float
    most: float
    min_forward_share: float


def _limits(parameters: TurnoverParameters, hours: float) -> TurnoverLimits:
    return TurnoverLimits(
        holding_ms=hours * MS_PER_HOUR,
        min_sources=parameters.min_sources,
        min_targets=parameters.min_targets,
        min_volume=parameters.min_volume,
        least=1 - parameters.max_kept_share,
        most=1 + parameters.max_added_share,
        min_forward_share=parameters.min_forward_share,
    )


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


def _span(addresses: int) -> Span:
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


@numba.njit(cache=True)
def search_moments(
    received: Ledger, sent: Ledger, many: NDArray[np.bool_], spans: Spans, limits: TurnoverLimits
) -> tuple[Integers, Floats]:
    """Search the widest turnover of each address that has `many` counterparties on either side.

    The `spans` are empty, and are left so. Returns the place of the last transfer that an address receives in its
    turnover, −1 for none, and how wide that is.
    """
    moments = np.full(len(many), -1, np.int64)
    widths = np.zeros(len(many))
    for here in np.flatnonzero(many):
        first, end, sent_end = received.start[here], received.start[here + 1], sent.start[here + 1]
        spans.received.bounds[:] = first
        spans.received_after.bounds[:] = first
        spans.sent_before.bounds[:] = sent.start[here]
        spans.sent.bounds[:] = sent.start[here]
        most = 0.0
        for place in range(first, end):
            now = received.timestamp[place]
            if place + 1 < end and received.timestamp[place + 1] == now:
                continue  # what comes at one moment belongs together
            before, after = now - limits.holding_ms, now + limits.holding_ms
            slide(spans.received, received, end, before, now)
            slide(spans.received_after, received, end, now, after)
            slide(spans.sent_before, sent, sent_end, before, now)
            slide(spans.sent, sent, sent_end, now, after)
            came, went = spans.received.totals[0], spans.sent.totals[0]
            against = spans.received_after.totals[0] + spans.sent_before.totals[0]
            if (
                spans.received.parties[0] >= limits.min_sources
                and spans.sent.parties[0] >= limits.min_targets
                and came >= limits.min_volume
                and came > 0
                and limits.least * came <= went <= limits.most * came
                and came + went >= limits.min_forward_share * (came + went + against)
            ):
                width = min(evenly_shared(spans.received), evenly_shared(spans.sent))
                if width > widths[here] or (width == widths[here] and came > most):
                    moments[here], widths[here], most = place, width, came
        slide(spans.received, received, 0, np.inf, 0.0)
        slide(spans.received_after, received, 0, np.inf, 0.0)
        slide(spans.sent_before, sent, 0, np.inf, 0.0)
        slide(spans.sent, sent, 0, np.inf, 0.0)
    return moments, widths
