"""Logarithms, exponentials, powers and cube roots of arrays that are the C library's to the last bit.

NumPy takes its own from another library where the processor has AVX-512, and that differs from the C library in the
last bit: a batch or a model made on one kind of processor would not be that of another. Here a compiled loop calls the
C library for each value.
"""

import math
from typing import Final

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

type _Reals = NDArray[np.float64]

_LOG, _LOG1P, _LOG2, _EXP, _CBRT, _POWER = range(6)
_NOTHING: Final = np.zeros(1)


def log(values: ArrayLike) -> _Reals:
    """Natural logarithm."""
    return _of_each(_LOG, values)


def log1p(values: ArrayLike) -> _Reals:
    """Natural logarithm of one more than each value."""
    return _of_each(_LOG1P, values)


def log2(values: ArrayLike) -> _Reals:
    """Logarithm to base 2."""
    return _of_each(_LOG2, values)


def exp(values: ArrayLike) -> _Reals:
    """Exponential function."""
    return _of_each(_EXP, values)


def cbrt(values: ArrayLike) -> _Reals:
    """Cube root."""
    return _of_each(_CBRT, values)


def power(bases: ArrayLike, exponents: ArrayLike) -> _Reals:
    """Each base to the power of its exponent."""
    return _of_each(_POWER, bases, exponents)


def _of_each(which: int, values: ArrayLike, others: ArrayLike = _NOTHING) -> _Reals:
    first, second = np.broadcast_arrays(np.atleast_1d(values), others)
    found = np.empty(first.size)
    _fill(which, _in_a_row(first), _in_a_row(second), found)
    return found.reshape(first.shape)


def _in_a_row(values: ArrayLike) -> _Reals:
    return np.ascontiguousarray(values, np.float64).ravel()


@numba.njit(cache=True, nogil=True)
def _fill(which: int, first: _Reals, second: _Reals, found: _Reals) -> None:
    """Fill in the values of one function; one loop for all, so that one is compiled and loaded."""
    for place in range(first.size):
        value = first[place]
        if which == _LOG:
            found[place] = math.log(value)
        elif which == _LOG1P:
            found[place] = math.log1p(value)
        elif which == _LOG2:
            found[place] = math.log2(value)
        elif which == _EXP:
            found[place] = math.exp(value)
        elif which == _CBRT:
            found[place] = np.cbrt(value)
        else:
            found[place] = math.pow(value, second[place])
