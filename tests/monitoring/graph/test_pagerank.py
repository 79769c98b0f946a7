import numpy as np
import pytest

from aml_miner.monitoring.graph.pagerank import pagerank
from tests.monitoring.graph.drawings import random_edges, rows_of


def test_addresses_in_a_circle_rank_alike() -> None:
    ranks = pagerank(rows_of({(0, 1): 1.0, (1, 2): 500.0, (2, 0): 3.0}))
    np.testing.assert_allclose(ranks, 1 / 3, rtol=1e-12)


def test_what_an_address_that_sends_nothing_holds_is_spread_evenly() -> None:
    """a = .15/2 + .85·b/2 with a + b = 1: a = .5 / 1.425."""
    ranks = pagerank(rows_of({(0, 1): 7.0}))
    np.testing.assert_allclose(ranks, [0.5 / 1.425, 0.925 / 1.425], atol=2e-6)


def test_money_is_passed_on_in_proportion_to_the_amounts() -> None:
    """Of 0's rank .85·3/4 goes to 1, .85·1/4 to 2; both begin with what everybody gets."""
    zero, one, two = pagerank(rows_of({(0, 1): 3.0, (0, 2): 1.0}))
    assert one - zero == pytest.approx(0.85 * 0.75 * zero, abs=1e-5)
    assert two - zero == pytest.approx(0.85 * 0.25 * zero, abs=1e-5)


def test_an_address_whose_edges_have_no_value_counts_as_sending_nothing() -> None:
    with_edge = pagerank(rows_of({(0, 1): 7.0, (1, 0): 0.0}))
    without = pagerank(rows_of({(0, 1): 7.0}))
    np.testing.assert_array_equal(with_edge, without)


@pytest.mark.parametrize("addresses", [30, 2_000])
def test_ranks_are_those_of_the_dense_matrix_after_as_many_rounds(addresses: int) -> None:
    rows = rows_of(random_edges(addresses, addresses, 3 * addresses))
    matrix = np.zeros((addresses, addresses))
    matrix[rows.owner, rows.other] = rows.weight
    sent = matrix.sum(axis=1, keepdims=True)
    matrix = np.where(sent > 0, matrix / np.where(sent > 0, sent, 1), 1 / addresses)
    rank, change = np.full(addresses, 1 / addresses), np.inf
    while change >= addresses * 1e-6:
        after = 0.85 * rank @ matrix + 0.15 / addresses
        rank, change = after, np.abs(after - rank).sum()
    np.testing.assert_allclose(pagerank(rows), rank, rtol=1e-12)
