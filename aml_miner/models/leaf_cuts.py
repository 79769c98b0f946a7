"""How a tree is cut into groups of leaves that are summed together; ``leaf_groups`` lays them out."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aml_miner.models.tree import Tree

MOST_TOGETHER: Final = 16
"""Leaves integrated together at most: what is kept of each takes memory for every row of a block."""
_MULTIPLICATION: Final = 0.4
"""A multiplication in an integral, in additions from a table; measured."""


@dataclass(frozen=True, slots=True)
class Step:
    """One split on the way to a leaf: the side taken (1 is left), and the share of the split's training rows there."""

    split: int
    feature: int
    side: int
    ratio: float


type Way = tuple[Step, ...]
"""Steps from a node to another one below it."""


def group_roots(tree: Tree, most_bits: int) -> Iterator[tuple[int, Way]]:
    """Yield the root of each group and the way to it; the root ~n is leaf n."""
    root = 0 if tree.num_leaves > 1 else ~0
    cheapest = _cheapest(tree, most_bits)
    nodes: list[tuple[int, Way]] = [(root, ())]
    while nodes:
        node, way = nodes.pop()
        if node < 0 or cheapest[node]:
            yield node, way
        else:
            nodes += _below(tree, node, way)


def _cheapest(tree: Tree, most_bits: int) -> list[bool]:
    """Say for each split whether its subtree as one group costs no more than cut into the cheapest ones below it."""
    ways: list[Way] = [()] * (tree.num_leaves - 1)
    leaf_ways: list[Way] = [()] * tree.num_leaves
    for split in range(len(ways)):  # a split comes before the splits below it
        for child, way in _below(tree, split, ways[split]):
            if child < 0:
                leaf_ways[~child] = way
            else:
                ways[child] = way
    splits = _splits_below(tree)
    is_group, costs = [False] * len(ways), [0.0] * len(ways)
    below: list[list[int]] = [[] for _ in ways]
    for split in reversed(range(len(ways))):
        cut = 0.0
        for child in (int(tree.left_child[split]), int(tree.right_child[split])):
            below[split] += [~child] if child < 0 else below[child]
            cut += _cost((), [leaf_ways[~child]], 0, most_bits) if child < 0 else costs[child]
        own = [leaf_ways[leaf] for leaf in below[split]]
        whole = _cost(ways[split], own, splits[split], most_bits)
        is_group[split] = whole <= cut
        costs[split] = min(whole, cut)
    return is_group


def _cost(way: Way, leaf_ways: Sequence[Way], splits: int, most_bits: int) -> float:
    """Reckon what a group costs a row, in additions from a table; ``way`` leads to its root, () for one leaf."""
    if len(leaf_ways) > MOST_TOGETHER:
        return math.inf
    asked = [{step.feature for step in own} for own in leaf_ways]
    above = {step.feature for step in way} if splits else asked[0]
    if len(above) + splits <= most_bits:
        return len(set().union(*asked)) + 1.0
    lower = {step.feature for own in leaf_ways for step in own[len(way) :]} if splits else set()
    shared = len(above - lower)
    nodes = (max(map(len, asked)) + 1) // 2
    return (
        nodes * _MULTIPLICATION * (2 * shared + sum(2 * (len(each) - shared) + 2 for each in asked))
    )


def _splits_below(tree: Tree) -> list[int]:
    """Count the splits of the subtree at each split, itself included."""
    counts = [1] * (tree.num_leaves - 1)
    for split in reversed(range(len(counts))):  # a split comes before the splits below it
        for child in (tree.left_child[split], tree.right_child[split]):
            counts[split] += counts[child] if child >= 0 else 0
    return counts


def _below(tree: Tree, split: int, way: Way) -> list[tuple[int, Way]]:
    """Return the right and the left child with the ways to them: a stack then gives the left one first."""
    feature, rows = int(tree.split_feature[split]), float(tree.internal_count[split])
    children = ((0, int(tree.right_child[split])), (1, int(tree.left_child[split])))
    return [
        (child, (*way, Step(split, feature, side, _rows(tree, child) / rows)))
        for side, child in children
    ]


def _rows(tree: Tree, node: int) -> float:
    return float(tree.leaf_count[~node] if node < 0 else tree.internal_count[node])


def leaves_below(tree: Tree, root: int) -> Iterator[tuple[int, Way]]:
    """Yield the leaves at or below a node from left to right, each with the way from that node to it."""
    nodes: list[tuple[int, Way]] = [(root, ())]
    while nodes:
        node, way = nodes.pop()
        if node < 0:
            yield ~node, way
        else:
            nodes += _below(tree, node, way)
