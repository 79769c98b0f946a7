"""Numbers as an analyst reads them, many at a time: ``1,234``, ``25%``, ``0.3%``, ``almost 0``."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_SMALLEST: Final = 0.001
"""Below it a number (or a percentage) is shown as 'almost 0': our choice, no analyst needs more places."""

_FIXED: Final = re.compile(r"(,?)\.(\d)([f%])")
_MOST_STEPS: Final = 2.0**53
"""Above this a float no longer holds every whole number: such numbers are formatted by Python, one by one."""

_FEW: Final = 256
"""Fewer numbers than this are written faster by Python itself; measured."""

_ENDS: Final = pl.Series(["", *(f",{end:03d}" for end in range(1000))])
"""What may stand behind thousands: nothing, or a comma and three digits."""


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
    form = _form(places)
    if form is None or len(values) < _FEW:
        return pl.Series([show_number(value, places) for value in values.tolist()], dtype=pl.String)
    steps = np.rint(np.abs(values) * form.scale)
    odd = ((steps == 0.0) & (values != 0.0)) | (steps >= _MOST_STEPS)
    text = _write_steps(np.where(odd, 0.0, steps), form)
    minus = pl.Series(["", "-"]).gather((values < 0.0).astype(np.uint32))
    shown = minus + text + form.unit
    if not odd.any():
        return shown
    at = np.flatnonzero(odd)
    return shown.scatter(at, [_write_odd(value, places) for value in values[at].tolist()])


def show_number(value: float, places: str) -> str:
    """Write one finite number as `show_numbers` does."""
    form = _form(places)
    return format(value, places) if form is None else _write_one(value, form)


@dataclass(frozen=True, slots=True)
class _Form:
    """A format specification taken apart: thousands separated, digits behind the point, per cent or not."""

    places: str
    has_commas: bool
    digits: int
    per_cent: bool

    @property
    def scale(self) -> float:
        """Steps of the last place in one."""
        return 10.0**self.digits * (100.0 if self.per_cent else 1.0)

    @property
    def unit(self) -> str:
        return "%" if self.per_cent else ""


@cache
def _form(places: str) -> _Form | None:
    """Take a format specification apart; None where it is Python's to write."""
    fixed = _FIXED.fullmatch(places)
    return fixed and _Form(places, bool(fixed[1]), int(fixed[2]), fixed[3] == "%")


def _write_one(value: float, form: _Form) -> str:
    """Write one number as `show_numbers` writes many."""
    steps = float(np.rint(abs(value) * form.scale))
    if (steps == 0.0 and value != 0.0) or steps >= _MOST_STEPS:
        return _write_odd(value, form.places)
    whole, fraction = divmod(int(steps), 10**form.digits)
    behind = f".{fraction:0{form.digits}d}" if form.digits else ""
    before = f"{whole:,}" if form.has_commas else str(whole)
    return f"{'-' if value < 0.0 else ''}{before}{behind}{form.unit}"


def _write_steps(steps: NDArray[np.float64], form: _Form) -> pl.Series:
    """Write whole numbers of last places: 1234 steps of two digits are 12.34."""
    whole = (steps // 10**form.digits).astype(np.int64)
    text = _with_commas(whole) if form.has_commas else pl.Series(whole).cast(pl.String)
    if not form.digits:
        return text
    fraction = pl.Series((steps % 10**form.digits).astype(np.int64))
    return text + "." + fraction.cast(pl.String).str.zfill(form.digits)


def _with_commas(whole: NDArray[np.int64]) -> pl.Series:
    """Write whole numbers with a comma before every three digits."""
    above = whole // 1000
    if not above.any():
        return pl.Series(whole).cast(pl.String)
    ends = np.where(above > 0, whole % 1000 + 1, 0)
    return _with_commas(np.where(above > 0, above, whole)) + _ENDS.gather(ends.astype(np.uint32))


def _write_odd(value: float, places: str) -> str:
    if abs(value) >= 1.0:
        return format(value, places)
    per_cent = "%" if places.endswith("%") else ""
    number = value * 100.0 if per_cent else value
    return f"almost 0{per_cent}" if abs(number) < _SMALLEST else f"{number:.1g}{per_cent}"
