"""Waterfalls as a picture, readable 800 pixels wide."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from aml_miner.scoring.bars_svg import BAR, MARGIN, WIDTH, Bar, signed_bars
from aml_miner.scoring.explained import Explained
from aml_miner.scoring.waterfall import Step, Waterfall, signed, waterfall_of
from aml_miner.utils.svg import (
    Drawing,
    document,
    line,
    rectangle,
    stacked,
    text_at,
    wrapped,
)

_INNER: Final = WIDTH - 2 * MARGIN
_LINE: Final = 17.0
_GAP: Final = 12.0
_NUMBERS: Final = 70.0
"""Room for a contribution's number, beside the longest bar on either side."""
_LEFT: Final = MARGIN + _NUMBERS
_SPAN: Final = WIDTH - 2 * _LEFT
_THINNEST: Final = 1.5
"""Pixels a bar has at least, so that a small one is seen."""


def waterfall_svg(found: Sequence[Explained]) -> str:
    """Draw the waterfall of each alert or cluster, one under the other; the same bytes for the same explanations."""
    first = found[0]
    others = f" and {len(found) - 1} more" if len(found) > 1 else ""
    title = f"Why {first.subject} {first.identifier} has the score {first.score:.3f}{others}"
    drawing = stacked([part for one in found for part in _parts(one)])
    return document(drawing, WIDTH, title, " ".join(_described(one) for one in found))


def headline(one: Explained) -> list[str]:
    """Say of what a picture is: the alert, its score and rank, and what the batch says of it."""
    on = f" on {one.address}" if one.address else ""
    rank = f", rank {one.rank:,} of {one.rows:,} alerts" if one.rank is not None else ""
    network = f"{one.network}, " if one.network else ""
    lines = [
        f"{one.subject.capitalize()} {one.identifier}{on}",
        f"score {one.score:.3f}{rank}; {network}{one.processing_date}, {one.window_days} days; "
        f"model {one.model_version}",
    ]
    description = one.facts.get("description")
    return [
        *lines,
        *([said] if (said := _said(one)) else []),
        *([str(description)] if description else []),
    ]


def _said(one: Explained) -> str:
    """Say what the batch has of it, but for the description."""
    words = {
        "severity": "severity {}",
        "alert_confidence_score": "confidence {:.2f}",
        "volume_usd": "{:,.2f} USD",
        "pattern_type": "pattern {}",
        "severity_max": "highest severity {}",
        "confidence_avg": "mean confidence {:.2f}",
        "total_volume_usd": "{:,.2f} USD",
        "total_alerts": "{} alerts",
    }
    told = [
        words.get(name, "{}").format(Decimal(value) if name.endswith("_usd") else value)
        for name, value in one.facts.items()
        if name != "description" and value is not None and value != ""
    ]
    return ", ".join(told)


def _described(one: Explained) -> str:
    """Say in a sentence what the picture shows."""
    way = waterfall_of(one.explanation)
    steps = "; ".join(f"{signed(step.contribution)} {step.words}" for step in way.steps)
    return (
        f"{one.subject.capitalize()} {one.identifier}: from the base value {way.base_value:.3f} "
        f"to the raw score {way.raw_score:.3f}: {steps}."
    )


def _parts(one: Explained) -> list[Drawing]:
    way = waterfall_of(one.explanation)
    against = one.explanation.further_against
    parts = [
        _head(one),
        _mark("base value: before anything is known", way.base_value, way),
        *(_step(step, way) for step in way.steps),
        _mark(f"raw score; the score is {one.score:.3f}", way.raw_score, way, ends=True),
        _families(one),
    ]
    if against:
        words = [f"{signed(reason.contribution)} {reason.reason}" for reason in against]
        parts.append(_lines(["What argues against besides", *words]))
    return parts


def _head(one: Explained) -> Drawing:
    return _lines(headline(one), above=MARGIN)


def _lines(lines: Sequence[str], above: float = 4.0) -> Drawing:
    """Write lines, the first as a heading."""
    shapes, y = [], above
    for place, text in enumerate(lines):
        for part in wrapped(text, _INNER):
            y += _LINE
            shapes.append(text_at(MARGIN, y, part, "ink" if place else "head"))
    return Drawing(tuple(shapes), y + _GAP)


def _x(way: Waterfall, value: float) -> float:
    return _LEFT + way.share(value) * _SPAN


def _mark(words: str, value: float, way: Waterfall, *, ends: bool = False) -> Drawing:
    """Draw where the way begins or ends."""
    x, y = _x(way, value), _LINE + 5.0
    thread = (line((x, -_GAP), (x, y)),) if ends else ()
    shapes = (
        *thread,
        text_at(MARGIN, _LINE, words, "dim"),
        rectangle(x - 1.5, y, (3.0, BAR), "total"),
        text_at(x + 8.0, y + BAR - 3.0, f"{value:.3f}".replace("-", "−"), "dim"),
    )
    return Drawing(shapes, y + BAR + _GAP)


def _step(step: Step, way: Waterfall) -> Drawing:
    """Draw a step: its words, and under them the bar from where the one before ended."""
    kind = "raises" if step.raises else "lowers"
    lines = wrapped(step.words, _INNER)
    words = [text_at(MARGIN, _LINE * (n + 1), part) for n, part in enumerate(lines)]
    start, end, y = _x(way, step.start), _x(way, step.end), _LINE * len(lines) + 5.0
    length = end - start
    if abs(length) < _THINNEST:
        length = _THINNEST if step.raises else -_THINNEST
    at = (end + 6.0, "start") if step.raises else (end - 6.0, "end")
    bar = (
        line((start, -_GAP), (start, y + BAR)),
        rectangle(start, y, (length, BAR), kind),
        text_at(at[0], y + BAR - 3.0, signed(step.contribution), kind, at[1]),  # type: ignore[arg-type]
    )
    return Drawing((*bar, *words), y + BAR + _GAP)


def _families(one: Explained) -> Drawing:
    families = one.explanation.families
    bars = [Bar(name, value, signed(value)) for name, value in families.items()]
    return signed_bars("Sums by family", bars)
