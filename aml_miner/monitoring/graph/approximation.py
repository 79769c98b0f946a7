"""What was estimated instead of solved, and how far off the estimates were in this very run."""

from dataclasses import dataclass

import numpy as np

from aml_miner.monitoring.groups import Floats

EXACT = "exact values"
HALVES = "the estimates of either half of the pivots"


@dataclass(frozen=True, slots=True)
class Approximation:
    """A column some of whose values are estimates.

    Attributes
    ----------
    column
        Its name among the address features.
    approximated_addresses
        How many addresses have an estimate.
    compared_addresses
        On how many of those the estimate was compared.
    compared_with
        What it was compared with.
    median_relative_error
        Median over the compared addresses of |estimate − value| / value; null when none could be compared.
    """

    column: str
    approximated_addresses: int
    compared_addresses: int
    compared_with: str
    median_relative_error: float | None


def compared_with_exact(
    column: str, approximated: int, estimate: Floats, exact: Floats
) -> Approximation:
    """Measure estimates of some addresses against their exact values, those of 0 left out."""
    some = exact > 0
    errors = np.abs(estimate[some] - exact[some]) / exact[some]
    return Approximation(column, approximated, len(errors), EXACT, _median(errors))


def compared_in_halves(column: str, one: Floats, other: Floats) -> Approximation:
    """Measure the mean of two independent estimates of all addresses by how far each is from it.

    |one − other| / (one + other) is the deviation of either from their mean as a share of it, which is also the
    standard error of that mean; addresses both put at 0 are left out.
    """
    some = one + other > 0
    errors = np.abs(one - other)[some] / (one + other)[some]
    return Approximation(column, len(one), len(errors), HALVES, _median(errors))


def _median(errors: Floats) -> float | None:
    return float(np.median(errors)) if len(errors) else None
