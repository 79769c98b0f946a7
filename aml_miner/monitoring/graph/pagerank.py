"""PageRank: where money ends up that is passed on at random in proportion to the amounts sent."""

import numpy as np
from scipy.sparse import csr_array

from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.groups import Floats, divide

_PASSED_ON = 0.85
_TOLERANCE = 1e-6
"""Mean change of an address's rank below which the iteration ends; the reference's, on which its values depend."""


def pagerank(out: Rows) -> Floats:
    """Iterate as the reference does, from even ranks to the same stopping rule.

    What an address that sends nothing holds is spread evenly. One round shrinks the change by .85, so the rounds end.
    """
    addresses = out.addresses
    sent = np.bincount(out.owner, out.weight, addresses)
    into = out.weighing(divide(out.weight, sent[out.owner])).reversed()
    passing = csr_array((into.weight, into.other, into.start), shape=(addresses, addresses))
    keeps = np.flatnonzero(sent == 0)
    rank = np.full(addresses, 1 / addresses)
    change = np.inf
    while change >= addresses * _TOLERANCE:
        spread = rank[keeps].sum() / addresses
        after: Floats = _PASSED_ON * (passing @ rank + spread) + (1 - _PASSED_ON) / addresses
        change = float(np.abs(after - rank).sum())
        rank = after
    return rank
