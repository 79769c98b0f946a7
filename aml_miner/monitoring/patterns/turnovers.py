"""Turnovers: several pay an address, and soon after it pays out as much to several others."""

import math
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
from aml_miner.monitoring.patterns.columns import Columns, incoming, outgoing
from aml_miner.monitoring.patterns.spans import (
    Ledger,
    Spans,
    empty_spans,
    evenly_shared,
    slide,
)
from aml_miner.monitoring.transfers import MS_PER_HOUR


class ForwardParameters(Parameters):
    """How completely an address passes on what it received, and how much else it does around that moment."""

    min_volume: float = Field(ge=0)
    max_kept_share: float = Field(ge=0, lt=1)
    max_added_share: float = Field(ge=0)
    min_forward_share: float = Field(ge=0, le=1)
    min_part: float = Field(ge=0, le=1)

    def between(self, sources: "Side", targets: "Side") -> "TurnoverLimits":
        """Return what a search between two such sides allows."""
        return TurnoverLimits(
            sources=sources,
            targets=targets,
            min_volume=self.min_volume,
            least=1 - self.max_kept_share,
            most=1 + self.max_added_share,
            min_forward_share=self.min_forward_share,
            min_part=self.min_part,
        )


class TurnoverParameters(ForwardParameters):
    """How soon, how completely and between how many an address turns over what it received."""

    holding_hours: tuple[PositiveFloat, ...] = Field(min_length=1)
    min_sources: int = Field(ge=2)
    min_targets: int = Field(ge=2)

    def limits(self) -> list["TurnoverLimits"]:
        """Return what a search allows, for each holding time: both sides are to be wide."""
        return [
            self.between(
                Side(hours * MS_PER_HOUR, self.min_sources, math.inf, is_wide=True),
                Side(hours * MS_PER_HOUR, self.min_targets, math.inf, is_wide=True),
            )
            for hours in self.holding_hours
        ]


class Side(NamedTuple):
    """What a turnover asks of those who pay an address, or of those it pays.

    Attributes
    ----------
    holding_ms
        How long before the moment, or after it, they pay or are paid.
    fewest
        The least number of them.
    most
        The largest, where they are counted as 1 / sum of squared shares.
    is_wide
        Whether their number says how wide the turnover is.
    """

    holding_ms: float
    fewest: int
    most: float
    is_wide: bool


class TurnoverLimits(NamedTuple):
    """What a search for turnovers allows; `least` and `most` are of what is sent to what was received."""

    sources: Side
    targets: Side
    min_volume: float
    least: float
    most: float
    min_forward_share: float
    min_part: float


@dataclass(frozen=True, slots=True)
class Turnover:
    """What one address received, and what it sent soon after.

    Attributes
    ----------
    address
        Number of the address.
    received, sent
        Indices of the transfers, ascending; all of the second are later than all of the first.
    span_ms
        How long it may have taken: the holding times before and after the moment.
    """

    address: int
    received: Integers
    sent: Integers
    span_ms: float


def find_turnovers(activity: Activity, limits: Sequence[TurnoverLimits]) -> Iterator[Turnover]:
    """Find the widest turnover of every address that has one.

    A turnover is a moment at which an address has received, together with what came in within a holding time before it
    and what went out within a holding time after it. What went out lies between `least` and `most` times what came in.
    Of all the money that moved in those two spans at least `min_forward_share` came in before the moment or went out
    after it: a shop or an exchange, which receives and pays all the time, has no such moment.

    Each of `limits` is tried, for a short holding time sees less of the ordinary life around a turnover and a long one
    sees a slow turnover whole; all of them ask for the same numbers of counterparties. Of several turnovers the one
    with the most counterparties on its narrower wide side is taken, where counterparties are counted as 1 / sum of
    squared shares, so that trifles count for nothing; then the first of `limits`, then the larger volume, then the
    earlier moment. Counterparties whose part is less than `min_part` of the largest on their side are left out of it.

    The work is linear in transfers, at hubs too, so nothing is ever cut off.
    """
    columns = Columns.of(activity)
    sides = incoming(activity), outgoing(activity)
    received = Ledger.of(columns, sides[0], columns.source)
    sent = Ledger.of(columns, sides[1], columns.target)
    spans = empty_spans(activity.count)
    best = np.zeros(activity.count)
    moments = np.full(activity.count, -1)
    which = np.zeros(activity.count, np.int64)
    many = _many_counterparties(activity, limits[0])
    for place, each in enumerate(limits):
        moment, width = search_moments(received, sent, many, spans, each)
        wider = np.flatnonzero(width > best)
        best[wider], moments[wider], which[wider] = width[wider], moment[wider], place
    for address in np.flatnonzero(moments >= 0):
        turnover = _turnover(
            columns,
            limits[which[address]],
            [side.of(int(address)) for side in sides],
            sides[0].transfer[moments[address]],
        )
        if turnover:
            yield turnover


def _many_counterparties(activity: Activity, limits: TurnoverLimits) -> NDArray[np.bool_]:
    """Whether an address has enough senders and recipients in the window as a whole."""
    senders = np.bincount(activity.edges["target"], minlength=activity.count)
    recipients = np.bincount(activity.edges["source"], minlength=activity.count)
    many: NDArray[np.bool_] = (senders >= limits.sources.fewest) & (
        recipients >= limits.targets.fewest
    )
    return many


def _turnover(
    columns: Columns, limits: TurnoverLimits, sides: Sequence[Integers], last_received: int
) -> Turnover | None:
    """Collect an address's transfers around a moment, or None where only trifles made it wide enough."""
    sources, targets = limits.sources, limits.targets
    since, until = (columns.timestamp[side] - columns.timestamp[last_received] for side in sides)
    received = sides[0][(since <= 0) & (since > -sources.holding_ms)]
    sent = sides[1][(until > 0) & (until <= targets.holding_ms)]
    received = _without_trifles(received, columns.source, columns.amount, limits.min_part)
    sent = _without_trifles(sent, columns.target, columns.amount, limits.min_part)
    if len(np.unique(columns.source[received])) < sources.fewest:
        return None
    if len(np.unique(columns.target[sent])) < targets.fewest:
        return None
    address = int(columns.target[last_received])
    return Turnover(address, received, sent, sources.holding_ms + targets.holding_ms)


def _without_trifles(
    transfers: Integers, counterparty: Integers, usd: Floats, min_part: float
) -> Integers:
    _, which = np.unique(counterparty[transfers], return_inverse=True)
    parts = np.bincount(which, usd[transfers])
    return transfers[parts[which] >= min_part * parts.max()]


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
        largest = 0.0
        for place in range(first, end):
            now = received.timestamp[place]
            if place + 1 < end and received.timestamp[place + 1] == now:
                continue  # what comes at one moment belongs together
            before, after = now - limits.sources.holding_ms, now + limits.targets.holding_ms
            slide(spans.received, received, end, before, now)
            slide(spans.received_after, received, end, now, after)
            slide(spans.sent_before, sent, sent_end, before, now)
            slide(spans.sent, sent, sent_end, now, after)
            came, went = spans.received.totals[0], spans.sent.totals[0]
            against = spans.received_after.totals[0] + spans.sent_before.totals[0]
            if (
                spans.received.parties[0] >= limits.sources.fewest
                and spans.sent.parties[0] >= limits.targets.fewest
                and came >= limits.min_volume
                and came > 0
                and limits.least * came <= went <= limits.most * came
                and came + went >= limits.min_forward_share * (came + went + against)
            ):
                senders, recipients = evenly_shared(spans.received), evenly_shared(spans.sent)
                if senders > limits.sources.most or recipients > limits.targets.most:
                    continue
                width = min(
                    senders if limits.sources.is_wide else np.inf,
                    recipients if limits.targets.is_wide else np.inf,
                )
                if width > widths[here] or (width == widths[here] and came > largest):
                    moments[here], widths[here], largest = place, width, came
        slide(spans.received, received, 0, np.inf, 0.0)
        slide(spans.received_after, received, 0, np.inf, 0.0)
        slide(spans.sent_before, sent, 0, np.inf, 0.0)
        slide(spans.sent, sent, 0, np.inf, 0.0)
    return moments, widths
