"""Leaves share tables of a bounded number of conditions, and each leaf is in one group."""

import numpy as np

from aml_miner.models.leaf_cuts import MOST_BITS, MOST_DEEP_BITS, MOST_TOGETHER
from aml_miner.models.leaf_groups import group_leaves
from tests.models.forests import draw


def test_a_table_tells_at_most_so_many_conditions_apart() -> None:
    text, _ = draw(5, trees=20, numbers=16, leaves=40)
    groups = group_leaves(text.trees)
    has_table, bits = groups.cells > 0, np.diff(groups.first_bit)
    fewest_asked = np.minimum.reduceat(np.diff(groups.first_slot), groups.first_member[:-1])
    assert bits[has_table & (fewest_asked <= MOST_BITS)].max() == MOST_BITS
    assert bits[has_table & (fewest_asked > MOST_BITS)].max() == MOST_DEEP_BITS
    together = np.diff(groups.first_member)[~has_table]
    assert 1 < together.max() <= MOST_TOGETHER
    assert len(groups.value) == sum(tree.num_leaves for tree in text.trees)  # each leaf once
