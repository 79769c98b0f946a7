import numpy as np
import pytest

from aml_miner.monitoring.graph.hops import search_hops
from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.groups import Integers
from tests.monitoring.graph.drawings import dense, random_edges, rows_of

LINE = {(0, 1): 1.0, (1, 2): 1.0, (2, 3): 1.0, (3, 4): 1.0, (2, 0): 1.0}
"""0 to 4 in a line, with a way back from 2 to 0."""

EVERYTHING = 10**9


def searched(rows: Rows, most_steps: int = EVERYTHING) -> tuple[Integers, Integers, Integers]:
    limbs = np.arange(1, rows.addresses + 1)[:, None] * [1, 100]
    return search_hops(rows.start, rows.other, limbs, np.arange(rows.addresses), most_steps)


def test_hops_lead_along_the_edges_and_never_count_the_address_itself() -> None:
    counts, sums, solved = searched(rows_of(LINE))
    assert counts.tolist() == [[1, 2, 3], [1, 3, 4], [2, 4, 4], [1, 1, 1], [0, 0, 0]]
    assert solved.tolist() == [3] * 5
    # from 1: 2 within one hop, 0 and 3 within two, 4 within three, which weigh 3, 1 + 4 and 5
    assert sums[1].tolist() == [[3, 300], [8, 800], [13, 1300]]


def test_the_first_hop_is_always_solved_and_the_next_only_within_the_bound() -> None:
    """From 0 the first hop takes 1 edge, the second 1 more, the third 2 more."""
    for bound, hops in ((0, 1), (1, 1), (2, 2), (3, 2), (4, 3)):
        counts, _, solved = searched(rows_of(LINE), bound)
        assert solved[0] == hops
        assert counts[0].tolist() == [1, 2, 3][:hops] + [0] * (3 - hops)


@pytest.mark.parametrize("seed", range(3))
def test_hops_are_powers_of_the_matrix(seed: int) -> None:
    rows = rows_of(random_edges(seed, 50, 90))
    step = ~np.isnan(dense(rows)) | np.eye(50, dtype=bool)
    reached, (counts, sums, _) = np.eye(50, dtype=bool), searched(rows)
    for hop in range(3):
        reached = reached @ step
        others = reached & ~np.eye(50, dtype=bool)
        assert counts[:, hop].tolist() == others.sum(axis=1).tolist()
        assert sums[:, hop, 0].tolist() == (others @ np.arange(1, 51)).tolist()


def test_the_kernel_in_python_gives_the_same() -> None:
    rows = rows_of(random_edges(7, 20, 60))
    arguments = (rows.start, rows.other, np.ones((20, 1), np.int64), np.arange(20), 12)
    compiled, python = search_hops(*arguments), search_hops.py_func(*arguments)
    for one, other in zip(compiled, python, strict=True):
        np.testing.assert_array_equal(one, other)
    assert {1, 2, 3} == {*compiled[2].tolist()}
