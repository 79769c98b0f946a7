"""Bipartite blocks: several sources that pay the same several targets at about the same times."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush

import numba
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.columns import ByAddress, Columns, as_array, incoming
from aml_miner.monitoring.patterns.paths import split
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_HOUR

_METHOD = "sources_with_common_targets"

BIPARTITE = PatternKind(
    pattern_type="bipartite",
    typology="BIPARTITE",
    parts={"source": "Source", "target": "Target"},
    description=(
        "{part} of a bipartite block: {sources} addresses pay the same {targets} others, {volume:,.2f} USD in all, "
        "within hours of one another: check whether one hand holds the sources, and what the targets have in common."
    ),
)


class BipartiteParameters(Parameters):
    """What makes sources with common targets a bipartite block."""

    within_hours: float = Field(gt=0)
    min_sources: int = Field(ge=2)
    min_targets: int = Field(ge=2)
    max_degree: int = Field(ge=2)
    max_neighbours: int = Field(ge=1)
    max_pairs: int = Field(ge=1)
    min_density: float = Field(gt=0, le=1)
    min_volume: float = Field(ge=0)
    full_pairs: int = Field(ge=4)


def detect_bipartite(activity: Activity, parameters: BipartiteParameters) -> Detected:
    """Find sets of sources each of which pays the same set of targets.

    Two sources belong together when they pay at least `min_targets` common targets, each target within `within_hours`
    of each other. What hangs together by that is pared, the least connected address first, until of all pairs of a
    source and a target at least `min_density` have a transfer. An address that pays and is paid within the block is
    a source.

    A source that pays more than `max_degree` others and a target that more than `max_degree` others pay serve the
    public: they are left out and counted. So is a target at which a payment has more than `max_neighbours` others
    within the time, or more than `max_pairs` are compared in all; those beyond are not compared.

    Sources come first, then targets, each by their first transfer in the block.

    Risk is .3·min(pairs / `full_pairs`, 1) + .4·mean of (share of what the sources sent, share of what the targets
    received, that moved within the block) + .3·density, our choice: colleagues who pay the same shops do so among much
    else.
    """
    hub = _degree(activity) > parameters.max_degree
    earlier, later, cut_off = search_neighbours(
        Columns.of(activity),
        incoming(activity),
        hub,
        parameters.within_hours * MS_PER_HOUR,
        parameters.max_neighbours,
        parameters.max_pairs,
    )
    earlier, later = _joined(activity, earlier, later, parameters.min_targets)
    total = (
        np.bincount(activity.source, activity.amount_usd, activity.count),
        np.bincount(activity.target, activity.amount_usd, activity.count),
    )
    found = (
        _pattern(activity, parameters, block, total)
        for block in _components(activity, earlier, later)
    )
    left_out = int(np.count_nonzero(hub.any(axis=0) | cut_off))
    return Detected([pattern for pattern in found if pattern], left_out)


def _degree(activity: Activity) -> Integers:
    """Count how many each address pays and how many pay it, shape (2, addresses)."""
    ends = (activity.edges[end].to_numpy() for end in ("source", "target"))
    return np.array([np.bincount(end, minlength=activity.count) for end in ends])


def _joined(
    activity: Activity, earlier: Integers, later: Integers, min_targets: int
) -> tuple[Integers, Integers]:
    """Keep the neighbouring payments of pairs of sources that have enough targets in common."""
    ends = activity.source[earlier], activity.source[later]
    pair = np.minimum(*ends) * activity.count + np.maximum(*ends)
    _, pair, times = np.unique(pair, return_inverse=True, return_counts=True)
    often = times[pair] >= min_targets
    earlier, later, pair = earlier[often], later[often], pair[often]
    common = np.unique(pair * activity.count + activity.target[earlier]) // activity.count
    enough = np.bincount(common, minlength=len(times))[pair] >= min_targets
    return earlier[enough], later[enough]


def _components(activity: Activity, earlier: Integers, later: Integers) -> Iterator[Integers]:
    """Yield the payments of each set of sources that hang together."""
    ends = np.concatenate([activity.source[earlier], activity.source[later]])
    nodes, place = np.unique(ends, return_inverse=True)
    one, other = place[: len(earlier)], place[len(earlier) :]
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(len(nodes), len(nodes)))
    _, part = connected_components(graph, directed=False)
    payments = np.unique(np.concatenate([earlier, later]))
    own = part[np.searchsorted(nodes, activity.source[payments])]
    order = np.argsort(own, kind="stable")
    return (payments[chosen] for chosen in split(order, np.bincount(own)))


def _pattern(
    activity: Activity,
    parameters: BipartiteParameters,
    payments: Integers,
    total: tuple[Floats, Floats],
) -> Pattern | None:
    """Make a pattern of the dense part of some payments, or None where there is none."""
    source, target = activity.source[payments], activity.target[payments]
    pairs = list(zip(source.tolist(), target.tolist(), strict=True))
    within = pare(pairs, parameters)
    payments = payments[[pair in within for pair in pairs]]
    volume = float(activity.amount_usd[payments].sum())
    if volume <= 0 or volume < parameters.min_volume:
        return None
    sources, targets = (
        list(dict.fromkeys(end[payments].tolist())) for end in (activity.source, activity.target)
    )
    density = len(within) / (len(sources) * len(targets))
    share = (volume / total[0][sources].sum() + volume / total[1][targets].sum()) / 2
    return Pattern(
        kind=BIPARTITE,
        addresses=(*sources, *targets),
        roles=(*["source"] * len(sources), *["target"] * len(targets)),
        transfers=payments,
        risk=0.3 * min(len(within) / parameters.full_pairs, 1.0)
        + 0.4 * float(share)
        + 0.3 * density,
        detection_method=_METHOD,
        facts={
            "sources": len(sources),
            "targets": len(targets),
            "pairs": len(within),
            "density": round(density, 4),
            "share_of_all_they_sent_and_received": round(float(share), 4),
        },
    )


def pare(pairs: Iterable[tuple[int, int]], parameters: BipartiteParameters) -> set[tuple[int, int]]:
    """Leave out addresses until what is left is dense; return the pairs that are left, none if too few are.

    Each time the address with the smallest share of the other side goes, of equals a source before a target and then
    the lowest number. The work grows with the number of pairs.
    """
    sides = _partners(pairs)
    queues = [[(len(others), one) for one, others in side.items()] for side in sides]
    for queue in queues:
        heapify(queue)
    edges = sum(len(targets) for targets in sides[0].values())
    while all(sides):
        (of_source, source), (of_target, target) = (
            _loosest(queue, side) for queue, side in zip(queues, sides, strict=True)
        )
        dense = edges >= parameters.min_density * len(sides[0]) * len(sides[1])
        if dense and of_source >= parameters.min_targets and of_target >= parameters.min_sources:
            return {(one, other) for one, others in sides[0].items() for other in others}
        loose = int(of_target * len(sides[1]) < of_source * len(sides[0]))
        gone = target if loose else source
        edges -= len(sides[loose][gone])
        for partner in sides[loose].pop(gone):
            sides[1 - loose][partner].discard(gone)
            heappush(queues[1 - loose], (len(sides[1 - loose][partner]), partner))
    return set()


def _partners(pairs: Iterable[tuple[int, int]]) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Return the targets of each source and the sources of each target; one who is both is a source."""
    edges = set(pairs)
    payers = {source for source, _ in edges}
    targets_of: dict[int, set[int]] = defaultdict(set)
    sources_of: dict[int, set[int]] = defaultdict(set)
    for source, target in edges:
        if target not in payers:
            targets_of[source].add(target)
            sources_of[target].add(source)
    return targets_of, sources_of


def _loosest(queue: list[tuple[int, int]], side: dict[int, set[int]]) -> tuple[int, int]:
    """Return the number of partners of the address that has fewest, and the address; forget what is out of date."""
    while queue[0][1] not in side or len(side[queue[0][1]]) != queue[0][0]:
        heappop(queue)
    return queue[0]


@numba.njit(cache=True)
def search_neighbours(  # noqa: C901, PLR0917 - a compiled kernel takes arrays and runs in one piece
    columns: Columns,
    incoming: ByAddress,
    hub: NDArray[np.bool_],
    window_ms: float,
    max_neighbours: int,
    max_pairs: int,
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Search pairs of payments by two sources to one target within a time.

    `hub` says who is left out as a source and who as a target. Returns the earlier and the later payment of each pair,
    and whether the bound kept pairs from being seen at each target.
    """
    earlier = numba.typed.List.empty_list(numba.int64)
    later = numba.typed.List.empty_list(numba.int64)
    cut_off = np.zeros(len(hub[1]), np.bool_)
    for here in np.flatnonzero(~hub[1]):
        end = incoming.start[here + 1]
        before = len(earlier)
        for place in range(incoming.start[here], end):
            one = incoming.transfer[place]
            if hub[0, columns.source[one]]:
                continue
            if len(earlier) - before >= max_pairs:
                cut_off[here] = True
                break
            for further in range(place + 1, end):
                other = incoming.transfer[further]
                if columns.timestamp[other] > columns.timestamp[one] + window_ms:
                    break
                if further - place > max_neighbours:
                    cut_off[here] = True
                    break
                sender = columns.source[other]
                if sender != columns.source[one] and not hub[0, sender]:
                    earlier.append(one)
                    later.append(other)
    return as_array(earlier), as_array(later), cut_off
