from itertools import combinations

import numpy as np
import pytest

from aml_miner.monitoring.graph.clustering import clustering, triangle_intensity
from tests.monitoring.graph.drawings import dense, random_edges, undirected_of


def coefficients(edges: dict[tuple[int, int], float]) -> list[float]:
    return clustering(undirected_of(edges).one_way).tolist()


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({(0, 1): 5.0, (1, 2): 5.0, (2, 0): 5.0}, [1, 1, 1]),
        ({(0, 1): 8.0, (1, 2): 1.0, (2, 0): 1.0}, [0.25, 0.25, 0.25]),  # ∛(1 · 1/8 · 1/8)
        ({(0, 1): 5.0, (1, 2): 5.0}, [0, 0, 0]),
        # three counterparties of 0 make three pairs, of which one deals with each other
        ({(0, 1): 2.0, (0, 2): 2.0, (0, 3): 2.0, (1, 2): 2.0}, [1 / 3, 1, 1, 0]),
        ({(0, 1): 5.0, (1, 2): 5.0, (2, 0): 0.0}, [0, 0, 0]),  # a triangle of no intensity
    ],
)
def test_clustering_of_small_graphs(
    edges: dict[tuple[int, int], float], expected: list[float]
) -> None:
    np.testing.assert_allclose(coefficients(edges), expected, rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_clustering_is_the_sum_over_all_pairs_of_counterparties(seed: int) -> None:
    pairs = undirected_of(random_edges(seed, 25, 150)).one_way
    weights = dense(pairs) / pairs.weight.max()
    expected = []
    for address in range(25):
        known = np.flatnonzero(~np.isnan(weights[address]))
        product = [
            weights[address, a] * weights[a, b] * weights[b, address]
            for a, b in combinations(known.tolist(), 2)
        ]
        expected.append(np.nansum(np.cbrt(product)) / max(len(product), 1))
    np.testing.assert_allclose(clustering(pairs), expected, rtol=1e-12)


def test_the_kernel_in_python_gives_the_same() -> None:
    pairs = undirected_of(random_edges(9, 20, 100)).one_way
    arguments = (pairs.start, pairs.other, np.cbrt(pairs.weight))
    np.testing.assert_array_equal(
        triangle_intensity(*arguments), triangle_intensity.py_func(*arguments)
    )
