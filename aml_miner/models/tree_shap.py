"""Exact Shapley contributions of a forest at about the cost of scoring with it.

What is computed
----------------
The path-dependent tree SHAP values of Lundberg et al. ("Consistent individualized feature attribution for tree
ensembles", 2018; "From local explanations to global understanding with explainable AI for trees", Nature Machine
Intelligence 2, 2020, algorithm 2), which LightGBM gives as ``pred_contrib``. A leaf of value v asks some features
1 … u on its way from the root. Say o_k = 1 where a row meets all the leaf's conditions on feature k and 0 where not,
and z_k for the share of training rows that go the leaf's way at all its splits on k. Where a set S of features is
known, the leaf adds v · Π_{k∈S} o_k · Π_{k∉S} z_k to the expected score, and the Shapley value of feature i is

    φ_i = v · (o_i − z_i) · ∫₀¹ Π_{k≠i} (z_k + (o_k − z_k)·t) dt,

because a feature that joins at a moment t, uniform in [0, 1], finds every other one there with probability t. The
integrand is a polynomial of degree u − 1, so Gauss–Legendre quadrature with ⌈u/2⌉ nodes is exact. A row's contribution
is the sum over all leaves, and the base value is what the forest gives with no feature known.

How it is computed
------------------
φ depends on the row only through o_1 … o_u, so a leaf has at most 2^u different answers, and they can be written down
in advance (Yang, "Fast TreeSHAP", 2021, version 2, tabulates a part of this sum). What is ours:

1. Neighbouring leaves share a table. A subtree at a node with a features asked above it and b splits below it has one
   pattern of a + b bits: met or not per feature above, left or right per split below. The table of the subtree holds,
   per pattern and feature, the sum over its leaves. A row costs one addition per feature of a subtree, not per feature
   of each leaf: a third of them.
2. The raw score comes along as one more feature: a pattern tells which leaf the row reaches, if it reaches one of the
   subtree at all. Each tree adds one leaf value and otherwise zeros, in the order of the trees, so the sum has the bits
   of LightGBM's.
3. Leaves with more conditions than a table can tell apart are integrated row by row, with the same nodes; neighbours
   together, so that the product over the features asked above all of them is found once.
4. Rows go through in blocks, feature by feature: conditions, patterns and additions are loops over rows that a
   processor does several at a time. All tables of a tree that add to one feature are read in one loop.
5. A row that comes alone goes through a second copy of the tables, in which all that it reads of a subtree lies side by
   side: a quarter of the time that a block of one row takes (``row_by_row``).

Nothing is added up across rows, and a row's additions come in one fixed order. So a row has the same bits alone and
among others, in any order, on any number of threads. They differ from LightGBM's in the last digits (measured: by
4e-15 of scores near 1), as the additions come in another order.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from aml_miner.models.encoding import Matrix
from aml_miner.models.leaf_cuts import MOST_BITS, MOST_DEEP_BITS
from aml_miner.models.leaf_groups import Groups, Sizes, Sums, group_leaves, measure, order_sums
from aml_miner.models.leaf_search import LeafBits, sum_block
from aml_miner.models.quadrature import gauss_legendre
from aml_miner.models.row_by_row import RowTables, add_row
from aml_miner.models.splits import Reals, Splits, lay_out_splits
from aml_miner.models.tree import Tree
from aml_miner.models.tree_rows import add_block
from aml_miner.models.tree_tables import fill_tables
from aml_miner.utils.threads import in_threads

MOST_TABLE_BYTES: Final = 256_000_000
"""Our choice. Where tables would be larger, they tell fewer conditions apart and more leaves are integrated.

Where rows come alone, their copy takes as much again (``row_by_row``).
"""
BLOCK_ROWS: Final = 2000
"""Rows that go through the forest together, measured; no power of two, as columns would then share few cache sets."""


class Forest(NamedTuple):
    """A model's trees, ready to be summed and explained.

    Attributes
    ----------
    features
        Number of columns of the matrix.
    splits, groups, sizes, sums
        The trees, how their leaves are grouped, the most there is of each thing, and what is read from the tables.
    tables
        The cells of all groups: by group, then feature (the raw score last), then pattern.
    nodes, weights
        Row u: the Gauss–Legendre nodes in [0, 1] and their weights for a leaf of u features.
    base_value
        The raw score before any feature is known.
    """

    features: int
    splits: Splits
    groups: Groups
    sizes: Sizes
    sums: Sums
    tables: Reals
    nodes: Reals
    weights: Reals
    base_value: float


def build_forest(
    trees: Sequence[Tree], features: int, *, most_table_bytes: int = MOST_TABLE_BYTES
) -> Forest:
    """Group the leaves of the trees and fill the tables.

    Parameters
    ----------
    trees
        Audited trees.
    features
        Number of columns of the matrix.
    most_table_bytes
        Bound on the memory of the tables, in bytes.
    """
    bits = MOST_DEEP_BITS
    groups = group_leaves(trees, bits)
    while groups.cells.sum() * 8 > most_table_bytes and bits:
        bits = min(bits - 1, MOST_BITS)
        groups = group_leaves(trees, bits)
    splits = lay_out_splits(trees)
    sizes = measure(groups, splits)
    nodes, weights = _quadrature(int(np.diff(groups.first_slot).max()))
    tables = np.zeros(int(groups.cells.sum()))
    fill_tables(groups, sizes, nodes, weights, tables)
    return Forest(
        features=features,
        splits=splits,
        groups=groups,
        sizes=sizes,
        sums=order_sums(groups, features),
        tables=tables,
        nodes=nodes,
        weights=weights,
        base_value=_base_value(trees),
    )


def explain_rows(forest: Forest, matrix: Matrix, threads: int = 1) -> Reals:
    """Return contributions and raw scores, shape (features + 1, rows): one row per feature, the raw scores last."""
    totals = np.zeros((forest.features + 1, len(matrix)))

    def explain(first: int) -> None:
        add_block(forest, matrix[first : first + BLOCK_ROWS], totals, first)

    in_threads(explain, range(0, len(matrix), BLOCK_ROWS), threads)
    return totals


def explain_one_by_one(forest: Forest, tables: RowTables, matrix: Matrix) -> Reals:
    """Return what ``explain_rows`` returns, to the bit, in less time for a handful of rows."""
    totals = np.zeros((len(matrix), forest.features + 1))
    for place, summed in enumerate(totals):
        add_row(forest, tables, matrix[place : place + 1], summed)
    return totals.T


def sum_leaves(splits: Splits, bits: LeafBits, matrix: Matrix, threads: int = 1) -> Reals:
    """Return the raw scores alone, shape (rows,): the same bits, without tables."""
    raw = np.zeros(len(matrix))

    def walk(first: int) -> None:
        sum_block(splits, bits, matrix[first : first + BLOCK_ROWS], raw[first : first + BLOCK_ROWS])

    in_threads(walk, range(0, len(matrix), BLOCK_ROWS), threads)
    return raw


def _base_value(trees: Sequence[Tree]) -> float:
    """Return the mean leaf value, weighted by training rows; exactly summed, so the same on every machine."""
    means = (
        math.fsum((tree.leaf_value * (tree.leaf_count / tree.leaf_count.sum())).tolist())
        if tree.num_leaves > 1
        else float(tree.leaf_value[0])  # which may have no rows
        for tree in trees
    )
    return math.fsum(means)


def _quadrature(most_features: int) -> tuple[Reals, Reals]:
    most_nodes = (most_features + 1) // 2
    nodes, weights = np.zeros((2, most_features + 1, most_nodes))
    for features in range(1, most_features + 1):
        count = (features + 1) // 2
        nodes[features, :count], weights[features, :count] = gauss_legendre(count)
    return nodes, weights
