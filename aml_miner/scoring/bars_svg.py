"""Bars with a label, a sign and a number, one under the other: sums, importances, means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aml_miner.utils.svg import FONT_SIZE, LETTER, Drawing, line, rectangle, text_at

WIDTH: Final = 800.0
MARGIN: Final = 24.0
BAR: Final = 14.0
ROW: Final = 20.0
_HEAD: Final = 34.0
_BELOW: Final = 12.0
_LONGEST: Final = 44
"""Letters a label may have; a longer one is cut."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it ends, beside what, and with which number.

    Attributes
    ----------
    low, high
        A band behind it, as where most values lie; None draws none.
    has_sign
        Whether its colour says that it raises or lowers.
    """

    label: str
    value: float
    number: str
    low: float | None = None
    high: float | None = None
    has_sign: bool = True


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values lie on the page: ``low`` at ``left``, ``high`` at ``right``."""

    low: float
    high: float
    left: float
    right: float

    def x(self, value: float) -> float:
        """Return where a value lies, in pixels."""
        width = (self.high - self.low) or 1.0
        return self.left + (value - self.low) / width * (self.right - self.left)


def signed_bars(heading: str, bars: Sequence[Bar], among: Sequence[Bar] = ()) -> Drawing:
    """Draw bars from a common line at 0, to the left where a value is below it.

    Parameters
    ----------
    heading, bars
        What is drawn.
    among
        All bars of the picture, where several drawings are to have one scale.
    """
    labels = [cut(bar.label) for bar in bars]
    scale = _scale(among or bars)
    shapes, y = [text_at(MARGIN, _HEAD - ROW + 7.0, heading, "head")], _HEAD
    bottom = y + len(bars) * ROW
    shapes.append(line((scale.x(0.0), y - 3.0), (scale.x(0.0), bottom)))
    for label, bar in zip(labels, bars, strict=True):
        shapes += [text_at(MARGIN, y + BAR - 3.0, label), *_bar(bar, scale, y)]
        y += ROW
    return Drawing(tuple(shapes), bottom + _BELOW)


def cut(label: str) -> str:
    """Return a label that fits.

    Examples
    --------
    >>> cut("short"), len(cut("x" * 99))
    ('short', 44)
    """
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def _scale(bars: Sequence[Bar]) -> Scale:
    label = max((len(cut(bar.label)) for bar in bars), default=0) * FONT_SIZE * LETTER
    numbers = max((len(bar.number) for bar in bars), default=0) * FONT_SIZE * LETTER + 10.0
    ends = [end for bar in bars for end in (bar.value, bar.low, bar.high) if end is not None]
    low, high = min(0.0, *ends, 0.0), max(0.0, *ends, 0.0)
    left = MARGIN + label + 12.0 + (numbers if low < 0.0 else 0.0)
    return Scale(low, high, left, WIDTH - MARGIN - numbers)


def _bar(bar: Bar, scale: Scale, y: float) -> list[str]:
    below = bar.value < 0.0
    kind = ("lowers" if below else "raises") if bar.has_sign else "total"
    zero, end = scale.x(0.0), scale.x(bar.value)
    edges = [end, *(scale.x(edge) for edge in (bar.low, bar.high) if edge is not None)]
    at = min(edges) - 6.0 if below else max(edges) + 6.0
    band = []
    if bar.low is not None and bar.high is not None:
        left, right = scale.x(bar.low), scale.x(bar.high)
        band = [rectangle(left, y - 1.0, (right - left, BAR + 2.0), "band")]
    return [
        *band,
        rectangle(zero, y, (end - zero, BAR), kind),
        text_at(at, y + BAR - 3.0, bar.number, kind, "end" if below else "start"),
    ]
