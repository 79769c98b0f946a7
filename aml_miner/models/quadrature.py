"""Gauss–Legendre quadrature whose last bits no machine decides."""

import math
from decimal import Decimal, localcontext
from functools import cache
from typing import Final

_DIGITS: Final = 50
_STEPS: Final = 8  # from 16 digits Newton's method needs two to reach 50; a start is good to a few


@cache
def gauss_legendre(count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return nodes and weights on [0, 1]: exact for polynomials of degree 2·count − 1.

    The roots of the Legendre polynomial P_n are found by Newton's method in decimals of 50 digits, and rounded once: a
    library for linear algebra, the usual way, rounds as the processor it was tuned for. Weights are
    2 / ((1 − x²)·s²) with the slope s at the root (Abramowitz and Stegun, 25.4.29), halved for the interval.

    Examples
    --------
    >>> gauss_legendre(1)
    ((0.5,), (1.0,))
    >>> gauss_legendre(2)[1]
    (0.5, 0.5)
    """
    with localcontext(prec=_DIGITS):
        pairs = sorted(_node(count, place) for place in range(count))
        nodes = tuple(float((1 + x) / 2) for x, _ in pairs)
        weights = tuple(float(1 / ((1 - x * x) * slope * slope)) for x, slope in pairs)
    return nodes, weights


def _node(count: int, place: int) -> tuple[Decimal, Decimal]:
    """Return one root of P_n and the slope there."""
    x = Decimal(math.cos(math.pi * (place + 0.75) / (count + 0.5)))  # Tricomi's start
    for _ in range(_STEPS):
        value, slope = _legendre(count, x)
        x -= value / slope
    return x, _legendre(count, x)[1]


def _legendre(count: int, x: Decimal) -> tuple[Decimal, Decimal]:
    """Return P_n(x) and its slope, by Bonnet's recurrence."""
    before, value = Decimal(1), x
    for n in range(2, count + 1):
        before, value = value, ((2 * n - 1) * x * value - (n - 1) * before) / n
    return value, count * (before - x * value) / (1 - x * x)
