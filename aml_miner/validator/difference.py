"""Two tables that should be the same to the bit, and the first place where they part."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

type Value = float | str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is another.

    Attributes
    ----------
    row
        Place of the row, from 0.
    column
        Name of the column.
    expected, found
        Both values.
    """

    row: int
    column: str
    expected: Value
    found: Value

    @property
    def expected_hex(self) -> str:
        """The expected value with every bit: a number as ``float.hex``, a text as the bytes of its UTF-8."""
        return in_hex(self.expected)

    @property
    def found_hex(self) -> str:
        """The found value with every bit."""
        return in_hex(self.found)


def in_hex(value: Value) -> str:
    """Return a value with every bit; of an absent one nothing.

    Examples
    --------
    >>> in_hex(0.5), in_hex("a1"), in_hex(None)
    ('0x1.0000000000000p-1', '6131', '')
    """
    if isinstance(value, float):
        return value.hex()
    return "" if value is None else value.encode().hex()


def parting(expected: str, found: str) -> int:
    """Return the place of the first character in which two texts differ.

    Examples
    --------
    >>> parting("0.25", "0.26"), parting("a", "ab")
    (3, 1)
    """
    pairs = zip(expected, found, strict=False)
    alike = (place for place, (ours, theirs) in enumerate(pairs) if ours != theirs)
    return next(alike, min(len(expected), len(found)))


def first_difference(
    expected: pl.DataFrame, found: pl.DataFrame, columns: Sequence[str]
) -> Difference | None:
    """Return the first row, and of its columns the first, in which two tables of one height differ.

    Numbers are compared by their bits, everything else as text; null is a value of its own.
    """
    differing = {name: differing_rows(expected[name], found[name]) for name in columns}
    firsts = {name: int(rows[0]) for name, rows in differing.items() if rows.size}
    if not firsts:
        return None
    column = min(firsts, key=lambda name: (firsts[name], columns.index(name)))
    row = firsts[column]
    return Difference(row, column, _value(expected[column], row), _value(found[column], row))


def count_differing(expected: pl.DataFrame, found: pl.DataFrame, columns: Sequence[str]) -> int:
    """Count the rows in which two tables of one height differ."""
    rows = [differing_rows(expected[name], found[name]) for name in columns]
    return len(np.unique(np.concatenate(rows))) if rows else 0


def differing_rows(expected: pl.Series, found: pl.Series) -> NDArray[np.intp]:
    """Return the places at which two columns differ, from the first on."""
    if expected.dtype.is_float() and found.dtype.is_float():
        differ = _bits(expected) != _bits(found)
        if expected.null_count() or found.null_count():  # in an array a null is a NaN like others
            differ |= (expected.is_null() != found.is_null()).to_numpy()
        return np.flatnonzero(differ)
    texts = [series.cast(pl.String, strict=False) for series in (expected, found)]
    return np.flatnonzero(texts[0].ne_missing(texts[1]).to_numpy())


def _bits(series: pl.Series) -> NDArray[np.int64]:
    wide = series if series.dtype == pl.Float64 else series.cast(pl.Float64)
    return wide.to_numpy().view(np.int64)


def _value(series: pl.Series, row: int) -> Value:
    value = series[row]
    return value if value is None or isinstance(value, float) else str(value)
