"""Exact amounts as rows of small integers, which compiled kernels can add.

A decimal is a whole number of 128 bits, counting its last place. Cut into four limbs of 32 bits, each in 64, amounts
can be added limb by limb two thousand million times before a carry has to be passed on.
"""

import numpy as np
import polars as pl
import pyarrow as pa

from aml_miner.batch.schemas import MONEY
from aml_miner.monitoring.groups import Integers

LIMBS = 4
_BITS = 32
_LOW = (1 << _BITS) - 1
_BYTES = 16
_ARROW_MONEY = pa.decimal128(38, 18)


def limbs_of(amounts: pl.Series) -> Integers:
    """Cut amounts of at least 0 into limbs, the lowest first, shape (amounts, 4)."""
    array = amounts.rechunk().to_arrow()
    words = np.frombuffer(array.buffers()[1], "<u4", len(array) * LIMBS, array.offset * _BYTES)
    return words.reshape(-1, LIMBS).astype(np.int64)


def amounts_of(limbs: Integers) -> pl.Series:
    """Put sums of limbs together again; the door has seen to it that they fit."""
    words = np.empty((len(limbs), LIMBS), "<u4")
    carry = np.zeros(len(limbs), np.int64)
    for i in range(LIMBS):
        carry += limbs[:, i]
        words[:, i] = carry & _LOW
        carry >>= _BITS
    buffer = pa.py_buffer(words.tobytes())
    amounts = pa.Array.from_buffers(_ARROW_MONEY, len(limbs), [None, buffer])
    column = pa.RecordBatch.from_arrays(
        [amounts], ["amount"]
    )  # alone it would load all of pyarrow.compute
    return pl.DataFrame(column)["amount"].cast(MONEY)
