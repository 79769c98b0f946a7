import hashlib

import numpy as np

from aml_miner.training.queries import split_queries


def test_query_is_a_batch_and_at_most_so_long() -> None:
    hashes = [hashlib.sha256(bytes([n])).hexdigest() for n in range(25)]
    batches = ["b"] * 5 + ["a"] * 20
    order, lengths = split_queries(batches, hashes, most=8)
    assert lengths == [7, 7, 6, 5]
    assert sorted(order.tolist()) == list(range(25))
    assert sorted(order[:20].tolist()) == list(range(5, 25))
    pieces = np.split(order, np.cumsum(lengths)[:-1])
    assert all(np.all(np.diff(piece) > 0) for piece in pieces)
    largest = [max(hashes[place] for place in piece) for piece in pieces[:3]]
    assert largest == sorted(largest)
