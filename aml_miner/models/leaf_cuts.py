"""How a tree is cut into groups of leaves that are summed together; ``leaf_groups`` lays them out."""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from aml_miner.models.tree import Tree

MOST_BITS: Final = 9
"""Conditions a table tells apart at most; measured: 8 and 10 are no faster on trees of 31 leaves."""
MOST_DEEP_BITS: Final = 12
"""The same, of leaves that ask too many features for such a table; measured: 13 take half as much memory again."""
MOST_TOGETHER: Final = 16
"""Leaves integrated together at most: what is kept of each takes memory for every row of a block."""
_MULTIPLICATION: Final = 0.4
"""A multiplication in an integral, in additions from a table; measured."""


class Step(NamedTuple):
    """One split on the way to a leaf: the side taken (1 is left), and the share of the split's training rows there."""

    split: int
    feature: int
    side: int
    ratio: float


type Way = tuple[Step, ...]
"""Steps from a node to another one below it."""
type Branches = Sequence[tuple[tuple[int, Step], tuple[int, Step]]]
"""Per split of a tree: its right and its left child with the step to each; the child ~n is leaf n."""


def branches_of(tree: Tree) -> Branches:
    """Return each split's children and the steps to them, the right one first: a stack gives the left one first."""
    rows = (*tree.internal_count.tolist(), *reversed(tree.leaf_count.tolist()))  # leaf ~n is at n
    splits = zip(
        tree.split_feature.tolist(),
        tree.internal_count.tolist(),
        tree.right_child.tolist(),
        tree.left_child.tolist(),
        strict=True,
    )
    return [
        (
            (right, Step(split, feature, 0, rows[right] / own)),
            (left, Step(split, feature, 1, rows[left] / own)),
        )
        for split, (feature, own, right, left) in enumerate(splits)
    ]


def group_roots(branches: Branches, most_bits: int) -> Iterator[tuple[int, Way]]:
    """Yield the root of each group of a tree's leaves and the way to it; the root ~n is leaf n."""
    cheapest = _cheapest(branches, most_bits)
    nodes: list[tuple[int, Way]] = [(_root(branches), ())]
    while nodes:
        node, way = nodes.pop()
        if node < 0 or cheapest[node]:
            yield node, way
        else:
            nodes += _below(branches, node, way)


def _cheapest(branches: Branches, most_bits: int) -> list[bool]:
    """Say for each split whether its subtree as one group costs no more than cut into the cheapest ones below it."""
    ways: dict[int, Way] = {_root(branches): ()}
    for split in range(len(branches)):  # a split comes before the splits below it
        ways.update(_below(branches, split, ways[split]))
    is_group, costs = [False] * len(branches), [0.0] * len(branches)
    leaves: list[list[int]] = [[] for _ in branches]
    for split in reversed(range(len(branches))):
        cut = 0.0
        for child, _ in branches[split]:
            leaves[split] += [child] if child < 0 else leaves[child]
            cut += _cost((), [ways[child]], most_bits) if child < 0 else costs[child]
        whole = _cost(ways[split], [ways[leaf] for leaf in leaves[split]], most_bits)
        is_group[split] = whole <= cut
        costs[split] = min(whole, cut)
    return is_group


def _cost(way: Way, leaf_ways: Sequence[Way], most_bits: int) -> float:
    """Reckon what a group costs a row, in additions from a table; ``way`` leads to its root, () for one leaf."""
    if len(leaf_ways) > MOST_TOGETHER:
        return math.inf
    splits = len(leaf_ways) - 1
    asked = [{step.feature for step in own} for own in leaf_ways]
    above = {step.feature for step in way} if splits else asked[0]
    bits = len(above) + splits
    if fits_table(bits, min(map(len, asked)), most_bits):
        larger = max(0, bits - min(most_bits, MOST_BITS))
        return (
            len(set().union(*asked)) + 1.0
        ) * 2.0**larger  # the farther a table reaches, measured
    lower = {step.feature for own in leaf_ways for step in own[len(way) :]} if splits else set()
    shared = len(above - lower)
    nodes = (max(map(len, asked)) + 1) // 2
    return (
        nodes * _MULTIPLICATION * (2 * shared + sum(2 * (len(each) - shared) + 2 for each in asked))
    )


def fits_table(bits: int, fewest_asked: int, most_bits: int) -> bool:
    """Say whether a group has a table: of so many bits, where each leaf asks so many features or more.

    What is too deep for a table of the usual size may have a larger one: an integral costs more.
    """
    usual = min(most_bits, MOST_BITS)
    return bits <= (most_bits if fewest_asked > usual else usual)


def _root(branches: Branches) -> int:
    return 0 if branches else ~0


def _below(branches: Branches, split: int, way: Way) -> list[tuple[int, Way]]:
    return [(child, (*way, step)) for child, step in branches[split]]


def leaves_below(branches: Branches, root: int) -> Iterator[tuple[int, Way]]:
    """Yield the leaves at or below a node from left to right, each with the way from that node to it."""
    nodes: list[tuple[int, Way]] = [(root, ())]
    while nodes:
        node, way = nodes.pop()
        if node < 0:
            yield ~node, way
        else:
            nodes += _below(branches, node, way)
