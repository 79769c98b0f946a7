"""What rows answer to splits, compiled: shared by all that reads trees."""

from typing import Final

import numba
import numpy as np

from aml_miner.models.encoding import Matrix
from aml_miner.models.splits import CATEGORY, MISSING_LEFT, ZERO_IS_MISSING, Splits

_TINY: Final = np.float32(1e-35)
"""LightGBM takes a value this close to zero for zero."""


@numba.njit(nogil=True, cache=True)
def as_columns(rows: Matrix) -> Matrix:
    """Return a matrix feature by feature, shape (features, rows), with zeros where LightGBM takes a value for zero."""
    count, features = rows.shape
    columns = np.empty((features, count), np.float32)
    for row in range(count):
        for feature in range(features):
            value = rows[row, feature]
            columns[feature, row] = np.float32(0.0) if abs(value) <= _TINY else value
    return columns


@numba.njit(nogil=True, cache=True)
def goes_left(splits: Splits, split: int, value: np.float32) -> bool:
    """Say whether a value goes left at a split."""
    kind = splits.kind[split]
    if kind == CATEGORY:
        first, end = splits.first_word[split], splits.first_word[split + 1]
        if not 0.0 <= value < 32.0 * (end - first):
            return False  # NaN too
        code = np.int64(value)
        word = splits.word[first + (code >> 5)]
        return bool((word >> np.uint32(code & 31)) & np.uint32(1))
    if value != value or (kind & ZERO_IS_MISSING and value == 0.0):  # noqa: PLR0124 - NaN
        return bool(kind & MISSING_LEFT)
    return bool(value <= splits.threshold[split])
