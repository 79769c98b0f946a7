"""Numbers that look drawn at random and follow from a seed alone: the same in every order and on every machine."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.groups import Integers

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


@numba.njit(cache=True)
def mixed(bits: Any) -> Any:  # noqa: ANN401 - one 64-bit number or an array of them
    """Mix the bits of unsigned 64-bit numbers, as SplitMix64 does (Steele, Lea and Flood, OOPSLA 2014)."""
    bits = (bits ^ (bits >> _30)) * _FIRST
    bits = (bits ^ (bits >> _27)) * _SECOND
    return bits ^ (bits >> _31)


def hashes(seed: int, count: int) -> NDArray[np.uint64]:
    """Return the first `count` hashes of a seed."""
    mix = mixed.py_func  # NumPy does the same to whole arrays, and nothing has to be loaded
    places = np.arange(1, count + 1, dtype=np.uint64) + mix(np.array([seed], np.uint64))
    drawn: NDArray[np.uint64] = mix(places * _STEP)
    return drawn


def drawn_order(among: Integers, addresses: int, seed: int) -> Integers:
    """Put some addresses in an order that looks drawn by lot, and depends on the seed and their numbers alone."""
    order: Integers = among[np.argsort(hashes(seed, addresses)[among], kind="stable")]
    return order
