"""Mule networks: agents who are paid by others each pass it on nearly whole to one head, who soon pays out the sum."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Groups, Integers
from aml_miner.monitoring.patterns.columns import Columns
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
    first. A head has at most `max_counterparties`, for services collect what their customers were paid. Of its
    `within_hours` those with the most agents count, of equally many the earliest. In them at least `min_agents` agents
    pass on what as many others paid them, `min_volume` USD or more, and at least `min_share` of all the head receives
    between the first of these payments and the last. From the first until `payout_hours` after the last the head pays
    out as much, but for `max_payout_kept_share`, and at most `max_added_share` more. The head comes first, then its
    agents by their first payment.

    Risk is .4·share of what the head received + .3·min(paid out / gathered, 1) + .3·min(agents / `full_agents`, 1),
    our choice.
    """
    passages = find_passages(activity, parameters)
    patterns = [
        pattern
        for head, received, sent in _by_head(activity, parameters, passages.received, passages.sent)
        if (pattern := _pattern(activity, parameters, head, received, sent)) is not None
    ]
    return Detected(patterns, passages.cut_off)


def _by_head(
    activity: Activity, parameters: MuleNetworkParameters, received: Integers, sent: Integers
) -> Iterator[tuple[int, Integers, Integers]]:
    """Yield each possible head, with what its agents received and passed on to it, in time order of the latter."""
    _, followed = pair_up(received, sent, len(activity.source))
    sent = np.flatnonzero(followed >= 0)
    few = activity.by_counterparty.count <= parameters.max_counterparties
    sent = sent[few[activity.target[sent]]]
    by_head, order = Groups.of(activity.target[sent], activity.count)
    for head in np.flatnonzero(by_head.count >= parameters.min_agents).tolist():
        own = sent[order[by_head.start[head] : by_head.start[head + 1]]]
        yield head, followed[own], own


def _pattern(
    activity: Activity,
    parameters: MuleNetworkParameters,
    head: int,
    received: Integers,
    sent: Integers,
) -> Pattern | None:
    columns = Columns.of(activity)
    time = columns.timestamp[sent]
    within = int(parameters.within_hours * MS_PER_HOUR)
    first = _widest(columns.source[sent].tolist(), time.tolist(), within)
    last = int(np.searchsorted(time, time[first] + within, side="right"))
    received, sent, time = received[first:last], sent[first:last], time[first:last]
    agents = dict.fromkeys(columns.source[sent].tolist())
    payers = set(columns.source[received].tolist())
    gathered = float(columns.amount[sent].sum())
    every = activity.events_of(head)
    moments, paid_out = columns.timestamp[every], columns.source[every] == head
    until = time[-1] + parameters.payout_hours * MS_PER_HOUR
    incoming = every[~paid_out & (moments >= time[0]) & (moments <= time[-1])]
    outgoing = every[paid_out & (moments > time[0]) & (moments <= until)]
    share = gathered / float(columns.amount[incoming].sum())
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
        transfers=np.unique(np.concatenate([received, sent, outgoing])),
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
