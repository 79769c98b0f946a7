"""Fan-in and fan-out: one address that many send to, or that sends to many, and hardly anything the other way."""

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Groups, Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_DAY

_METHOD = "degree_quantile"

FAN_IN = PatternKind(
    pattern_type="fan_in",
    typology="MOTIF_FANIN",
    parts={"hub": "Centre", "source": "Sender"},
    description=(
        "{part} of a fan-in: {counterparties} senders pay one address, {volume:,.2f} USD in all, and little goes back: "
        "check whether the senders know of each other and where the money goes next."
    ),
)

FAN_OUT = PatternKind(
    pattern_type="fan_out",
    typology="MOTIF_FANOUT",
    parts={"hub": "Centre", "recipient": "Recipient"},
    description=(
        "{part} of a fan-out: one address pays {counterparties} recipients, {volume:,.2f} USD in all, and little comes "
        "back: check where the money came from and whether the recipients belong together."
    ),
)


class FanParameters(Parameters):
    """What makes an address the hub of a fan-in or fan-out."""

    min_degree: int = Field(ge=2)
    degree_quantile: float = Field(ge=0, le=1)
    max_other_side: int = Field(ge=0)
    full_degree: int = Field(ge=1)


def detect_fan_in(activity: Activity, parameters: FanParameters) -> Detected:
    """Find addresses that many others send to and that send to few.

    A hub has at least `min_degree` senders, no fewer than the given quantile of all addresses, and at most
    `max_other_side` recipients. The hub comes first, then its senders by their first transfer.

    Risk is .2·min(senders / 20, 1) + .4·alikeness of the amounts + .4·(1 − 2·share of the window that the densest half
    of the transfers takes), our choice: a shop's customers come all the time and pay all sorts of amounts, so that the
    last two terms vanish for it.
    """
    return _detect(activity, parameters, FAN_IN, activity.target, activity.source)


def detect_fan_out(activity: Activity, parameters: FanParameters) -> Detected:
    """Find addresses that send to many others and receive from few; the mirror of fan-in."""
    return _detect(activity, parameters, FAN_OUT, activity.source, activity.target)


def _detect(
    activity: Activity, parameters: FanParameters, kind: PatternKind, hub: Integers, spoke: Integers
) -> Detected:
    edges = activity.edges
    ends = ("target", "source") if kind is FAN_IN else ("source", "target")
    degree, other = (np.bincount(edges[end], minlength=activity.count) for end in ends)
    least = max(parameters.min_degree, float(np.quantile(degree, parameters.degree_quantile)))
    hubs = np.flatnonzero((degree >= least) & (other <= parameters.max_other_side))
    by_hub, order = Groups.of(hub, activity.count)
    return Detected(
        [
            _pattern(
                activity,
                parameters,
                kind,
                int(h),
                order[by_hub.start[h] : by_hub.start[h + 1]],
                spoke,
            )
            for h in hubs
        ]
    )


def _pattern(  # noqa: PLR0917 - the two sides of a motif differ in these alone
    activity: Activity,
    parameters: FanParameters,
    kind: PatternKind,
    hub: int,
    transfers: Integers,
    spoke: Integers,
) -> Pattern:
    _, first = np.unique(spoke[transfers], return_index=True)
    spokes = spoke[transfers][np.sort(first)]
    alike = _alikeness(activity.amount_usd[transfers])
    share_of_window = (
        _half_span_days(activity.timestamp[transfers]) / activity.transfers.window_days
    )
    size = min(len(spokes) / parameters.full_degree, 1.0)
    role = "source" if kind is FAN_IN else "recipient"
    return Pattern(
        kind=kind,
        addresses=(hub, *(int(s) for s in spokes)),
        roles=("hub", *[role] * len(spokes)),
        transfers=transfers,
        risk=0.2 * size + 0.4 * alike + 0.4 * max(0.0, 1 - 2 * share_of_window),
        detection_method=_METHOD,
        facts={
            "counterparties": len(spokes),
            "amount_alikeness": round(alike, 4),
            "half_of_transfers_within_days": round(
                share_of_window * activity.transfers.window_days, 2
            ),
        },
    )


def _alikeness(amounts: Floats) -> float:
    """1 when all amounts are equal, 0 when their standard deviation reaches their mean."""
    mean = float(amounts.mean())
    return max(0.0, 1 - float(amounts.std()) / mean) if mean > 0 else 0.0


def _half_span_days(times: Integers) -> float:
    """Length in days of the shortest time that holds half of the transfers."""
    half = (len(times) + 1) // 2
    ordered = np.sort(times)
    return float((ordered[half - 1 :] - ordered[: len(times) - half + 1]).min()) / MS_PER_DAY
