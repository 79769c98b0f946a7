import numpy as np

from aml_miner.monitoring.graph.approximation import compared_in_halves, compared_with_exact


def test_the_error_is_the_median_over_addresses_with_a_value() -> None:
    """Off by a tenth, by nothing, by a fifth; the last has no value to be a share of."""
    found = compared_with_exact(
        "closeness", 50, np.array([11.0, 5.0, 8.0, 1.0]), np.array([10.0, 5.0, 10.0, 0.0])
    )
    assert (found.column, found.approximated_addresses, found.compared_addresses) == (
        "closeness",
        50,
        3,
    )
    assert found.compared_with == "exact values"
    assert found.median_relative_error is not None
    assert round(found.median_relative_error, 12) == 0.1


def test_halves_are_compared_with_their_mean() -> None:
    """Halves of 4 and 6 are both a fifth of 5 away from 5."""
    found = compared_in_halves("betweenness", np.array([4.0, 0.0]), np.array([6.0, 0.0]))
    assert (found.approximated_addresses, found.compared_addresses) == (2, 1)
    assert found.median_relative_error == 0.2


def test_without_anything_to_compare_there_is_no_error() -> None:
    nothing = np.zeros(3)
    assert compared_with_exact("closeness", 3, nothing, nothing).median_relative_error is None
    assert compared_in_halves("betweenness", nothing, nothing).median_relative_error is None
