import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.graph.shortest_paths import (
    Scratch,
    clear,
    distances,
    new_scratch,
    search,
)
from tests.monitoring.graph.drawings import random_edges, rows_of

EVERYTHING = 10**9


def scratch_of(rows: Rows) -> Scratch:
    return new_scratch(rows.addresses, len(rows.other))


def entries(scratch: Scratch, address: int) -> list[int]:
    """Where the shortest paths to an address come from."""
    found, entry = [], int(scratch.last[address])
    while entry >= 0:
        found.append(int(scratch.before[entry]))
        entry = int(scratch.rest[entry])
    return sorted(found)


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_those_of_scipy(seed: int) -> None:
    rows = rows_of(random_edges(seed, 80, 60 * (seed + 1)))
    matrix = csr_array((rows.weight, rows.other, rows.start), shape=(80, 80))
    for source in (0, 7, 79):
        found = distances(rows.start, rows.other, rows.weight, source)
        np.testing.assert_array_equal(found, dijkstra(matrix, indices=source))


def test_the_shorter_of_two_ways_is_found_and_of_equal_ways_both() -> None:
    """From 0 to 3 it is 2 over 1 and over 2; to 4 it is 3 over 3, and 9 directly."""
    edges = {(0, 1): 1.0, (0, 2): 1.0, (1, 3): 1.0, (2, 3): 1.0, (3, 4): 1.0, (0, 4): 9.0}
    rows = rows_of(edges)
    scratch = scratch_of(rows)
    settled, touched, steps, complete = search(
        rows.start, rows.other, rows.weight, 0, EVERYTHING, scratch
    )
    assert (settled, touched, steps, complete) == (5, 5, 6, True)
    assert scratch.distance.tolist() == [0, 1, 1, 2, 3]
    assert entries(scratch, 3) == [1, 2]
    assert entries(scratch, 4) == [3]


def test_edges_of_no_length_are_followed_breadth_first() -> None:
    """1 and 2 lie where 0 lies, and so does 3 behind either; the edges back to 0 lead nowhere shorter."""
    rows = rows_of(dict.fromkeys([(0, 1), (0, 2), (1, 0), (1, 2), (1, 3), (2, 3), (3, 0)], 0.0))
    scratch = scratch_of(rows)
    search(rows.start, rows.other, rows.weight, 0, EVERYTHING, scratch)
    assert scratch.distance.tolist() == [0, 0, 0, 0]
    assert scratch.level.tolist() == [0, 1, 1, 2]
    assert scratch.order.tolist() == [0, 1, 2, 3]
    assert [entries(scratch, address) for address in (1, 2, 3)] == [[0], [0], [1, 2]]


def test_an_address_reached_over_a_length_takes_no_edge_of_no_length() -> None:
    """1 and 2 are both 5 away; the edge of no length from 1 to 2 makes no further path."""
    rows = rows_of({(0, 1): 5.0, (0, 2): 5.0, (1, 2): 0.0})
    scratch = scratch_of(rows)
    search(rows.start, rows.other, rows.weight, 0, EVERYTHING, scratch)
    assert entries(scratch, 2) == [0]


def test_a_search_beyond_its_bound_says_so_and_settles_nothing_more() -> None:
    rows = rows_of({(0, 1): 1.0, (1, 2): 1.0, (2, 3): 1.0})
    scratch = scratch_of(rows)
    found = search(rows.start, rows.other, rows.weight, 0, 1, scratch)
    assert found == (1, 2, 2, False)
    clear(scratch, 2)
    assert np.isinf(scratch.distance).all()
    assert search(rows.start, rows.other, rows.weight, 0, 3, scratch)[3]


@given(seed=st.integers(0, 1_000), least=st.integers(0, 1), bound=st.integers(0, 60))
def test_the_search_in_python_does_the_same_and_leaves_memory_clean(
    seed: int, least: int, bound: int
) -> None:
    rows = rows_of(random_edges(seed, 12, 40, least=least, most=2))
    compiled, python = scratch_of(rows), scratch_of(rows)
    arguments = (rows.start, rows.other, rows.weight, 0, bound)
    found = search(*arguments, compiled)
    assert search.py_func(*arguments, python) == found
    np.testing.assert_array_equal(compiled.distance, python.distance)
    np.testing.assert_array_equal(compiled.order[: found[0]], python.order[: found[0]])
    for address in compiled.order[1 : found[0]]:
        assert entries(compiled, address) == entries(python, address)
    clear.py_func(python, found[1])
    assert np.isinf(python.distance).all()
    assert not python.level.any()
