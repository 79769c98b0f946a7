"""Plots as SVG, written by hand: no library, no script, the same bytes for the same numbers."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from aml_miner.evaluation.curves import Points

COLOURS: Final = ("#0b5394", "#cc4125", "#6aa84f", "#8e63b0", "#b07d2b", "#45818e", "#777777")
"""Told apart by people who see few colours too; the first is the model's."""

_WIDTH: Final = 360
_HEIGHT: Final = 260
_LEFT: Final = 46
_BOTTOM: Final = 40
_TOP: Final = 12
_RIGHT: Final = 12
_ROW: Final = 20


def line_chart(
    lines: Mapping[str, Points], axes: tuple[str, str], *, diagonal: bool = False
) -> str:
    """Draw lines over the unit square, with a legend below; the first is the thickest."""
    drawn = []
    if diagonal:
        drawn.append(f'<polyline points="{_path(((0.0, 0.0), (1.0, 1.0)))}" class="guide"/>')
    for place, points in reversed(list(enumerate(lines.values()))):
        colour = COLOURS[place % len(COLOURS)]
        width = 2.2 if place == 0 else 1.2
        drawn.append(
            f'<polyline points="{_path(points)}" stroke="{colour}" stroke-width="{width}" class="line"/>'
        )
    legend = [
        f'<span style="color:{COLOURS[place % len(COLOURS)]}">■</span> {escape(name)}'
        for place, name in enumerate(lines)
    ]
    return _framed("".join(drawn), axes) + f'<p class="legend">{" &nbsp; ".join(legend)}</p>'


def point_chart(points: Sequence[tuple[float, float, int]], axes: tuple[str, str]) -> str:
    """Draw points (x, y, how many rows) over the unit square, with the diagonal; more rows are a larger point."""
    most = max((rows for _, _, rows in points), default=1)
    drawn = [f'<polyline points="{_path(((0.0, 0.0), (1.0, 1.0)))}" class="guide"/>']
    for x, y, rows in points:
        radius = 2.0 + 6.0 * (rows / most) ** 0.5
        title = f"{rows} rows: promised {x:.3f}, found {y:.3f}"
        drawn.append(
            f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="{radius:.1f}" fill="{COLOURS[0]}">'
            f"<title>{title}</title></circle>"
        )
    return _framed("".join(drawn), axes)


def histogram(counts: Sequence[tuple[int, int]], axes: tuple[str, str]) -> str:
    """Draw licit and illicit counts over equal parts of 0–1, each as a share of its class."""
    licit, illicit = (max(1, sum(column)) for column in zip(*counts, strict=True))
    shares = [(one / licit, other / illicit) for one, other in counts]
    most = max(max(pair) for pair in shares) or 1.0
    step = (_WIDTH - _LEFT - _RIGHT) / len(counts)
    drawn = []
    for place, pair in enumerate(shares):
        for half, share in enumerate(pair):
            height = (_HEIGHT - _TOP - _BOTTOM) * share / most
            left = _LEFT + step * place + half * step / 2
            drawn.append(
                f'<rect x="{left:.1f}" y="{_HEIGHT - _BOTTOM - height:.1f}" width="{step / 2:.1f}" '
                f'height="{height:.1f}" fill="{COLOURS[half]}"><title>{share:.1%}</title></rect>'
            )
    legend = " &nbsp; ".join(
        f'<span style="color:{COLOURS[place]}">■</span> {name}'
        for place, name in enumerate(("licit", "illicit"))
    )
    return _framed("".join(drawn), axes, top=f"{most:.0%}") + f'<p class="legend">{legend}</p>'


def bar_chart(bars: Sequence[tuple[str, float, float, str]]) -> str:
    """Draw one bar a row: name, from, to (of one scale, 0 in it), and what its value says."""
    low = min(0.0, *(start for _, start, _, _ in bars)) if bars else 0.0
    high = max(1e-12, *(end for _, _, end, _ in bars)) if bars else 1.0
    scale = 260.0 / (high - low)
    zero = 220.0 - low * scale
    drawn = [f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{_ROW * len(bars)}" class="axis"/>']
    for place, (name, start, end, value) in enumerate(bars):
        top = _ROW * place
        for left, right, colour in ((start, 0.0, COLOURS[0]), (0.0, end, COLOURS[1])):
            if right > left:
                drawn.append(
                    f'<rect x="{zero + left * scale:.1f}" y="{top + 4}" width="{(right - left) * scale:.1f}" '
                    f'height="{_ROW - 8}" fill="{colour}"/>'
                )
        drawn.append(f'<text x="212" y="{top + 14}" text-anchor="end">{escape(name)}</text>')
        drawn.append(f'<text x="488" y="{top + 14}">{escape(value)}</text>')
    return f'<svg viewBox="0 0 640 {_ROW * max(1, len(bars))}" class="bars">{"".join(drawn)}</svg>'


def _framed(content: str, axes: tuple[str, str], top: str = "1") -> str:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    middle = (_LEFT + right) / 2
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<rect x="{_LEFT}" y="{_TOP}" width="{right - _LEFT}" height="{bottom - _TOP}" class="frame"/>'
        f"{content}"
        f'<text x="{_LEFT}" y="{bottom + 14}">0</text>'
        f'<text x="{right}" y="{bottom + 14}" text-anchor="end">1</text>'
        f'<text x="{_LEFT - 6}" y="{_TOP + 8}" text-anchor="end">{escape(top)}</text>'
        f'<text x="{middle:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(axes[0])}</text>'
        f'<text x="14" y="{(_TOP + bottom) / 2:.0f}" text-anchor="middle" '
        f'transform="rotate(-90 14 {(_TOP + bottom) / 2:.0f})">{escape(axes[1])}</text></svg>'
    )


def _path(points: Points) -> str:
    return " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)


def _x(value: float) -> float:
    return _LEFT + value * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float) -> float:
    return _HEIGHT - _BOTTOM - value * (_HEIGHT - _TOP - _BOTTOM)
