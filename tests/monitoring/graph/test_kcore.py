import numpy as np
import pytest

from aml_miner.monitoring.graph.kcore import core_numbers
from aml_miner.monitoring.graph.rows import Rows
from tests.monitoring.graph.drawings import random_edges, undirected_of


def cores(edges: dict[tuple[int, int], float]) -> list[int]:
    pairs = undirected_of(edges).total
    return core_numbers(pairs.start, pairs.other).tolist()


def test_a_tail_does_not_belong_to_the_core_of_a_triangle() -> None:
    assert cores({(0, 1): 1.0, (1, 2): 1.0, (2, 0): 1.0, (2, 3): 1.0, (3, 4): 1.0}) == [
        2,
        2,
        2,
        1,
        1,
    ]


def test_a_hub_of_many_who_know_nobody_else_is_in_no_core() -> None:
    assert cores({(0, other): 1.0 for other in range(1, 9)}) == [1] * 9


def test_four_that_all_deal_with_each_other_are_a_3_core() -> None:
    four = {(one, two): 1.0 for one in range(4) for two in range(one)}
    assert cores(four | {(3, 4): 1.0, (4, 0): 1.0}) == [3, 3, 3, 3, 2]


def test_payments_both_ways_are_one_counterparty() -> None:
    assert cores({(0, 1): 1.0, (1, 0): 1.0}) == [1, 1]


def peeled(rows: Rows, k: int) -> set[int]:
    left = set(range(rows.addresses))
    while True:
        neighbours = {a: set(rows.other[rows.start[a] : rows.start[a + 1]].tolist()) for a in left}
        loose = {a for a in left if len(neighbours[a] & left) < k}
        if not loose:
            return left
        left -= loose


@pytest.mark.parametrize("seed", range(5))
def test_core_numbers_are_what_peeling_leaves(seed: int) -> None:
    pairs = undirected_of(random_edges(seed, 60, 60 * (seed + 1))).total
    found = core_numbers(pairs.start, pairs.other)
    for k in range(1, int(found.max()) + 2):
        assert set(np.flatnonzero(found >= k).tolist()) == peeled(pairs, k)
    assert core_numbers.py_func(pairs.start, pairs.other).tolist() == found.tolist()
