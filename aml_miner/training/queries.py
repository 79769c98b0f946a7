"""Alerts that a ranker compares with each other: those of a batch, a few hundred at a time."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aml_miner.training.rows import LabelledRows


def order_by_query(rows: LabelledRows, most: int) -> tuple[LabelledRows, list[int]]:
    """Return the rows by query of at most so many, and the length of each query; drawn by the hash of their ids."""
    hashes = [hashlib.sha256(name.encode()).hexdigest() for name in rows.keys["id"]]
    order, lengths = split_queries(rows.keys["batch"].to_list(), hashes, most)
    return rows.take(order), lengths


def split_queries(
    batches: Sequence[str], hashes: Sequence[str], most: int
) -> tuple[NDArray[np.int64], list[int]]:
    """Return the order of the rows by query, and the length of each query.

    A query is a batch; one of more than ``most`` rows is cut into the fewest pieces of nearly one length, by the order
    of the hashes. Within a query the rows stay in their order.

    Examples
    --------
    >>> order, lengths = split_queries(["b", "a", "b", "b"], ["3", "9", "1", "2"], most=2)
    >>> order.tolist(), lengths
    ([1, 2, 3, 0], [1, 2, 1])
    """
    names = np.array(batches, np.object_)
    order: list[NDArray[np.int64]] = []
    for name in sorted(set(batches)):
        places = np.flatnonzero(names == name)
        drawn = np.array([hashes[place] for place in places.tolist()], np.object_)
        by_hash = places[np.argsort(drawn, kind="stable")]
        pieces = np.array_split(by_hash, -(-len(places) // most))
        order.extend(np.sort(piece) for piece in pieces)
    return np.concatenate(order), [len(piece) for piece in order]
