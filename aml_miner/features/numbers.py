"""Numbers as an analyst reads them, many at a time: ``1,234``, ``25%``, ``0.3%``, ``almost 0``."""

import re
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_SMALLEST: Final = 0.001
"""Below it a number (or a percentage) is shown as 'almost 0': our choice, no analyst needs more places."""

_FIXED: Final = re.compile(r"(,?)\.(\d)([f%])")
_MOST_STEPS: Final = 2.0**53
"""Above this a float no longer holds every whole number: such numbers are formatted by Python, one by one."""

_FEW: Final = 32
"""Fewer numbers than this are written faster by Python itself."""


def show_numbers(values: NDArray[np.float64], places: str) -> pl.Series:
    """Write finite numbers with the places of a format specification, as ``,.0f`` or ``.0%``.

    A number is scaled to its last place and rounded half to even there. A number that is not 0 is never shown as 0: one
    too small for its places gets one significant digit, and below 0.001 it is 'almost 0'.

    Examples
    --------
    >>> show_numbers(np.array([1234.5, -0.4, 0.0]), ",.0f").to_list()
    ['1,234', '-0.4', '0']
    >>> show_numbers(np.array([0.25, 0.004, 1e-9]), ".0%").to_list()
    ['25%', '0.4%', 'almost 0%']
    """
    fixed = _FIXED.fullmatch(places)
    if fixed is None:
        return pl.Series([format(value, places) for value in values.tolist()], dtype=pl.String)
    comma, digits, kind = fixed.groups()
    per_cent = kind == "%"
    scale = 10.0 ** int(digits) * (100.0 if per_cent else 1.0)
    steps = np.rint(np.abs(values) * scale)
    odd = ((steps == 0.0) & (values != 0.0)) | (steps >= _MOST_STEPS)
    text = _write_steps(np.where(odd, 0.0, steps), int(digits), with_commas=bool(comma))
    minus = pl.Series(["", "-"]).gather((values < 0.0).astype(np.uint32))
    shown = minus + text + ("%" if per_cent else "")
    if not odd.any():
        return shown
    at = np.flatnonzero(odd)
    return shown.scatter(at, [_write_odd(value, places) for value in values[at].tolist()])


def _write_steps(steps: NDArray[np.float64], digits: int, *, with_commas: bool) -> pl.Series:
    """Write whole numbers of last places: 1234 steps of two digits are 12.34."""
    if len(steps) < _FEW:
        unit, comma = 10**digits, "," if with_commas else ""
        parts = [divmod(int(each), unit) for each in steps.tolist()]
        behind = [f".{fraction:0{digits}d}" if digits else "" for _, fraction in parts]
        texts = [f"{part[0]:{comma}}{rest}" for part, rest in zip(parts, behind, strict=True)]
        return pl.Series(texts, dtype=pl.String)
    whole = pl.Series((steps // 10**digits).astype(np.int64))
    text = whole.cast(pl.String)
    if with_commas and whole.max() >= 1000:  # type: ignore[operator]
        text = text.str.reverse().str.replace_all(r"(\d{3})", "${1},").str.reverse()
        text = text.str.strip_prefix(",")
    if not digits:
        return text
    fraction = pl.Series((steps % 10**digits).astype(np.int64))
    return text + "." + fraction.cast(pl.String).str.zfill(digits)


def _write_odd(value: float, places: str) -> str:
    if abs(value) >= 1.0:
        return format(value, places)
    per_cent = "%" if places.endswith("%") else ""
    number = value * 100.0 if per_cent else value
    return f"almost 0{per_cent}" if abs(number) < _SMALLEST else f"{number:.1g}{per_cent}"
