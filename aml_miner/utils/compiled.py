"""Functions that are compiled where the compiler is installed, and run as they are where it is not."""

from collections.abc import Callable


def compiled[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function of arrays with Numba, keep the code for later processes, and let other threads run meanwhile.

    Without Numba the function is returned as it is: the same results, far slower.
    """
    try:
        from numba import njit
    except ImportError:
        return function
    return njit(nogil=True, cache=True)(function)
