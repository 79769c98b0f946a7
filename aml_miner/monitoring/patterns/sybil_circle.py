"""Sybil circles: addresses that one address funds or collects from, and that deal with nobody but their own circle.

One owner's addresses need not pay the same recipients: each farms some of several, or they fund each other in a chain.
What they have in common is where the money comes from or ends, and that hardly any of it ever leaves the circle.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers, expand
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.circles import (
    CircleLimits,
    Links,
    counterparties,
    payees_and_payers,
    search_circles,
)
from aml_miner.monitoring.patterns.fan import half_span_days
from aml_miner.monitoring.patterns.overlaps import keep_apart
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind

_METHOD = "closed_neighbourhood"

SYBIL_CIRCLE = PatternKind(
    pattern_type="sybil_circle",
    typology="SYBIL_GROUP",
    parts={
        "member": "Member",
        "funder": "Funder",
        "collector": "Collector",
        "shared": "Common counterparty",
    },
    description=(
        "{part} of {circle_addresses} addresses with one common {common_end}, that deal with hardly anybody but each "
        "other and a few counterparties of all, {volume:,.2f} USD in all: check whether one owner is behind them."
    ),
)


class SybilCircleParameters(Parameters):
    """What makes addresses around a common one a circle, and when it is worth naming."""

    min_addresses: int = Field(ge=2)
    max_counterparties: int = Field(ge=2)
    min_inside_share: float = Field(gt=0, le=1)
    min_sharers: int = Field(ge=2)
    min_exclusiveness: float = Field(ge=0, le=1)
    max_overlap: float = Field(ge=0, le=1)
    max_patterns: int = Field(ge=1)

    def limits(self) -> CircleLimits:
        """Return what the search allows."""
        return CircleLimits(
            self.max_counterparties, self.min_inside_share, self.min_sharers, self.min_addresses
        )


@dataclass(frozen=True, slots=True)
class _Circle:
    """Members around a common address, what it is to them, and how much of their counterparties' dealings is theirs."""

    middle: int
    role: str
    members: Integers
    shared: Integers
    exclusiveness: float


def detect_sybil_circles(activity: Activity, parameters: SybilCircleParameters) -> Detected:
    """Find addresses with a common funder or collector whose money hardly leaves the circle.

    A member has at most `max_counterparties`; the one all have in common apart, at least `min_inside_share` of them,
    and at least one, are members too or are shared by at least `min_sharers` members. A shop's customers who deal with
    nobody else have nothing but the shop in common, and are none.

    Exclusiveness is the share that members are of all the common address pays, or is paid by, times the mean, over
    their dealings with others, of the share that members are of those others' counterparties, a member's own being 1.
    A popular shop and an exchange are shared by everybody's customers, so that the members are a small part of theirs.
    Of circles that share more than `max_overlap` of their members the most exclusive is kept.

    The members come first, by name, then the common address, then those of the others whose counterparties are members
    for the most part. Risk is exclusiveness · (.7 + .3·(1 − 2·share of the window that the densest half of the
    transfers takes)), our choice.
    """
    circles = sorted(
        _circles(activity, parameters),
        key=lambda each: (-each.exclusiveness, -len(each.members), each.middle, each.role),
    )
    start = np.cumsum([0, *(len(each.members) for each in circles)])
    member = np.concatenate([np.zeros(0, np.int64), *(each.members for each in circles)])
    kept, full = keep_apart(
        start, member, max_overlap=parameters.max_overlap, max_groups=parameters.max_patterns
    )
    chosen = np.flatnonzero(kept).tolist()
    return Detected([_pattern(activity, circles[i]) for i in chosen], full)


def _circles(activity: Activity, parameters: SybilCircleParameters) -> Iterator[_Circle]:
    known = counterparties(activity)
    is_member = np.zeros(activity.count, np.bool_)
    sides = zip(payees_and_payers(activity), ("funder", "collector"), strict=True)
    for around, role in sides:
        middles, start, members = search_circles(around, known, parameters.limits())
        for place, middle in enumerate(middles.tolist()):
            circle = members[start[place] : start[place + 1]]
            is_member[circle] = True
            share = len(circle) / len(around.of(middle))
            others, times = _others(known, circle, middle)
            own = is_member[others]
            theirs = np.where(own, 1.0, times / np.diff(known.start)[others])
            exclusive = share * float((theirs * times).sum() / times.sum())
            is_member[circle] = False
            if exclusive >= parameters.min_exclusiveness:
                mostly = (times >= parameters.min_sharers) & (theirs >= 0.5) & ~own
                yield _Circle(middle, role, circle, others[mostly], exclusive)


def _others(known: Links, circle: Integers, middle: int) -> tuple[Integers, Integers]:
    """Return the counterparties of a circle's members but the one in the middle, and how many members each has."""
    every = known.other[expand(known.start, circle)[1]]
    others, times = np.unique(every[every != middle], return_counts=True)
    return others, times


def _pattern(activity: Activity, circle: _Circle) -> Pattern:
    members = circle.members.tolist()
    _, place = expand(activity.by_event.start, circle.members)
    transfers = np.unique(activity.event[place])
    share = half_span_days(activity.timestamp[transfers]) / activity.transfers.window_days
    shared = circle.shared.tolist()
    return Pattern(
        kind=SYBIL_CIRCLE,
        addresses=(*members, circle.middle, *shared),
        roles=(*["member"] * len(members), circle.role, *["shared"] * len(shared)),
        transfers=transfers,
        risk=circle.exclusiveness * (0.7 + 0.3 * max(0.0, 1 - 2 * share)),
        detection_method=_METHOD,
        facts={
            "circle_addresses": len(members),
            "common_end": circle.role,
            "common_counterparties": len(shared),
            "exclusiveness": round(circle.exclusiveness, 4),
            "half_of_transfers_within_days": round(share * activity.transfers.window_days, 2),
        },
    )
