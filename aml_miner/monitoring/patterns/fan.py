"""Fan-in and fan-out: one address that many send to, or that sends to many, and hardly anything the other way."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Groups, Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.pattern import Detected, Fact, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_DAY, MS_PER_HOUR

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
    holding_hours: float = Field(gt=0)
    few_counterparties: int = Field(ge=1)


def detect_fan_in(activity: Activity, parameters: FanParameters) -> Detected:
    """Find addresses that many others send to and that send to few.

    A hub has at least `min_degree` senders, no fewer than the given quantile of all addresses, and at most
    `max_other_side` recipients. The hub comes first, then its senders by their first transfer.

    Risk is hurry · newness · (.7·purpose + .15·alikeness of the amounts + .15·min(senders / 20, 1)), our choice:

    * hurry is 1 − 2·share of the window that the densest half of the transfers takes: a shop's customers come all the
      time;
    * newness is the share of senders that paid on one occasion, all within 72 hours: wages and rent are paid again;
    * purpose is the larger of two shares. One is that of the money gathered that left within 72 hours: a landlord and a
      club keep theirs for longer. The other is that of senders with at most four counterparties, beyond the share of
      all addresses that have no more, from 0 where it is no larger to 1: employees and customers have a life of their
      own, though a short window shows little of it.

    Many senders of alike amounts alone reach .3: everyday fans have them as well.

    None of this is asked about senders whom the hub pays too. They are part of the pattern, but a partner who puts
    money in and takes it out again is not whom the rest was gathered from; where all are such, the risk is 0. Until a
    partner has back what he paid in before, what he is paid is his own money and not counted as having left: whoever
    lays in 5,000 and takes out 240 takes none of the others'. What he pays in later changes nothing.
    """
    return _detect(activity, parameters, FAN_IN, activity.target, activity.source)


def detect_fan_out(activity: Activity, parameters: FanParameters) -> Detected:
    """Find addresses that send to many others and receive from few; the mirror of fan-in.

    The money that counts for the risk is that which came within 72 hours before it was paid out. What a partner pays
    in and is paid back later is his own.
    """
    return _detect(activity, parameters, FAN_OUT, activity.source, activity.target)


@dataclass(frozen=True, slots=True)
class _Search:
    """What is the same for all fans of one direction.

    Attributes
    ----------
    hub
        The end of each transfer that is the hub's.
    spoke
        The other end.
    is_few
        Whether an address has few counterparties.
    usually_few
        The share of all addresses that have.
    """

    kind: PatternKind
    hub: Integers
    spoke: Integers
    is_few: NDArray[np.bool_]
    usually_few: float


def _detect(
    activity: Activity, parameters: FanParameters, kind: PatternKind, hub: Integers, spoke: Integers
) -> Detected:
    edges = activity.edges
    ends = ("target", "source") if kind is FAN_IN else ("source", "target")
    degree, other = (np.bincount(edges[end], minlength=activity.count) for end in ends)
    least = max(parameters.min_degree, float(np.quantile(degree, parameters.degree_quantile)))
    hubs = np.flatnonzero((degree >= least) & (other <= parameters.max_other_side))
    by_hub, order = Groups.of(hub, activity.count)
    is_few = activity.by_counterparty.count <= parameters.few_counterparties
    search = _Search(kind, hub, spoke, is_few, float(is_few.mean()))
    return Detected(
        [
            _pattern(
                activity, parameters, search, int(h), order[by_hub.start[h] : by_hub.start[h + 1]]
            )
            for h in hubs
        ]
    )


def _pattern(
    activity: Activity,
    parameters: FanParameters,
    search: _Search,
    hub: int,
    transfers: Integers,
) -> Pattern:
    kind, spoke = search.kind, search.spoke
    _, first = np.unique(spoke[transfers], return_index=True)
    spokes = spoke[transfers][np.sort(first)]
    risk, facts = _risk(
        activity, parameters, search, hub, _one_way(activity, search, hub, transfers)
    )
    role = "source" if kind is FAN_IN else "recipient"
    return Pattern(
        kind=kind,
        addresses=(hub, *(int(s) for s in spokes)),
        roles=("hub", *[role] * len(spokes)),
        transfers=transfers,
        risk=risk,
        detection_method=_METHOD,
        facts={"counterparties": len(spokes), **facts},
    )


def _one_way(activity: Activity, search: _Search, hub: int, transfers: Integers) -> Integers:
    """Leave out of a hub's transfers one way those with whom it deals the other way too."""
    end = search.hub[activity.events_of(hub)]
    return transfers[np.isin(search.spoke[transfers], end[end != hub], invert=True)]


def _risk(
    activity: Activity,
    parameters: FanParameters,
    search: _Search,
    hub: int,
    transfers: Integers,
) -> tuple[float, dict[str, Fact]]:
    """Return the risk of a hub's one-way transfers, and what it was made of; 0 where there are none."""
    if not len(transfers):
        return 0.0, {"one_way_counterparties": 0}
    spoke, window_days = search.spoke[transfers], activity.transfers.window_days
    spokes = np.unique(spoke)
    alike = alikeness(activity.amount_usd[transfers])
    share_of_window = half_span_days(activity.timestamp[transfers]) / window_days
    size = min(len(spokes) / parameters.full_degree, 1.0)
    holding = int(parameters.holding_hours * MS_PER_HOUR)
    once = _dealt_with_once(spoke, activity.timestamp[transfers], holding)
    few = _beyond(float(search.is_few[spokes].mean()), search.usually_few)
    passed = _share_passed_on(activity, search.kind, hub, transfers, holding)
    hurry = max(0.0, 1 - 2 * share_of_window)
    return hurry * once * (0.7 * max(passed, few) + 0.15 * alike + 0.15 * size), {
        "one_way_counterparties": len(spokes),
        "amount_alikeness": round(alike, 4),
        "half_of_transfers_within_days": round(share_of_window * window_days, 2),
        "share_of_counterparties_dealt_with_once": round(once, 4),
        "share_of_counterparties_with_few_others": round(few, 4),
        "share_passed_on": round(passed, 4),
    }


def _beyond(share: float, usual: float) -> float:
    """Return how far a share lies beyond a usual one: 0 at it and below, 1 at the whole."""
    return max(0.0, (share - usual) / (1 - usual)) if usual < 1 else 0.0


def alikeness(amounts: Floats) -> float:
    """1 when all amounts are equal, 0 when their standard deviation reaches their mean."""
    mean = float(amounts.mean())
    return max(0.0, 1 - float(amounts.std()) / mean) if mean > 0 else 0.0


def half_span_days(times: Integers) -> float:
    """Length in days of the shortest time that holds half of the transfers."""
    half = (len(times) + 1) // 2
    ordered = np.sort(times)
    return float((ordered[half - 1 :] - ordered[: len(times) - half + 1]).min()) / MS_PER_DAY


def _dealt_with_once(spokes: Integers, times: Integers, holding: int) -> float:
    """Share of counterparties whose first and last transfers are no further apart than the holding time."""
    order = np.argsort(spokes, kind="stable")
    spokes, times = spokes[order], times[order]
    first = np.flatnonzero(np.diff(spokes, prepend=-1))
    last = np.append(first[1:], len(spokes)) - 1
    return float((times[last] - times[first] <= holding).mean())


def _share_passed_on(
    activity: Activity, kind: PatternKind, hub: int, transfers: Integers, holding: int
) -> float:
    """Share of the fan's money that the hub sent on, or had received, within the holding time."""
    every = activity.events_of(hub)
    incoming = activity.target[every] == hub
    _, partner = np.unique(activity.other_ends(hub, every), return_inverse=True)
    fanwards = incoming if kind is FAN_IN else ~incoming
    time, amount = activity.timestamp[every], activity.amount_usd[every]
    turn = np.arange(len(every))[:: 1 if kind is FAN_IN else -1]
    beside = beside_partners(time[turn], partner[turn], amount[turn], fanwards[turn])[turn]
    passed = passed_on(time, beside, incoming, holding)
    total = float(activity.amount_usd[transfers].sum())
    return min(passed / total, 1.0) if total > 0 else 0.0


@numba.njit(cache=True)
def beside_partners(
    time: Integers, partner: Integers, amount: Floats, fanwards: NDArray[np.bool_]
) -> Floats:
    """Return the amounts of a fan-in's transfers that are not those of partners, with whom the hub deals both ways.

    What it has from a partner is none. What it pays him is his own as far as he paid it in before and has not had it
    back yet; the rest is the fan's. The transfers are in time order, or, for a fan-out, all in the reverse of it.
    """
    own = np.zeros(partner.max() + 1)
    ways = np.zeros((len(own), 2), np.bool_)
    for i in range(len(partner)):
        ways[partner[i], int(fanwards[i])] = True
    beside = amount.copy()
    paid_in = 0
    for i in range(len(partner)):
        while time[paid_in] != time[i]:  # what is paid in at the same moment is not there yet
            own[partner[paid_in]] += amount[paid_in] if fanwards[paid_in] else 0.0
            paid_in += 1
        each = partner[i]
        if fanwards[i]:
            beside[i] = 0.0 if ways[each].all() else amount[i]
        else:
            part = min(own[each], amount[i])
            beside[i] -= part
            own[each] -= part
    return beside


@numba.njit(cache=True)
def passed_on(time: Integers, amount: Floats, incoming: NDArray[np.bool_], holding: int) -> float:
    """Return how much of what came in went out later, but within the holding time; the oldest money goes first.

    The transfers of one address are in time order.
    """
    left = amount.copy()
    oldest = 0
    passed = 0.0
    for transfer in range(len(time)):
        if incoming[transfer]:
            continue
        need = amount[transfer]
        while need > 0 and time[oldest] < time[transfer]:
            if incoming[oldest] and time[transfer] - time[oldest] <= holding:
                part = min(need, left[oldest])
                need -= part
                left[oldest] -= part
                passed += part
                if left[oldest] > 0:
                    break
            oldest += 1
    return passed
