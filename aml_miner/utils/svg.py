"""Pictures as SVG text: a few shapes, in colours that are read on light and on dark ground, the same bytes every time.

Text keeps its size and is broken by an estimate of its width, as no font is at hand. A picture has a title and a
description for those who do not see it. Several pictures may stand in one page: they share their classes, and have no
ids that could collide.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final, Literal

type Anchor = Literal["start", "middle", "end"]

LETTER: Final = 0.56
"""Estimated width of a letter beside the size of the font: on the wide side for sans-serif fonts."""
FONT_SIZE: Final = 13.0

_STYLE: Final = """\
.aml{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif;font-size:13px}
.aml text{paint-order:stroke;stroke:#ffffff;stroke-width:3px;stroke-linejoin:round}
.aml .ground{fill:#ffffff}.aml .ink{fill:#1b1f24}.aml .dim{fill:#57606a}.aml .head{fill:#1b1f24;font-weight:600}
.aml .raises{fill:#bc4c00}.aml .lowers{fill:#0a58ca}.aml .total{fill:#57606a}.aml .band{fill:#57606a;fill-opacity:.18}
.aml .thread{stroke:#8c959f;stroke-width:1;fill:none}.aml .curve{stroke:#1b1f24;stroke-width:2;fill:none}
@media (prefers-color-scheme:dark){
.aml text{stroke:#0d1117}.aml .ground{fill:#0d1117}.aml .ink,.aml .head{fill:#e6edf3}.aml .dim{fill:#9aa4af}
.aml .raises{fill:#ff9b5e}.aml .lowers{fill:#79b8ff}.aml .total,.aml .band{fill:#9aa4af}
.aml .thread{stroke:#6e7681}.aml .curve{stroke:#e6edf3}}"""

_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes and how much height they take, to be put under others.

    Attributes
    ----------
    shapes
        SVG elements.
    height
        In pixels.
    """

    shapes: tuple[str, ...]
    height: float


def escape(text: str) -> str:
    """Return text as it may stand in SVG; what cannot be printed becomes a question mark.

    Examples
    --------
    >>> escape('a <b> & "c"')
    'a &lt;b&gt; &amp; &quot;c&quot;'
    """
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return "".join(_ESCAPES.get(letter, letter) for letter in shown)


def number(value: float) -> str:
    """Write a coordinate, to a hundredth of a pixel.

    Examples
    --------
    >>> number(1.0), number(0.126), number(-0.0001)
    ('1', '0.13', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def text_at(x: float, y: float, content: str, kind: str = "ink", anchor: Anchor = "start") -> str:
    """Return a line of text; ``y`` is its base line."""
    placed = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{number(x)}" y="{number(y)}"{placed}>{escape(content)}</text>'


def rectangle(x: float, y: float, size: tuple[float, float], kind: str) -> str:
    """Return a rectangle; ``size`` is its width and height, a negative width goes to the left."""
    width, height = size
    left = min(x, x + width)
    return (
        f'<rect class="{kind}" x="{number(left)}" y="{number(y)}" '
        f'width="{number(abs(width))}" height="{number(height)}"/>'
    )


def line(start: tuple[float, float], end: tuple[float, float], kind: str = "thread") -> str:
    """Return a straight line."""
    (x1, y1), (x2, y2) = start, end
    return f'<path class="{kind}" d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"/>'


def curve(points: Iterable[tuple[float, float]], kind: str = "curve") -> str:
    """Return straight lines from point to point."""
    steps = [f"{number(x)} {number(y)}" for x, y in points]
    return f'<path class="{kind}" d="M{"L".join(steps)}"/>'


def wrapped(text: str, width: float) -> list[str]:
    """Break a text into lines that fit a width in pixels, by estimate; an empty text has one line."""
    return wrap(text, max(8, int(width / (FONT_SIZE * LETTER)))) or [""]


def stacked(drawings: Sequence[Drawing]) -> Drawing:
    """Put drawings one under the other."""
    shapes: list[str] = []
    top = 0.0
    for drawing in drawings:
        shapes += [f'<g transform="translate(0 {number(top)})">', *drawing.shapes, "</g>"]
        top += drawing.height
    return Drawing(tuple(shapes), top)


def document(drawing: Drawing, width: float, title: str, description: str) -> str:
    """Return a whole picture.

    Parameters
    ----------
    drawing
        What is seen.
    width
        In pixels; the picture may be shown at any size.
    title, description
        What is told in place of the picture.
    """
    size = f"{number(width)} {number(drawing.height)}"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="aml" role="img" viewBox="0 0 {size}" '
        f'width="{number(width)}" height="{number(drawing.height)}" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(description)}</desc>",
        f"<style>{_STYLE}</style>",
        rectangle(0, 0, (width, drawing.height), "ground"),
        *drawing.shapes,
        "</svg>",
        "",
    ])  # fmt: skip
