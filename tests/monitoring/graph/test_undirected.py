import numpy as np
import pytest
from numpy.typing import NDArray

from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.graph.undirected import _appearance, join_directions
from tests.monitoring.graph.drawings import dense, random_edges, rows_of, undirected_of


def test_a_pair_is_seen_from_both_ends_with_the_sum_of_both_directions() -> None:
    pairs = undirected_of({(0, 1): 5.0, (1, 0): 2.0, (1, 2): 4.0}).total
    assert pairs.start.tolist() == [0, 1, 3, 4]
    assert pairs.other.tolist() == [1, 0, 2, 1]
    assert pairs.weight.tolist() == [7.0, 7.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({(0, 1): 5.0, (1, 0): 2.0}, 2.0),  # 0, 1 appear in this order: the edge of 1 comes last
        ({(0, 2): 1.0, (1, 2): 5.0, (2, 1): 2.0}, 5.0),  # 0, 2, 1 do: 2 is read before 1
        ({(0, 2): 1.0, (1, 2): 0.0, (2, 1): 2.0}, 0.0),  # without value it is an edge all the same
    ],
)
def test_one_way_is_the_direction_whose_sender_appears_later(
    edges: dict[tuple[int, int], float], expected: float
) -> None:
    one_way = dense(undirected_of(edges).one_way)
    one, two = max(edges)
    assert one_way[one, two] == one_way[two, one] == expected


def test_both_ends_agree_on_every_weight() -> None:
    edges = random_edges(1, 40, 300)
    pairs = undirected_of(edges)
    for weights in (dense(pairs.total), dense(pairs.one_way)):
        np.testing.assert_array_equal(weights, weights.T)
    expected = {frozenset(pair) for pair in edges}
    assert pairs.total.owner.size == 2 * len(expected)
    total = dense(pairs.total)
    for one, two in expected:
        assert total[one, two] == edges.get((one, two), 0.0) + edges.get((two, one), 0.0)


def test_the_kernel_in_python_gives_the_same() -> None:
    out = rows_of(random_edges(2, 20, 60))
    into = out.reversed()
    arguments = [*_flat(out), *_flat(into), _appearance(out)]
    compiled, python = join_directions(*arguments), join_directions.py_func(*arguments)
    for one, other in zip(compiled, python, strict=True):
        np.testing.assert_array_equal(one, other)


def _flat(rows: Rows) -> list[NDArray[np.generic]]:
    return [rows.start, rows.other, rows.weight]
