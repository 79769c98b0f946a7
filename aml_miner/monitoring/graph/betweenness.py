"""Betweenness: how often an address lies on the shortest way from one address to another."""

from aml_miner.monitoring.graph.approximation import Approximation, compared_in_halves
from aml_miner.monitoring.graph.path_sample import PathSample
from aml_miner.monitoring.groups import Floats


def betweenness(sample: PathSample) -> Floats:
    """Return the share of ordered pairs of other addresses whose shortest path leads through each address.

    A pair with several shortest paths counts by the share of them. Where not every sender was searched from, the sum
    over pivots is multiplied by senders / pivots, which is right on average (Brandes and Pich, "Centrality estimation
    in large networks", 2007).
    """
    addresses = sample.graph.addresses
    pairs = max((addresses - 1) * (addresses - 2), 1)
    total: Floats = sample.dependency.sum(axis=0)
    return total * (sample.senders / len(sample.pivots) / pairs)


def betweenness_approximation(sample: PathSample) -> Approximation | None:
    """Say how far the estimates of either half of the pivots are from that of all; None where all are exact.

    An exact value to compare with would take the search from every sender.
    """
    if sample.is_exact:
        return None
    of_each = (
        sums / len(half) for sums, half in zip(sample.dependency, sample.halves, strict=True)
    )
    return compared_in_halves("betweenness", *of_each)
