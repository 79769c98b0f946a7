"""Nodes and weights are those of the book, and exact for the polynomials they promise."""

import math
from fractions import Fraction

import numpy as np
import pytest

from aml_miner.models.quadrature import gauss_legendre


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 40])
def test_nodes_and_weights_are_numpys_up_to_rounding(count: int) -> None:
    at, weight = np.polynomial.legendre.leggauss(count)
    nodes, weights = gauss_legendre(count)
    np.testing.assert_allclose(nodes, (at + 1) / 2, rtol=0, atol=1e-14)
    np.testing.assert_allclose(weights, weight / 2, rtol=1e-12)


def test_two_nodes_by_hand() -> None:
    low, high = gauss_legendre(2)[0]
    assert abs(low - (1 - 1 / math.sqrt(3)) / 2) <= 2**-53
    assert abs(high - (1 + 1 / math.sqrt(3)) / 2) <= 2**-53


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_powers_up_to_twice_the_nodes_less_one_are_integrated_exactly(count: int) -> None:
    nodes, weights = gauss_legendre(count)
    for power in range(2 * count):
        total = sum(
            Fraction(weight) * Fraction(node) ** power
            for node, weight in zip(nodes, weights, strict=True)
        )
        assert abs(float(total) - 1 / (power + 1)) <= 1e-15
