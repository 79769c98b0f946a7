"""Smurfing networks: a few addresses that move small amounts densely among themselves, and little to anybody else."""

from collections.abc import Iterator

import numpy as np
from pydantic import Field
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.graph.communities import join_communities
from aml_miner.monitoring.groups import Groups, Integers, divide
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind

_METHODS = ("strongly_connected", "community")

SMURFING_NETWORK = PatternKind(
    pattern_type="smurfing_network",
    typology="SMURFING_NETWORK",
    parts={"member": "Member"},
    description=(
        "{part} of a network of {members} addresses with {volume:,.2f} USD in small amounts among themselves and "
        "{isolation:.0%} of their relations inside it: check who put the money in, and whether one hand moves it."
    ),
)


class SmurfingNetworkParameters(Parameters):
    """What makes a group of addresses a smurfing network."""

    min_addresses: int = Field(ge=2)
    max_addresses: int = Field(ge=2)
    max_counterparties: int = Field(ge=1)
    small_amount: float = Field(gt=0)
    min_small_share: float = Field(ge=0, le=1)
    min_density: float = Field(ge=0, le=1)
    full_volume: float = Field(gt=0)
    community_passes: int = Field(ge=1)


def detect_smurfing_networks(activity: Activity, parameters: SmurfingNetworkParameters) -> Detected:
    """Find small dense groups of addresses that pay each other small amounts.

    Groups are looked for among addresses of at most `max_counterparties` counterparties, for a shop or an exchange
    joins everybody; the others are not counted as cut off, since an address of a small group has no need of more. A
    group is a strongly connected part of what remains, or a community of it: addresses that joined each other in the
    first level of the Louvain method, which finds the smallest and tightest. Found both ways, it is one pattern. It
    has 5 to 50 addresses, more than .3 of all directed pairs that it could have, and a mean transfer below 10 000 USD
    in more than .7 of these.

    Risk is isolation · min(volume / 10 000 USD, 1), our choice. Isolation is the share of all directed pairs of its
    members, those to hubs as well, that are inside. Friends pay each other small amounts too, but they are also paid
    wages and go to shops; and a circle of friends whose payments stay below the limit in all has none to avoid.
    """
    edges = activity.edges
    source, target = edges["source"].to_numpy(), edges["target"].to_numpy()
    small_enough = activity.by_counterparty.count <= parameters.max_counterparties
    kept = small_enough[source] & small_enough[target]
    found: dict[tuple[int, ...], Pattern] = {}
    for method, part in zip(
        _METHODS,
        _partitions(source[kept], target[kept], activity.count, parameters.community_passes),
        strict=True,
    ):
        for pattern in _networks(activity, parameters, part, method):
            found.setdefault(pattern.addresses, pattern)
    return Detected(list(found.values()))


def _partitions(source: Integers, target: Integers, addresses: int, passes: int) -> list[Integers]:
    """The strongly connected part, and the community, that each address belongs to."""
    shape = (addresses, addresses)
    graph = csr_array((np.ones(len(source)), (source, target)), shape=shape)
    both = csr_array(graph + graph.T)
    both.sort_indices()
    return [
        connected_components(graph, connection="strong")[1].astype(np.int64),
        join_communities(
            both.indptr.astype(np.int64), both.indices.astype(np.int64), both.data, passes
        ),
    ]


def _networks(
    activity: Activity, parameters: SmurfingNetworkParameters, part: Integers, method: str
) -> Iterator[Pattern]:
    """The parts of a partition that are smurfing networks."""
    _, part = np.unique(part, return_inverse=True)
    edges = activity.edges
    source, target = edges["source"].to_numpy(), edges["target"].to_numpy()
    inner = part[source] == part[target]
    size = np.bincount(part)
    pairs = np.bincount(part[source[inner]], minlength=len(size))
    ends = np.bincount(np.concatenate([part[source], part[target]]), minlength=len(size))
    usd, times = edges["amount_usd"].cast(float).to_numpy(), edges["tx_count"].to_numpy()
    small = usd[inner] < parameters.small_amount * times[inner]
    volume = np.bincount(part[source[inner]], usd[inner], len(size))
    density = divide(pairs, size * (size - 1))
    small_share = divide(np.bincount(part[source[inner]], small, len(size)), pairs)
    isolation = divide(2 * pairs, ends)
    chosen = np.flatnonzero(
        (size >= parameters.min_addresses)
        & (size <= parameters.max_addresses)
        & (density > parameters.min_density)
        & (small_share > parameters.min_small_share)
    )
    members, order = Groups.of(part, len(size))
    inside = np.flatnonzero(part[activity.source] == part[activity.target])
    transfers, by_part = Groups.of(part[activity.source[inside]], len(size))
    for group in chosen:
        addresses = order[members.start[group] : members.start[group + 1]]
        yield Pattern(
            kind=SMURFING_NETWORK,
            addresses=tuple(addresses.tolist()),
            roles=("member",) * len(addresses),
            transfers=inside[by_part[transfers.start[group] : transfers.start[group + 1]]],
            risk=float(isolation[group]) * min(float(volume[group]) / parameters.full_volume, 1.0),
            detection_method=method,
            facts={
                "pairs": int(pairs[group]),
                "density": round(float(density[group]), 4),
                "share_of_small_pairs": round(float(small_share[group]), 4),
                "isolation": round(float(isolation[group]), 4),
            },
        )
