"""Which bands can be part of a cycle at all: a search need not follow the others."""

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.groups import Floats, Integers


def viable_bands(
    source: Integers, target: Integers, amount: Floats, ratio: float, addresses: int
) -> NDArray[np.bool_]:
    """Mark the bands that a cycle of alike amounts could go through.

    A band is out when nothing alike comes in where it begins, or goes out where it ends; with it goes what led on to
    nothing else, and so on, as far back as a few rounds tell.
    """
    bands = np.arange(len(amount))
    by_target = np.lexsort((bands, amount, target))
    by_source = np.lexsort((bands, amount, source))
    starts = [
        np.concatenate([[0], np.cumsum(np.bincount(end, minlength=addresses))])
        for end in (target, source)
    ]
    return peel_bands(starts[0], by_target, starts[1], by_source, amount, ratio)


_MOST_ROUNDS = 16


@numba.njit(cache=True)
def peel_bands(  # noqa: PLR0917 - a compiled kernel takes arrays
    in_start: Integers,
    incoming: Integers,
    out_start: Integers,
    outgoing: Integers,
    amount: Floats,
    ratio: float,
) -> NDArray[np.bool_]:
    """Take out bands without an alike one before or after them, until none is left or the rounds are over.

    `incoming` and `outgoing` are the bands at each address by amount, so that one pass over both finds the alike.
    """
    viable = np.ones(len(amount), np.bool_)
    for _ in range(_MOST_ROUNDS):
        before = viable.sum()
        for address in range(len(in_start) - 1):
            came = incoming[in_start[address] : in_start[address + 1]]
            went = outgoing[out_start[address] : out_start[address + 1]]
            keep_matched(came, went, amount, ratio, viable)
            keep_matched(went, came, amount, ratio, viable)
        if viable.sum() == before:
            break
    return viable


@numba.njit(cache=True)
def keep_matched(
    bands: Integers, partners: Integers, amount: Floats, ratio: float, viable: NDArray[np.bool_]
) -> None:
    """Take out those of some bands that none of the viable partners is alike to; both ascending by amount."""
    nearest = 0
    for band in bands:
        if not viable[band]:
            continue
        while nearest < len(partners) and (
            not viable[partners[nearest]] or ratio * amount[partners[nearest]] < amount[band]
        ):
            nearest += 1
        viable[band] = nearest < len(partners) and amount[partners[nearest]] <= ratio * amount[band]
