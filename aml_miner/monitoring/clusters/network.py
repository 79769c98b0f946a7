"""Clusters of alerts whose addresses are joined by money flows.

The strongest joints are made first, and none that would make a cluster too large to read: a window's alerts are so
closely knit that without that bound most of them would be one cluster.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numba
import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.alerts import Alert
from aml_miner.monitoring.clusters.cluster import Cluster, Clustered
from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.parameters import Parameters


class RelatedNetworkParameters(Parameters):
    """Bounds of clusters joined by money flows."""

    max_hops: int = Field(ge=1, le=2)
    max_middle_degree: int = Field(ge=2)
    max_addresses: int = Field(ge=2)


def related_network(
    alerts: Sequence[Alert], activity: Activity, parameters: RelatedNetworkParameters
) -> Clustered:
    """Find clusters of alerts on different addresses that money flows join.

    Two alerted addresses are joined by a flow between them, and with ``max_hops`` 2 also by flows with an address in
    the middle that has no alert and at most ``max_middle_degree`` counterparties. Direct joints come first, those of
    more USD first among them; of two flows the smaller counts. A joint that would bring more than ``max_addresses``
    together is left out, and counted.
    """
    alerted = np.zeros(activity.count, np.bool_)
    alerted[[alert.finding.address for alert in alerts]] = True
    joints = [_direct(activity, alerted)]
    if parameters.max_hops > 1:
        joints.append(_through_middle(activity, alerted, parameters.max_middle_degree))
    one, other = (np.concatenate([joint[side] for joint in joints]) for side in (0, 1))
    root = join_capped(one, other, activity.count, parameters.max_addresses)
    left_out = int((root[one] != root[other]).sum())
    return Clustered(list(_clusters(alerts, root, activity)), left_out)


type _Joints = tuple[Integers, Integers]
"""Two ends of each joint, the strongest first."""


def _direct(activity: Activity, alerted: np.ndarray) -> _Joints:
    pairs = activity.counterparties
    one, other = pairs["owner"].to_numpy(), pairs["other"].to_numpy()
    usd = pairs["amount_usd"].cast(float).to_numpy()
    kept = alerted[one] & alerted[other] & (one < other)
    return _strongest_first(one[kept], other[kept], usd[kept])


def _through_middle(activity: Activity, alerted: np.ndarray, max_degree: int) -> _Joints:
    """Join the alerted counterparties of each address in the middle to the one it has most to do with."""
    pairs, degree = activity.counterparties, activity.by_counterparty.count
    middle, end = pairs["owner"].to_numpy(), pairs["other"].to_numpy()
    usd = pairs["amount_usd"].cast(float).to_numpy()
    kept = ~alerted[middle] & (degree[middle] <= max_degree) & alerted[end]
    middle, end, usd = middle[kept], end[kept], usd[kept]
    order = np.lexsort((end, -usd, middle))
    middle, end, usd = middle[order], end[order], usd[order]
    first = np.ones(len(middle), bool)
    first[1:] = middle[1:] != middle[:-1]
    strongest = end[np.flatnonzero(first)[np.cumsum(first) - 1]] if len(end) else end
    return _strongest_first(strongest[~first], end[~first], usd[~first])


def _strongest_first(one: Integers, other: Integers, usd: Floats) -> _Joints:
    order = np.lexsort((other, one, -usd))
    return one[order], other[order]


@numba.njit(cache=True)
def join_capped(one: Integers, other: Integers, count: int, most: int) -> Integers:
    """Join pairs in their order unless that makes a group of more than `most`; return each member's group.

    A group is called by one of its members.
    """
    parent = np.arange(count)
    size = np.ones(count, np.int64)
    for joint in range(len(one)):
        a, b = one[joint], other[joint]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a == b or size[a] + size[b] > most:
            continue
        if size[a] < size[b]:
            a, b = b, a
        parent[b] = a
        size[a] += size[b]
    for member in range(count):
        root = member
        while parent[root] != root:
            root = parent[root]
        parent[member] = root
    return parent


def _clusters(alerts: Sequence[Alert], root: Integers, activity: Activity) -> Iterator[Cluster]:
    by_root: dict[int, list[int]] = defaultdict(list)
    for place, alert in enumerate(alerts):
        by_root[int(root[alert.finding.address])].append(place)
    for members in by_root.values():
        addresses = sorted({alerts[member].finding.address for member in members})
        if len(addresses) > 1:
            key = "\n".join(activity.addresses[address] for address in addresses)
            yield Cluster("related_network", key, members)
