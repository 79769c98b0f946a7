"""Fans in a stretch of time: money gathered from many and passed on in one piece, or got in one piece and spread.

The fans of `fan.py` are addresses that do nothing else in the whole window. These may have a life of their own besides.
"""

import math

import numpy as np
from pydantic import Field, PositiveFloat

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.patterns.fan import alikeness
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.patterns.turnovers import (
    ForwardParameters,
    Side,
    Turnover,
    TurnoverLimits,
    find_turnovers,
)
from aml_miner.monitoring.transfers import MS_PER_HOUR

_METHOD = "widest_one_sided_turnover"

FAN_IN_PASSED_ON = PatternKind(
    pattern_type="fan_in_passed_on",
    typology="MOTIF_FANIN",
    parts={"hub": "Centre", "source": "Sender", "exit": "Recipient of the sum"},
    description=(
        "{part} of a fan-in: {counterparties} senders pay one address {many_usd:,.2f} USD, and it soon passes "
        "{few_usd:,.2f} USD on to {other_side}: check whether the senders know of each other and who gets the sum."
    ),
)

FAN_OUT_PASSED_ON = PatternKind(
    pattern_type="fan_out_passed_on",
    typology="MOTIF_FANOUT",
    parts={"hub": "Centre", "recipient": "Recipient", "entry": "Payer of the sum"},
    description=(
        "{part} of a fan-out: one address gets {few_usd:,.2f} USD from {other_side}, and soon spreads {many_usd:,.2f} "
        "USD over {counterparties} recipients: check where the sum came from and whether the recipients belong "
        "together."
    ),
)


class PassedOnFanParameters(ForwardParameters):
    """What makes an address the hub of a fan in a stretch of time."""

    many_hours: tuple[PositiveFloat, ...] = Field(min_length=1)
    few_hours: float = Field(gt=0)
    min_counterparties: int = Field(ge=2)
    max_other_side: float = Field(ge=1)
    full_counterparties: int = Field(ge=1)

    def limits(self, kind: PatternKind) -> list[TurnoverLimits]:
        """Return what the search allows, for each stretch of time: one side is wide, the other is not."""
        few = Side(self.few_hours * MS_PER_HOUR, 1, self.max_other_side, is_wide=False)
        wide = [
            Side(hours * MS_PER_HOUR, self.min_counterparties, math.inf, is_wide=True)
            for hours in self.many_hours
        ]
        if kind is FAN_IN_PASSED_ON:
            return [self.between(many, few) for many in wide]
        return [self.between(few, many) for many in wide]


def detect_passed_on_fans(activity: Activity, parameters: PassedOnFanParameters) -> Detected:
    """Find addresses that gather from many and soon pass the sum on to few, and the mirror of it.

    A fan is a turnover (see `turnovers.py`) with at least `min_counterparties` on the one side, gathered or spread over
    at most each of `many_hours`, and at most `max_other_side` on the other, counted as 1 / sum of squared shares, that
    are paid within `few_hours` after, or pay within them before. Of an address the widest fan of each direction is
    taken. The hub comes first, then the many by their first transfer, then the few.

    Risk is newness · (.4·alikeness of what each of the many paid or got + .3·share of all that the hub received, or
    sent, in the window + .3·min(counterparties / `full_counterparties`, 1)), our choice. Newness is the share of the
    many that the hub deals with at no other time: customers and employees come back.
    """
    return Detected(
        [
            _pattern(activity, parameters, kind, turnover)
            for kind in (FAN_IN_PASSED_ON, FAN_OUT_PASSED_ON)
            for turnover in find_turnovers(activity, parameters.limits(kind))
        ]
    )


def _pattern(
    activity: Activity, parameters: PassedOnFanParameters, kind: PatternKind, turnover: Turnover
) -> Pattern:
    is_in = kind is FAN_IN_PASSED_ON
    many, few = (turnover.received, turnover.sent) if is_in else (turnover.sent, turnover.received)
    other, hub = (activity.source, activity.target) if is_in else (activity.target, activity.source)
    wide, narrow = _by_first(other[many]), _by_first(hub[few])
    known = set(wide)
    rest = tuple(address for address in narrow if address not in known)
    parts = np.bincount(np.unique(other[many], return_inverse=True)[1], activity.amount_usd[many])
    every = activity.events_of(turnover.address)
    alike, new = alikeness(parts), _newness(activity, turnover.address, every, many)
    many_usd, few_usd = (float(activity.amount_usd[side].sum()) for side in (many, few))
    share = many_usd / float(activity.amount_usd[every][hub[every] == turnover.address].sum())
    size = min(len(wide) / parameters.full_counterparties, 1.0)
    roles = ("source", "exit") if is_in else ("recipient", "entry")
    return Pattern(
        kind=kind,
        addresses=(turnover.address, *wide, *rest),
        roles=("hub", *[roles[0]] * len(wide), *[roles[1]] * len(rest)),
        transfers=np.union1d(many, few),
        risk=new * (0.4 * alike + 0.3 * share + 0.3 * size),
        detection_method=_METHOD,
        facts={
            "counterparties": len(wide),
            "other_side": len(narrow),
            "many_usd": round(many_usd, 2),
            "few_usd": round(few_usd, 2),
            "amount_alikeness": round(alike, 4),
            "share_of_counterparties_at_no_other_time": round(new, 4),
            "share_of_all_in_its_direction": round(share, 4),
        },
    )


def _by_first(counterparties: Integers) -> tuple[int, ...]:
    """Return the different counterparties by their first transfer."""
    names, first = np.unique(counterparties, return_index=True)
    return tuple(int(name) for name in names[np.argsort(first)])


def _newness(activity: Activity, hub: int, every: Integers, many: Integers) -> float:
    """Share of the counterparties of some of a hub's transfers that none of its others is with."""
    party = activity.other_ends(hub, every)
    inside = np.isin(every, many)
    met = np.unique(party[inside])
    return float(np.isin(met, party[~inside], invert=True).mean())
