"""Stacks: money that goes from several sources through a layer of middle addresses to several sinks.

Each source pays several of the middle layer, and each of those several sinks: two bipartite layers, one upon the other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.patterns.paths import split
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.patterns.turnovers import Turnover, TurnoverParameters, find_turnovers

_METHOD = "layers_of_turnovers"

STACK = PatternKind(
    pattern_type="stack",
    typology="STACK",
    parts={"source": "Source", "middle": "Middle address", "sink": "Sink"},
    description=(
        "{part} of a stack: {sources} sources pay {middles} addresses, and those pay {sinks} sinks soon after, "
        "{volume:,.2f} USD of transfers in all: check who controls the addresses in the middle, and whether sources "
        "and sinks belong together."
    ),
)


class StackParameters(TurnoverParameters):
    """What makes turnovers with common ends a stack."""

    min_middles: int = Field(ge=2)
    max_degree: int = Field(ge=2)
    min_density: float = Field(ge=0, le=1)
    full_middles: int = Field(ge=2)


@dataclass(frozen=True, slots=True)
class _Edges:
    """Transfers into and out of middle addresses.

    Attributes
    ----------
    middle
        Number of the middle address.
    end
        Number of the address at the other end: of a source as it is, of a sink plus the number of `addresses`, so that
        an address that is both counts in each part on its own.
    """

    middle: Integers
    end: Integers
    transfer: Integers
    addresses: int

    @property
    def outgoing(self) -> NDArray[np.bool_]:
        """Whether the other end is a sink."""
        return self.end >= self.addresses

    def take(self, chosen: NDArray[np.bool_] | Integers) -> "_Edges":
        """Return some of them."""
        return _Edges(self.middle[chosen], self.end[chosen], self.transfer[chosen], self.addresses)


def detect_stacks(activity: Activity, parameters: StackParameters) -> Detected:
    """Find layers of addresses that share several sources and several sinks.

    The middle layer are addresses that turn over what several paid them to several others within a holding time, each
    in its own time. Two of them belong together when they have at least `min_sources` sources and `min_targets` sinks
    in common. Of what hangs together by that, sources and sinks with fewer than `min_middles` middle addresses are left
    out, and middle addresses with too few sources or sinks, until all have enough. The rest is a stack when of all
    pairs of a middle address and a source or sink at least `min_density` have a transfer.

    Whoever pays or is paid in more than `max_degree` turnovers serves the public: it is left out and counted.

    Sources come first, then the middle layer, then the sinks, each by number; an address with two parts has the one in
    the middle, or else that of a source.

    Risk is .2·min(middle addresses / `full_middles`, 1) + .5·mean share of what the middle addresses received and sent
    that went through the stack + .3·density, our choice.
    """
    edges = _edges(activity, find_turnovers(activity, parameters.limits()))
    partners = _partners(edges.end, edges.middle)
    hub = partners > parameters.max_degree
    total = np.bincount(activity.source, activity.amount_usd, activity.count)
    total += np.bincount(activity.target, activity.amount_usd, activity.count)
    parts = _components(edges.take(~hub), parameters)
    found = (_pattern(activity, parameters, _core(part, parameters), total) for part in parts)
    return Detected([each for each in found if each], len(np.unique(edges.end[hub])))


def _edges(activity: Activity, turnovers: Iterable[Turnover]) -> _Edges:
    """Lay the transfers of all turnovers out flat."""
    none = np.zeros(0, np.int64)
    middles, ends, transfers = [none], [none], [none]
    for turnover in turnovers:
        both = np.concatenate([turnover.received, turnover.sent])
        middles.append(np.full(len(both), turnover.address))
        ends.append(activity.source[turnover.received])
        ends.append(activity.target[turnover.sent] + activity.count)
        transfers.append(both)
    return _Edges(
        np.concatenate(middles), np.concatenate(ends), np.concatenate(transfers), activity.count
    )


def _partners(one: Integers, other: Integers) -> Integers:
    """Count for each edge how many distinct partners the address at `one` of its ends has."""
    order = np.lexsort((other, one))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(one[order]) != 0) | (np.diff(other[order]) != 0)
    _, owner = np.unique(one, return_inverse=True)
    return np.bincount(owner[order[new]])[owner]


def _components(edges: _Edges, parameters: StackParameters) -> Iterator[_Edges]:
    """Yield the edges of middle addresses that hang together by common sources and common sinks."""
    pairs = np.intersect1d(
        _common(edges.take(~edges.outgoing), parameters.min_sources),
        _common(edges.take(edges.outgoing), parameters.min_targets),
    )
    one, other = pairs // edges.addresses, pairs % edges.addresses
    graph = coo_array((np.ones(len(pairs)), (one, other)), shape=(edges.addresses,) * 2)
    _, part = connected_components(graph, directed=False)
    edges = edges.take(np.isin(edges.middle, np.concatenate([one, other])))
    order = np.argsort(part[edges.middle], kind="stable")
    lengths = np.bincount(part[edges.middle])
    return (edges.take(chosen) for chosen in split(order, lengths[lengths > 0]))


def _common(edges: _Edges, least: int) -> Integers:
    """Return the pairs of middle addresses with at least so many ends in common, each as one number."""
    order = np.lexsort((edges.middle, edges.end))
    end, middle = edges.end[order], edges.middle[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(end) != 0) | (np.diff(middle) != 0)
    end, middle = end[new], middle[new]
    pairs = [np.zeros(0, np.int64)]
    step = 1
    while (same := end[step:] == end[:-step]).any():
        pairs.append((middle[:-step] * edges.addresses + middle[step:])[same])
        step += 1
    found, times = np.unique(np.concatenate(pairs), return_counts=True)
    return found[times >= least]


def _core(edges: _Edges, parameters: StackParameters) -> _Edges:
    """Leave out edges until every source, sink and middle address has enough partners."""
    while True:
        side = edges.outgoing.astype(np.int64)
        least = np.where(edges.outgoing, parameters.min_targets, parameters.min_sources)
        of_middle = _partners(2 * edges.middle + side, edges.end)
        enough = _partners(edges.end, edges.middle) >= parameters.min_middles
        enough &= of_middle >= least
        both = [edges.middle[enough & (side == each)] for each in (0, 1)]
        enough &= np.isin(edges.middle, np.intersect1d(*both))
        if enough.all():
            return edges
        edges = edges.take(enough)


def _pattern(
    activity: Activity, parameters: StackParameters, edges: _Edges, total: Floats
) -> Pattern | None:
    """Make a pattern of a connected part, or None where too little is left of it or it is not dense enough."""
    middles = np.unique(edges.middle)
    sources = np.unique(edges.end[~edges.outgoing])
    sinks = np.unique(edges.end[edges.outgoing]) - edges.addresses
    pairs = len(set(zip(edges.middle.tolist(), edges.end.tolist(), strict=True)))
    possible = len(middles) * (len(sources) + len(sinks))
    if not pairs or pairs < parameters.min_density * possible:
        return None
    place = np.searchsorted(middles, edges.middle)
    moved = np.bincount(place, activity.amount_usd[edges.transfer])
    share = float((moved / total[middles]).mean())
    roles: dict[int, str] = dict.fromkeys(sinks.tolist(), "sink")
    roles |= dict.fromkeys(sources.tolist(), "source")
    roles |= dict.fromkeys(middles.tolist(), "middle")
    layers = ("source", "middle", "sink")
    addresses = sorted(roles, key=lambda address: (layers.index(roles[address]), address))
    return Pattern(
        kind=STACK,
        addresses=tuple(addresses),
        roles=tuple(roles[address] for address in addresses),
        transfers=np.unique(edges.transfer),
        risk=0.2 * min(len(middles) / parameters.full_middles, 1.0)
        + 0.5 * share
        + 0.3 * pairs / possible,
        detection_method=_METHOD,
        facts={
            "sources": len(sources),
            "middles": len(middles),
            "sinks": len(sinks),
            "density": round(pairs / possible, 4),
            "share_of_all_the_middle_received_and_sent": round(share, 4),
        },
    )
