"""Of groups of addresses that overlap, those that stand for the others.

A dense part of a network holds more groups of any shape than anybody could read, nearly all of the same addresses.
"""

from collections.abc import Sequence
from itertools import chain, compress

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.patterns.pattern import Pattern


def keep_apart(
    start: Integers, member: Integers, *, max_overlap: float, max_groups: int
) -> tuple[NDArray[np.bool_], int]:
    """Go through groups in their order, and keep each that is new.

    A group is left out when one that was kept has more than a share of `max_overlap` of its members, or when one of its
    members already is in `max_groups` kept ones; so the work grows with the members, and what is kept with the
    addresses.

    Parameters
    ----------
    start
        Place of each group's first member, and one past the last at the end.
    member
        Addresses of all groups, one group after the other; none twice in a group.

    Returns
    -------
    tuple
        Whether each group is kept, and how many addresses kept a group out because they were in too many.

    Examples
    --------
    >>> start, member = np.array([0, 3, 6, 9]), np.array([1, 2, 3, 2, 3, 4, 3, 4, 5])
    >>> kept, full = keep_apart(start, member, max_overlap=0.5, max_groups=9)
    >>> kept.tolist(), full
    ([True, False, True], 0)
    """
    addresses, local = np.unique(member, return_inverse=True)
    memberships = np.zeros((len(addresses), max_groups), np.int64)
    kept, full = walk_groups(start, local, memberships, max_overlap)
    return kept, int(full.sum())


def keep_riskiest(patterns: Sequence[Pattern], max_patterns: int) -> tuple[list[Pattern], int]:
    """Keep at most so many patterns of any address, the riskiest first; of equally risky ones that of more addresses.

    Also returns how many addresses kept a pattern out because they were in too many.
    """
    order = sorted(patterns, key=lambda p: (-p.risk, -len(p.addresses), p.addresses))
    start = np.cumsum([0, *(len(pattern.addresses) for pattern in order)])
    member = np.fromiter(chain.from_iterable(p.addresses for p in order), np.int64, start[-1])
    kept, full = keep_apart(start, member, max_overlap=1.0, max_groups=max_patterns)
    return list(compress(order, kept.tolist())), full


@numba.njit(cache=True)
def walk_groups(
    start: Integers, member: Integers, memberships: Integers, max_overlap: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Decide of each group whether it is kept; also return which members kept one out by being in too many.

    `memberships` has room for the kept groups of each member.
    """
    groups = len(start) - 1
    kept = np.zeros(groups, np.bool_)
    count = np.zeros(len(memberships), np.int64)
    full = np.zeros(len(memberships), np.bool_)
    shared = np.zeros(groups, np.int64)
    for group in range(groups):
        members = member[start[group] : start[group + 1]]
        if most_shared(members, memberships, count, shared) > max_overlap * len(members):
            continue
        busy = members[count[members] == memberships.shape[1]]
        full[busy] = True
        kept[group] = not len(busy)
        for each in members if kept[group] else busy[:0]:
            memberships[each, count[each]] = group
            count[each] += 1
    return kept, full


@numba.njit(inline="always")
def most_shared(members: Integers, memberships: Integers, count: Integers, shared: Integers) -> int:
    """Return how many of some members are in a kept group, of the one with most; `shared` is 0, and left so."""
    most = 0
    for each in members:
        for group in memberships[each, : count[each]]:
            shared[group] += 1
            most = max(most, shared[group])
    for each in members:
        shared[memberships[each, : count[each]]] = 0
    return most
