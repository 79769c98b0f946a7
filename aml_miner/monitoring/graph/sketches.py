"""How many addresses lie within two and three hops, and what volume they have, where searching would take too long.

Every address draws for each of some hundred registers a number E from an exponential distribution. The least E / w
among a set of addresses of weights w is again exponential, and the more so the larger the set's total weight: from the
registers' least values that total follows, whatever the set's size, with a standard error of 1.04 / √registers (Cohen,
"Size-estimation framework", 1997). A register keeps only the power of two (Flajolet et al., "HyperLogLog", 2007): one
byte. The least value of a union is the lesser of both, so three rounds over the edges make the registers of all
three-hop neighbourhoods. Weight 1 counts addresses, weight USD adds up volume.

The few addresses of the largest volume decide most sums. They are not sketched: a mark each tells exactly who reaches
them.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.graph.hashing import hashes, mixed
from aml_miner.monitoring.graph.hops import HOPS
from aml_miner.monitoring.graph.rows import Rows
from aml_miner.monitoring.groups import Floats, Integers

type Registers = NDArray[np.uint8]

_BLOCK = 64
"""Registers worked on at a time: those of an address fill one line of the processor's cache."""

_MARKED = 62
"""Addresses followed exactly: as many as bits of a number that stays positive."""

_OFFSET = 128
"""Added to the power of two, so that amounts from 1e-18 to 1e20 USD fit a byte; 0 is left for no weight at all."""

_VALUE = 2.0 ** (_OFFSET + 1 - np.arange(256.0))
"""What a register stands for: the upper end of the least E / w."""

_ELEVEN = np.uint64(11)


@dataclass(frozen=True)
class ReachEstimates:
    """Estimates for every address, itself left out.

    Attributes
    ----------
    counts
        Addresses within 2 and 3 hops, shape (addresses, 2).
    volumes
        Their volume in USD, shape (addresses, 2).
    """

    counts: Floats
    volumes: Floats


def estimate_reach(out: Rows, volume: Floats, size: int, seed: int) -> ReachEstimates:
    """Estimate what lies within 2 and 3 hops of every address by `size` registers."""
    marked = np.lexsort((np.arange(len(volume)), -volume))[:_MARKED]
    light = volume.copy()
    light[marked] = 0.0
    counts = _totals(out, np.ones(len(volume)), size, seed) - 1
    volumes = _totals(out, light, size, seed) - light[:, None]
    return ReachEstimates(
        counts, np.maximum(volumes, 0.0) + _marked_volume(out, marked, volume[marked])
    )


def _totals(out: Rows, weight: Floats, size: int, seed: int) -> Floats:
    """Estimate the weight within 2 and 3 hops, the address's own included, shape (addresses, 2)."""
    least = np.zeros((out.addresses, HOPS - 1))
    keys = hashes(seed, out.addresses)
    for block, salt in enumerate(hashes(seed + 1, size).reshape(-1, _BLOCK)):
        registers = fill_registers(keys, salt, weight)
        for hop in range(HOPS):
            registers = spread_registers(out.start, out.other, registers)
            if hop > 0:
                add_values(registers, _VALUE, least[:, hop - 1])
    unbiased = 2 * 0.7213 / (1 + 1.079 / size)  # of the powers of two, HyperLogLog
    totals: Floats = unbiased * size / least
    return totals


def _marked_volume(out: Rows, marked: Integers, volume: Floats) -> Floats:
    """Add up the volume of the marked addresses within 2 and 3 hops, the address itself left out."""
    own = np.zeros(out.addresses, np.int64)
    own[marked] = 1 << np.arange(len(marked))
    marks, sums = own, []
    for _ in range(HOPS):
        marks = spread_marks(out.start, out.other, marks)
        others = marks & ~own
        sums.append(
            sum(
                (((others >> bit) & 1) * usd for bit, usd in enumerate(volume)),
                np.zeros(out.addresses),
            )
        )
    return np.column_stack(sums[1:])


@numba.njit(cache=True)
def fill_registers(keys: NDArray[np.uint64], salt: NDArray[np.uint64], weight: Floats) -> Registers:
    """Return the registers of every address alone, shape (addresses, registers)."""
    registers = np.zeros((len(keys), len(salt)), np.uint8)
    for address in range(len(keys)):
        if weight[address] == 0:
            continue
        for i in range(len(salt)):
            drawn = mixed(keys[address] ^ salt[i]) >> _ELEVEN
            exponential = -math.log((np.int64(drawn) + 0.5) * 2.0**-53)
            power = math.frexp(weight[address] / exponential)[1]
            registers[address, i] = min(max(power + _OFFSET, 1), 255)
    return registers


@numba.njit(cache=True)
def spread_registers(start: Integers, other: Integers, registers: Registers) -> Registers:
    """Join the registers of every address with those of its neighbours."""
    joined = registers.copy()
    for address in range(len(start) - 1):
        for edge in range(start[address], start[address + 1]):
            neighbour = other[edge]
            for i in range(registers.shape[1]):
                joined[address, i] = max(joined[address, i], registers[neighbour, i])
    return joined


@numba.njit(cache=True)
def add_values(registers: Registers, value: Floats, least: Floats) -> None:
    """Add up what the registers of every address stand for."""
    for address in range(len(registers)):
        for i in range(registers.shape[1]):
            least[address] += value[registers[address, i]]


@numba.njit(cache=True)
def spread_marks(start: Integers, other: Integers, marks: Integers) -> Integers:
    """Join the marks of every address with those of its neighbours."""
    joined = marks.copy()
    for address in range(len(start) - 1):
        for edge in range(start[address], start[address + 1]):
            joined[address] |= marks[other[edge]]
    return joined
