"""Paths: transfers that follow one another from address to address."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numba
import numpy as np

from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.patterns.columns import Columns, as_array
from aml_miner.monitoring.patterns.pattern import Pattern


class PathLimits(NamedTuple):
    """What a path must have: hops, USD as the sum of its hops, and amounts that vary less than this."""

    min_hops: int
    min_volume: float
    max_variation: float


def find_paths(
    columns: Columns, pairs: tuple[Integers, Integers], addresses: int, limits: PathLimits
) -> list[Integers]:
    """Find paths along pairs of transfers, of which the second passes the first one on.

    Each transfer is passed on by at most one other and passes on at most one, the first pairs first; so paths are as
    long as they can be and share no transfer.

    Returns the transfers of each path, in order.
    """
    following, followed = pair_up(*pairs, len(columns.source))
    flat, lengths = walk_paths(columns, following, followed, addresses, limits)
    return list(split(flat, lengths))


def path_addresses(columns: Columns, hops: Integers) -> tuple[int, ...]:
    """Return the addresses along the transfers of a path."""
    return (int(columns.source[hops[0]]), *(int(a) for a in columns.target[hops]))


def path_roles(middle: str, addresses: int) -> tuple[str, ...]:
    """Name the parts of some addresses along a path: a source, those in the middle, a destination."""
    return ("source", *[middle] * (addresses - 2), "destination")


def split(flat: Integers, lengths: Integers) -> Iterator[Integers]:
    """Cut an array into consecutive pieces of given lengths."""
    end = np.cumsum(lengths)
    for start, stop in zip(end - lengths, end, strict=True):
        yield flat[start:stop]


def merge_repeated(patterns: Sequence[Pattern]) -> list[Pattern]:
    """Make one pattern of all that run along the same path or a part of it.

    The longest stands for them, of equally long ones the riskiest, then the earliest. It takes the transfers of them
    all, and its facts say how many ``passages`` there were.
    """
    order = sorted(
        patterns, key=lambda p: (-len(p.addresses), -p.risk, p.addresses, p.transfers.tolist())
    )
    runs: dict[tuple[int, ...], list[Pattern]] = {}
    places: dict[tuple[int, ...], list[tuple[tuple[int, ...], int]]] = defaultdict(list)
    for pattern in order:
        path = pattern.addresses
        whole = path if path in runs else _whole_of(path, places)
        if whole is None:
            for i in range(len(path) - _PIECE + 1):
                places[path[i : i + _PIECE]].append((path, i))
        runs.setdefault(whole or path, []).append(pattern)
    return [_merged(run) for run in runs.values()]


_PIECE = 3
"""Addresses of the pieces by which a path is found in others: thousands may run through one pair."""


def _whole_of(
    path: tuple[int, ...], places: Mapping[tuple[int, ...], list[tuple[tuple[int, ...], int]]]
) -> tuple[int, ...] | None:
    """Return the first path that holds another, looked for where the other's rarest piece is; None if none does."""
    pieces = ((path[i : i + _PIECE], i) for i in range(len(path) - _PIECE + 1))
    piece, before = min(pieces, key=lambda each: len(places.get(each[0], ())))
    found = (
        whole
        for whole, i in places.get(piece, ())
        if i >= before and whole[i - before : i - before + len(path)] == path
    )
    return next(found, None)


def _merged(run: Sequence[Pattern]) -> Pattern:
    return replace(
        run[0],
        transfers=np.unique(np.concatenate([pattern.transfers for pattern in run])),
        facts={**run[0].facts, "passages": len(run)},
    )


@numba.njit(cache=True)
def pair_up(received: Integers, sent: Integers, transfers: int) -> tuple[Integers, Integers]:
    """Pair transfers in the order of the pairs, as long as both are free.

    Returns for each transfer the one that follows it and the one it follows, −1 for none.
    """
    following = np.full(transfers, -1, np.int64)
    followed = np.full(transfers, -1, np.int64)
    for i in range(len(received)):
        if following[received[i]] < 0 and followed[sent[i]] < 0:
            following[received[i]] = sent[i]
            followed[sent[i]] = received[i]
    return following, followed


@numba.njit(cache=True)
def walk_paths(
    columns: Columns, following: Integers, followed: Integers, addresses: int, limits: PathLimits
) -> tuple[Integers, Integers]:
    """Walk the chains of transfers that follow one another, and cut them into paths.

    A path ends before it would come to an address it has been at, and before the amounts of its hops would vary by
    `max_variation` (standard deviation over mean) or more. The next path begins with the hop that did not fit, or, if
    the one before was not kept, with the hop before that.

    Returns the transfers of all paths one after the other, and the number of hops of each.
    """
    found = numba.typed.List.empty_list(numba.int64)
    lengths = numba.typed.List.empty_list(numba.int64)
    visited = np.zeros(addresses, np.int64)
    walks = 0
    for root in np.flatnonzero((followed < 0) & (following >= 0)):
        first = root
        while first >= 0:
            walks += 1
            visited[columns.source[first]] = walks
            hop, hops, volume, mean, squares = first, 0, 0.0, 0.0, 0.0
            while hop >= 0 and visited[columns.target[hop]] != walks:
                amount = columns.amount[hop]
                step = amount - mean
                mean += step / (hops + 1)
                squares += step * (amount - mean)
                if np.sqrt(squares / (hops + 1)) >= limits.max_variation * mean:
                    break
                visited[columns.target[hop]] = walks
                hops, volume, hop = hops + 1, volume + amount, following[hop]
            kept = hops >= limits.min_hops and volume >= limits.min_volume
            if kept:
                lengths.append(hops)
                for _ in range(hops):
                    found.append(first)
                    first = following[first]
            elif hop >= 0 and followed[hop] != first:
                first = followed[hop]
            else:
                first = hop
    return as_array(found), as_array(lengths)
