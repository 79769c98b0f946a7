"""Logarithms, exponentials, powers and cube roots of arrays that are the C library's to the last bit.

NumPy takes its own from another library where the processor has AVX-512, and that differs from the C library in the
last bit: a batch or a model made on one kind of processor would not be that of another. Here a compiled loop calls the
C library for each value.
"""

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

type _Reals = NDArray[np.float64]

_LOG, _LOG1P, _LOG2, _EXP, _CBRT = range(5)


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
    base, exponent = np.broadcast_arrays(np.atleast_1d(bases), exponents)
    found = _fresh(base)
    _raise(found.ravel(), _fresh(exponent).ravel())
    return found


def _of_each(which: int, values: ArrayLike) -> _Reals:
    found = _fresh(np.atleast_1d(values))
    _replace(which, found.ravel())
    return found


def _fresh(values: ArrayLike) -> _Reals:
    """Copy values to where they can be replaced: functions are compiled once, for such arrays alone."""
    return np.array(values, np.float64, order="C")


@numba.njit(cache=True, nogil=True)
def _replace(which: int, values: _Reals) -> None:
    """Replace values by those of one function; one loop for all, so that one is compiled and loaded."""
    for place in range(values.size):
        value = values[place]
        if which == _LOG:
            values[place] = math.log(value)
        elif which == _LOG1P:
            values[place] = math.log1p(value)
        elif which == _LOG2:
            values[place] = math.log2(value)
        elif which == _EXP:
            values[place] = math.exp(value)
        else:
            values[place] = np.cbrt(value)


@numba.njit(cache=True, nogil=True)
def _raise(values: _Reals, exponents: _Reals) -> None:
    for place in range(values.size):
        values[place] = math.pow(values[place], exponents[place])
