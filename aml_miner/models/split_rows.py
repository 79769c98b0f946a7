"""What rows answer to splits, compiled: shared by all that reads trees."""

from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from aml_miner.models.encoding import Matrix
from aml_miner.models.splits import CATEGORY, MISSING_LEFT, ZERO_IS_MISSING, Splits

type Answers = NDArray[np.uint16]
"""Shape (2 · splits of a tree, rows): per split whether a row goes right and, in the next line, left; 1 or 0."""

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


@numba.njit(nogil=True, cache=True)
def answer(splits: Splits, tree: int, columns: Matrix, answers: Answers) -> None:
    """Say for each split of a tree and each row whether it goes right and, in the next line, whether left (1 or 0).

    One loop per kind of split, so that the processor does several rows at a time.
    """
    count = columns.shape[1]
    for split in range(splits.first_split[tree], splits.first_split[tree + 1]):
        right, feature = 2 * (split - splits.first_split[tree]), splits.feature[split]
        kind, threshold = splits.kind[split], splits.threshold[split]
        if kind == 0:
            for row in range(count):
                answers[right + 1, row] = np.uint16(columns[feature, row] <= threshold)
        elif kind == MISSING_LEFT:
            for row in range(count):
                answers[right + 1, row] = np.uint16(not columns[feature, row] > threshold)
        else:
            for row in range(count):
                answers[right + 1, row] = np.uint16(goes_left(splits, split, columns[feature, row]))
        for row in range(count):
            answers[right, row] = np.uint16(1) - answers[right + 1, row]
