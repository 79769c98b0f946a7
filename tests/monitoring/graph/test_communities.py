import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from aml_miner.monitoring.graph.communities import (
    communities,
    join_communities,
    merge_communities,
)
from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.groups import Integers
from tests.monitoring.graph.drawings import Edges, random_edges, undirected_of

PASSES = 20


def found(edges: Edges) -> list[int]:
    return communities(undirected_of(edges).total, PASSES).tolist()


def triangle(first: int, weight: float = 10.0) -> dict[tuple[int, int], float]:
    one, two, three = first, first + 1, first + 2
    return {(one, two): weight, (two, three): weight, (three, one): weight}


def modularity(graph: Rows, member: Integers) -> float:
    inside = member[graph.owner] == member[graph.other]
    strength = np.bincount(graph.owner, graph.weight, graph.addresses)
    total = strength.sum()
    expected = np.bincount(member, strength) / total
    return float(graph.weight[inside].sum() / total - (expected**2).sum())


def test_two_triangles_joined_by_a_small_payment_are_two_communities() -> None:
    assert found(triangle(0) | triangle(3) | {(2, 3): 1.0}) == [0, 0, 0, 1, 1, 1]


def test_the_largest_community_is_0() -> None:
    assert found(triangle(0) | triangle(3) | {(5, 6): 10.0, (6, 3): 10.0}) == [1] * 3 + [0] * 4


def test_of_equally_large_ones_the_first_is_that_of_the_lowest_address() -> None:
    assert found({(0, 3): 1.0, (1, 2): 900.0}) == [0, 1, 1, 0]


def test_payments_without_value_join_nobody() -> None:
    assert found({(0, 1): 0.0, (2, 3): 5.0, (1, 2): 0.0}) == [1, 2, 0, 0]
    assert found({(0, 1): 0.0, (1, 2): 0.0}) == [0, 1, 2]


def test_a_ring_of_cliques_falls_apart_into_its_cliques() -> None:
    """Thirty triangles in a ring, with a thin edge from each to the next."""
    edges: dict[tuple[int, int], float] = {}
    for i in range(30):
        edges |= triangle(3 * i) | {(3 * i + 2, 3 * ((i + 1) % 30)): 0.01}
    member = found(edges)
    for i in range(30):
        assert len({*member[3 * i : 3 * i + 3]}) == 1


@pytest.mark.parametrize("seed", range(4))
def test_every_community_is_connected_and_none_could_be_told_from_chance(seed: int) -> None:
    graph = undirected_of(random_edges(seed, 200, 320)).total
    member = communities(graph, PASSES)
    inside = member[graph.owner] == member[graph.other]
    matrix = csr_array(
        (np.ones(inside.sum()), (graph.owner[inside], graph.other[inside])), shape=(200, 200)
    )
    parts, _ = connected_components(matrix, directed=False)
    assert parts == member.max() + 1
    assert modularity(graph, member) > 0.5
    sizes = np.bincount(member)
    assert (np.diff(sizes) <= 0).all()


def test_a_community_left_in_two_parts_is_split() -> None:
    """One pass may take away the address that held a community together; here it is done by hand."""
    from aml_miner.monitoring.graph.communities import _connected

    graph = undirected_of({(0, 1): 1.0, (1, 2): 1.0}).total
    assert _connected(graph, np.array([0, 1, 0])).tolist() == [0, 1, 2]


def test_one_pass_is_bounded_and_more_are_no_worse() -> None:
    graph = undirected_of(random_edges(1, 300, 700)).total
    once, often = communities(graph, 1), communities(graph, PASSES)
    assert modularity(graph, often) >= modularity(graph, once) > 0.3


def test_a_merged_graph_keeps_every_weight() -> None:
    graph = undirected_of(triangle(0) | {(2, 3): 1.0}).total
    start, other, weight = merge_communities(
        graph.start, graph.other, graph.weight, np.array([0, 0, 0, 1]), 2
    )
    assert start.tolist() == [0, 2, 3]
    assert other.tolist() == [0, 1, 0]
    assert weight.tolist() == [60.0, 1.0, 1.0]


@pytest.mark.parametrize("least", [0, 1])
def test_the_kernels_in_python_give_the_same(least: int) -> None:
    graph = undirected_of(random_edges(3, 40, 90, least=least)).total
    arguments = (graph.start, graph.other, graph.weight, PASSES)
    joined = join_communities(*arguments)
    assert join_communities.py_func(*arguments).tolist() == joined.tolist()
    assert (
        join_communities.py_func(*arguments[:3], 1).tolist()
        == join_communities(*arguments[:3], 1).tolist()
    )
    member = np.unique(joined, return_inverse=True)[1]
    merging = (*arguments[:3], member, int(member.max()) + 1)
    for one, other in zip(
        merge_communities(*merging), merge_communities.py_func(*merging), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    nothing = np.zeros(len(graph.weight))
    assert join_communities.py_func(*arguments[:2], nothing, 1).tolist() == list(range(40))
