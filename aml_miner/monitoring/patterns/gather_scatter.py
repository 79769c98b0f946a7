"""Gather-scatter: many pay one address, which soon pays the sum out to many others."""

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.patterns.turnovers import Turnover, TurnoverParameters, find_turnovers
from aml_miner.monitoring.transfers import MS_PER_HOUR

_METHOD = "widest_turnover"

GATHER_SCATTER = PatternKind(
    pattern_type="gather_scatter",
    typology="GATHER_SCATTER",
    parts={"hub": "Centre", "source": "Sender", "target": "Recipient"},
    description=(
        "{part} of a gather-scatter: {sources} senders pay one address {received_usd:,.2f} USD, and it pays "
        "{sent_usd:,.2f} USD on to {targets} recipients soon after: check what the centre is for, and whether senders "
        "and recipients know of each other."
    ),
)


class GatherScatterParameters(TurnoverParameters):
    """What makes a turnover a gather-scatter."""

    full_counterparties: int = Field(ge=2)


def detect_gather_scatter(activity: Activity, parameters: GatherScatterParameters) -> Detected:
    """Find addresses that gather money from many and scatter it to many within a holding time.

    There is at most one pattern per address, its widest turnover. The hub comes first, then its senders and then its
    recipients, each by their first transfer; one who is both is a sender.

    Risk is .25·min(counterparties on the narrower side / `full_counterparties`, 1) + .35·mean of (received here / all
    it received) and (sent here / all it sent) + .2·alikeness of what each counterparty paid or got, on the less alike
    side + .2·(1 − time between the middles of gathering and scattering / both holding times), our choice: an ordinary
    household is paid and pays now and then, in all sorts of amounts, and that is a small part of its life.
    """
    received = np.bincount(activity.target, activity.amount_usd, activity.count)
    sent = np.bincount(activity.source, activity.amount_usd, activity.count)
    return Detected(
        [
            _pattern(
                activity,
                parameters,
                turnover,
                (float(received[turnover.address]), float(sent[turnover.address])),
            )
            for turnover in find_turnovers(activity, parameters.limits())
        ]
    )


def _pattern(
    activity: Activity,
    parameters: GatherScatterParameters,
    turnover: Turnover,
    total: tuple[float, float],
) -> Pattern:
    sources, paid = _parts(activity, turnover.received, activity.source)
    targets, got = _parts(activity, turnover.sent, activity.target)
    share = (float(paid.sum()) / total[0] + float(got.sum()) / total[1]) / 2
    alike = min(_alikeness(paid), _alikeness(got))
    middles = [np.median(activity.timestamp[each]) for each in (turnover.received, turnover.sent)]
    held_ms = float(middles[1] - middles[0])
    narrower = min(len(sources), len(targets))
    known = set(sources)
    others = tuple(target for target in targets if target not in known)
    return Pattern(
        kind=GATHER_SCATTER,
        addresses=(turnover.address, *sources, *others),
        roles=("hub", *["source"] * len(sources), *["target"] * len(others)),
        transfers=np.union1d(turnover.received, turnover.sent),
        risk=0.25 * min(narrower / parameters.full_counterparties, 1.0)
        + 0.35 * share
        + 0.2 * alike
        + 0.2 * (1 - held_ms / turnover.span_ms),
        detection_method=_METHOD,
        facts={
            "sources": len(sources),
            "targets": len(targets),
            "received_usd": round(float(paid.sum()), 2),
            "sent_usd": round(float(got.sum()), 2),
            "share_of_all_it_received_and_sent": round(share, 4),
            "amount_alikeness": round(alike, 4),
            "held_hours": round(held_ms / MS_PER_HOUR, 2),
        },
    )


def _parts(
    activity: Activity, transfers: Integers, counterparty: Integers
) -> tuple[tuple[int, ...], Floats]:
    """Return the counterparties by their first transfer, and how much USD each paid or got."""
    names, first, which = np.unique(counterparty[transfers], return_index=True, return_inverse=True)
    parts = np.bincount(which, activity.amount_usd[transfers])
    order = np.argsort(first)
    return tuple(int(name) for name in names[order]), parts[order]


def _alikeness(parts: Floats) -> float:
    """1 when all parts are equal, 0 when their standard deviation reaches their mean."""
    return max(0.0, 1 - float(parts.std() / parts.mean()))
