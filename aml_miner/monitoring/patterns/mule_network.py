"""Mule networks: agents who are paid by others each pass it on nearly whole to one head, who soon pays out the sum."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Groups, Integers, expand, read_only
from aml_miner.monitoring.patterns.columns import ByAddress, Columns, group_by_address
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
    min_part_share: float = Field(ge=0, lt=1)
    dust_usd: float = Field(ge=0)


def detect_mule_networks(activity: Activity, parameters: MuleNetworkParameters) -> Detected:
    """Find addresses that several agents pay what they were paid themselves, and that soon pay out the sum.

    An agent passes on a transfer as `find_passages` has it: later, within the holding time, nearly whole and not back
    to where it came from. Each transfer is passed on by at most one other and passes on at most one, the best fitting
    first; what then passes on none may pass on the sum of the last ones its sender received. A transfer of less than
    `dust_usd` is no part of a sum and makes nobody a counterparty: anybody can send it. A head has at most
    `max_counterparties`, for services collect what their customers were paid. Of its `within_hours` those with the most
    agents count, of equally many the earliest; where these are no network, those with the next most among the others.
    In them at least `min_agents` agents pass on what as many others paid them, `min_volume` USD or more, and at least
    `min_share` of all the head receives between the first of these payments and the last. From the first until
    `payout_hours` after the last the head pays out as much, but for `max_payout_kept_share`, and at most
    `max_added_share` more. The head comes first, then its agents by their first payment.

    Risk is .4·share of what the head received + .3·min(paid out / gathered, 1) + .3·min(agents / `full_agents`, 1),
    our choice.
    """
    passed_on, cut_off = _passed_on(activity, parameters)
    by_head, order = Groups.of(activity.target[passed_on.sent], activity.count)
    patterns = []
    for head in np.flatnonzero(by_head.count >= parameters.min_agents).tolist():
        own = order[by_head.start[head] : by_head.start[head + 1]]
        pattern = _network_of(activity, parameters, head, passed_on.of(own))
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
    """What possible heads were paid out of what was received, and at how many addresses, at most, not all was seen."""
    columns = Columns.of(activity)
    passages = find_passages(activity, parameters)
    following, followed = pair_up(passages.received, passages.sent, len(columns.source))
    large = np.flatnonzero(columns.amount >= parameters.dust_usd)
    few = _counterparties(columns, large, activity.count) <= parameters.max_counterparties
    to_head = few[columns.target]
    of_target, place = group_by_address(read_only(columns.target[large]), activity.count)
    one = np.flatnonzero((followed >= 0) & to_head)
    several = search_gatherings(
        columns,
        ByAddress(of_target, large[place]),
        to_head & (followed < 0),
        following >= 0,
        parameters.limits(),
        parameters.min_part_share,
    )
    sent = np.concatenate([one, several.sent])
    start = np.concatenate([np.arange(len(one)), len(one) + several.start])
    parts = np.concatenate([followed[one], several.received])
    passed_on = _PassedOn(sent, start, parts).of(np.argsort(sent))
    return passed_on, passages.cut_off + several.cut_off


def _counterparties(columns: Columns, transfers: Integers, addresses: int) -> Integers:
    """Count with how many others each address deals in some transfers."""
    one, other = columns.source[transfers], columns.target[transfers]
    pairs = np.sort(np.concatenate([one * addresses + other, other * addresses + one]))
    different = np.diff(pairs, prepend=-1) != 0  # np.unique takes many times as long
    return np.bincount(pairs[different] // addresses, minlength=addresses)


@dataclass(frozen=True, slots=True)
class _Head:
    """A head's transfers, in time order, when they were, and whether it paid."""

    address: int
    every: Integers
    time: Integers
    pays: NDArray[np.bool_]

    @classmethod
    def of(cls, activity: Activity, address: int) -> "_Head":
        """Read the transfers of one address."""
        every = activity.events_of(address)
        return cls(address, every, activity.timestamp[every], activity.source[every] == address)

    def meanwhile(self, first: int, last: int, payout: int) -> tuple[Integers, Integers]:
        """Return what it received from a first moment to a last, and paid after the first until soon after the last."""
        begin, after, end = np.searchsorted(self.time, [first, first + 1, last + 1])
        until = np.searchsorted(self.time, last + payout, side="right")
        received = self.every[begin:end][~self.pays[begin:end]]
        return received, self.every[after:until][self.pays[after:until]]


def _network_of(
    activity: Activity, parameters: MuleNetworkParameters, head: int, passed_on: _PassedOn
) -> Pattern | None:
    """Return the network of the days with the most agents; where those are none, of the next most of the others."""
    columns, its = Columns.of(activity), _Head.of(activity, head)
    agents, times = columns.source[passed_on.sent], columns.timestamp[passed_on.sent]
    within = int(parameters.within_hours * MS_PER_HOUR)
    for first, last in busiest(agents.tolist(), times.tolist(), within, parameters.min_agents):
        pattern = _pattern(activity, parameters, its, passed_on.of(np.arange(first, last)))
        if pattern is not None:
            return pattern
    return None


def _pattern(
    activity: Activity, parameters: MuleNetworkParameters, head: _Head, passed_on: _PassedOn
) -> Pattern | None:
    columns, sent, receipts = Columns.of(activity), passed_on.sent, passed_on.receipts
    agents = dict.fromkeys(columns.source[sent].tolist())
    payers = set(columns.source[receipts].tolist())
    gathered = float(columns.amount[sent].sum())
    first, last = columns.timestamp[sent[[0, -1]]].tolist()
    payout = int(parameters.payout_hours * MS_PER_HOUR)
    received, outgoing = head.meanwhile(first, last, payout)
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
        addresses=(head.address, *agents),
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


def busiest(
    agents: list[int], times: list[int], within: int, min_agents: int
) -> Iterator[tuple[int, int]]:
    """Yield runs of payments within so many milliseconds, of the most agents first; no payment is in two.

    Of equally many the earliest to reach them comes first. The work grows with the payments, not with their square:
    only those soon after a run are counted anew without it.

    Yields
    ------
    tuple
        The first payment of a run and one past its last.
    """
    begin = [0] * len(times)
    queue: list[tuple[int, int, int]] = []

    def count(start: int, stop: int) -> None:
        for end, (first, number) in enumerate(_agents_until(agents, times, within, start, stop)):
            begin[start + end] = first
            if number >= min_agents:
                heappush(queue, (-number, start + end, first))

    count(0, len(times))
    while queue:
        _, end, first = heappop(queue)
        if begin[end] != first:
            continue  # counted anew since, or in a run already
        last = end + 1
        while last < len(times) and begin[last] >= 0 and times[last] <= times[first] + within:
            last += 1
        yield first, last
        begin[first:last] = [-1] * (last - first)
        until = last
        while until < len(times) and 0 <= begin[until] < last:
            until += 1
        count(last, until)


def _agents_until(
    agents: list[int], times: list[int], within: int, start: int, stop: int
) -> Iterator[tuple[int, int]]:
    """Yield, for each payment of some, the first within so many milliseconds before and how many agents pay since."""
    inside: Counter[int] = Counter()
    first = start
    for i in range(start, stop):
        inside[agents[i]] += 1
        while times[first] < times[i] - within:
            inside[agents[first]] -= 1
            if not inside[agents[first]]:
                del inside[agents[first]]
            first += 1
        yield first, len(inside)
