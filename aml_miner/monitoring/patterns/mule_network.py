"""Mule networks: agents who are paid by others each pass it on nearly whole to one head, who soon pays out the sum."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Groups, Integers, expand
from aml_miner.monitoring.patterns.columns import Columns, incoming
from aml_miner.monitoring.patterns.gatherings import search_gatherings
from aml_miner.monitoring.patterns.passages import PassageParameters, find_passages
from aml_miner.monitoring.patterns.paths import pair_up
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_HOUR

MULE_NETWORK = PatternKind(
    pattern_type="mule_network",
    typology="MULE_NETWORK",
    parts={"head": "Head", "agent": "Agent"},
    description=(
        "{part} of a mule network: {agents} agents are paid by {payers} others and soon pass it on nearly whole to one "
        "address, {gathered_usd:,.2f} USD in all, which pays it out: ask the agents for whom they took the money."
    ),
)

_METHOD = "passages_to_one_head"


class MuleNetworkParameters(PassageParameters):
    """What makes an address the head of a mule network."""

    within_hours: float = Field(gt=0)
    min_agents: int = Field(ge=2)
    max_counterparties: int = Field(ge=2)
    min_share: float = Field(ge=0, le=1)
    payout_hours: float = Field(gt=0)
    max_payout_kept_share: float = Field(gt=0, lt=1)
    min_volume: float = Field(ge=0)
    full_agents: int = Field(ge=1)


def detect_mule_networks(activity: Activity, parameters: MuleNetworkParameters) -> Detected:
    """Find addresses that several agents pay what they were paid themselves, and that soon pay out the sum.

    An agent passes on a transfer as `find_passages` has it: later, within the holding time, nearly whole and not back
    to where it came from. Each transfer is passed on by at most one other and passes on at most one, the best fitting
    first; what then passes on none may pass on the sum of the last ones its sender received. A head has at most
    `max_counterparties`, for services collect what their customers were paid. Of its `within_hours` those with the most
    agents count, of equally many the earliest. In them at least `min_agents` agents pass on what as many others paid
    them, `min_volume` USD or more, and at least `min_share` of all the head receives between the first of these
    payments and the last. From the first until `payout_hours` after the last the head pays out as much, but for
    `max_payout_kept_share`, and at most `max_added_share` more. The head comes first, then its agents by their first
    payment.

    Risk is .4·share of what the head received + .3·min(paid out / gathered, 1) + .3·min(agents / `full_agents`, 1),
    our choice.
    """
    passed_on, cut_off = _passed_on(activity, parameters)
    by_head, order = Groups.of(activity.target[passed_on.sent], activity.count)
    patterns = []
    for head in np.flatnonzero(by_head.count >= parameters.min_agents).tolist():
        own = order[by_head.start[head] : by_head.start[head + 1]]
        busiest = _busiest_days(activity, parameters, passed_on.of(own))
        pattern = _pattern(activity, parameters, head, busiest)
        if pattern is not None:
            patterns.append(pattern)
    return Detected(patterns, cut_off)


@dataclass(frozen=True, slots=True)
class _PassedOn:
    """What transfers passed on, in time order: of ``sent[i]`` it is ``receipts[start[i] : start[i + 1]]``."""

    sent: Integers
    start: Integers
    receipts: Integers

    def of(self, places: Integers) -> "_PassedOn":
        """Leave out all but some of the transfers."""
        of_sent, where = expand(self.start, places)
        start = np.searchsorted(of_sent, np.arange(len(places) + 1))
        return _PassedOn(self.sent[places], start, self.receipts[where])


def _passed_on(activity: Activity, parameters: MuleNetworkParameters) -> tuple[_PassedOn, int]:
    """What was paid to possible heads out of what was received, and at how many addresses not all was looked at."""
    columns = Columns.of(activity)
    passages = find_passages(activity, parameters)
    following, followed = pair_up(passages.received, passages.sent, len(columns.source))
    few = activity.by_counterparty.count <= parameters.max_counterparties
    to_head = few[columns.target]
    one = np.flatnonzero((followed >= 0) & to_head)
    several = search_gatherings(
        columns, incoming(activity), to_head & (followed < 0), following >= 0, parameters.limits()
    )
    sent = np.concatenate([one, several.sent])
    start = np.concatenate([np.arange(len(one)), len(one) + several.start])
    receipts = np.concatenate([followed[one], several.received])
    passed_on = _PassedOn(sent, start, receipts).of(np.argsort(sent))
    return passed_on, passages.cut_off + several.cut_off


def _busiest_days(
    activity: Activity, parameters: MuleNetworkParameters, passed_on: _PassedOn
) -> _PassedOn:
    """Leave of what was passed on to a head what lies in the days with the most agents."""
    columns = Columns.of(activity)
    time, agents = columns.timestamp[passed_on.sent], columns.source[passed_on.sent]
    within = int(parameters.within_hours * MS_PER_HOUR)
    first = _widest(agents.tolist(), time.tolist(), within)
    last = int(np.searchsorted(time, time[first] + within, side="right"))
    return passed_on.of(np.arange(first, last))


def _meanwhile(
    activity: Activity, parameters: MuleNetworkParameters, head: int, time: Integers
) -> tuple[Integers, Integers]:
    """Return what a head received while its agents paid, and what it paid out from then until soon after."""
    columns, every = Columns.of(activity), activity.events_of(head)
    moments, paid_out = columns.timestamp[every], columns.source[every] == head
    until = time[-1] + parameters.payout_hours * MS_PER_HOUR
    received = every[~paid_out & (moments >= time[0]) & (moments <= time[-1])]
    return received, every[paid_out & (moments > time[0]) & (moments <= until)]


def _pattern(
    activity: Activity, parameters: MuleNetworkParameters, head: int, passed_on: _PassedOn
) -> Pattern | None:
    columns, sent, receipts = Columns.of(activity), passed_on.sent, passed_on.receipts
    agents = dict.fromkeys(columns.source[sent].tolist())
    payers = set(columns.source[receipts].tolist())
    gathered = float(columns.amount[sent].sum())
    received, outgoing = _meanwhile(activity, parameters, head, columns.timestamp[sent])
    share = min(gathered / float(columns.amount[received].sum()), 1.0)
    forward = float(columns.amount[outgoing].sum()) / gathered
    if (
        min(len(agents), len(payers)) < parameters.min_agents
        or gathered < parameters.min_volume
        or share < parameters.min_share
        or not 1 - parameters.max_payout_kept_share <= forward <= 1 + parameters.max_added_share
    ):
        return None
    size = min(len(agents) / parameters.full_agents, 1.0)
    return Pattern(
        kind=MULE_NETWORK,
        addresses=(head, *agents),
        roles=("head", *["agent"] * len(agents)),
        transfers=np.unique(np.concatenate([receipts, sent, outgoing])),
        risk=0.4 * share + 0.3 * min(forward, 1.0) + 0.3 * size,
        detection_method=_METHOD,
        facts={
            "agents": len(agents),
            "payers": len(payers),
            "gathered_usd": round(gathered, 2),
            "share_of_all_received_meanwhile": round(share, 4),
            "paid_out_ratio": round(forward, 4),
        },
    )


def _widest(agents: list[int], times: list[int], within: int) -> int:
    """Return the first of the payments within so many milliseconds that come from the most agents."""
    inside: Counter[int] = Counter()
    most, widest, first = 0, 0, 0
    for agent, time in zip(agents, times, strict=True):
        inside[agent] += 1
        while times[first] < time - within:
            inside[agents[first]] -= 1
            if not inside[agents[first]]:
                del inside[agents[first]]
            first += 1
        if len(inside) > most:
            most, widest = len(inside), first
    return widest
