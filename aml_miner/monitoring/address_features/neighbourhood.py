"""Neighbourhood: who can be reached from an address along the edges within one, two and three hops.

Above a bound of work (``search_work``) the larger neighbourhoods are estimated by sketches.
"""

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values


def khop1_count(activity: Activity) -> Values:
    """How many addresses it sent to, once more.

    Formula: degree_out.
    Unit: addresses.
    Source: reference.
    """
    return activity.graph.reach.counts[:, 0]


def khop2_count(activity: Activity) -> Values:
    """How many addresses its money can reach in two hops.

    Formula: number of other addresses reachable along at most 2 edges; exact, or estimated above a bound of work.
    Unit: addresses.
    Source: reference.
    """
    return activity.graph.reach.counts[:, 1]


def khop3_count(activity: Activity) -> Values:
    """How many addresses its money can reach in three hops.

    Formula: number of other addresses reachable along at most 3 edges; exact, or estimated above a bound of work.
    Unit: addresses.
    Source: reference.
    """
    return activity.graph.reach.counts[:, 2]


def khop1_volume_usd(activity: Activity) -> Values:
    """What passed through the addresses it sent to.

    Formula: Σ total_volume_usd of the addresses of khop1_count.
    Unit: USD.
    Source: reference.
    """
    return activity.graph.reach.volumes[0]


def khop2_volume_usd(activity: Activity) -> Values:
    """What passed through the addresses its money can reach in two hops.

    Formula: Σ total_volume_usd of the addresses of khop2_count; estimates in whole cents.
    Unit: USD.
    Source: reference.
    """
    return activity.graph.reach.volumes[1]


def khop3_volume_usd(activity: Activity) -> Values:
    """What passed through the addresses its money can reach in three hops.

    Formula: Σ total_volume_usd of the addresses of khop3_count; estimates in whole cents.
    Unit: USD.
    Source: reference.
    """
    return activity.graph.reach.volumes[2]


COLUMNS = (
    khop1_count,
    khop2_count,
    khop3_count,
    khop1_volume_usd,
    khop2_volume_usd,
    khop3_volume_usd,
)
