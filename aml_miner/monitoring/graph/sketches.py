"""What lies within three hops of every address at once, by sketches whose size does not depend on it.

Every address draws for each of some hundred registers a number E from an exponential distribution. The least E / w
among a set of addresses of weights w is again exponential, and the more so the larger the set's total weight: from the
registers' least values that total follows, whatever the set's size, with a standard error of 1.04 / √registers (Cohen,
"Size-estimation framework", 1997). A register keeps only the power of two (Flajolet et al., "HyperLogLog", 2007): one
byte. The least value of a union is the lesser of both, so a round over the edges makes the registers of all
neighbourhoods one hop wider. Weight 1 counts addresses, weight USD adds up volume.
"""

import math

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

_OFFSET = 128
"""Added to the power of two, so that amounts from 1e-18 to 1e20 USD fit a byte; 0 is left for no weight at all."""

_VALUE = np.ldexp(1.0, _OFFSET + 1 - np.arange(256))
"""What a register stands for: the upper end of the least E / w."""

_ELEVEN = np.uint64(11)


def sketched_totals(out: Rows, weight: Floats, size: int, seed: int) -> Floats:
    """Estimate the total weight within 1, 2 and 3 hops of every address, itself included, by `size` registers.

    Returns
    -------
    Floats
        Shape (addresses, 3). All errors are of the same registers, so what two neighbourhoods have in common is
        over- or underestimated alike.
    """
    least = np.zeros((out.addresses, HOPS))
    keys = hashes(seed, out.addresses)
    for salt in hashes(seed + 1, size).reshape(-1, _BLOCK):
        registers = fill_registers(keys, salt, weight)
        for hop in range(HOPS):
            registers = spread_registers(out.start, out.other, registers)
            add_values(registers, _VALUE, least[:, hop])
    unbiased = 2 * 0.7213 / (1 + 1.079 / size)  # as HyperLogLog, for powers of two
    totals: Floats = unbiased * size / least
    return totals


@numba.njit(cache=True)
def fill_registers(keys: NDArray[np.uint64], salt: NDArray[np.uint64], weight: Floats) -> Registers:
    """Return the registers of every address alone, shape (addresses, registers)."""
    registers = np.zeros((len(keys), len(salt)), np.uint8)
    for address in range(len(keys)):
        if weight[address] == 0:
            continue
        for i in range(len(salt)):
            drawn = mixed(keys[address] ^ salt[i]) >> _ELEVEN
            exponential = -math.log((np.float64(drawn) + 0.5) * 2.0**-53)
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
