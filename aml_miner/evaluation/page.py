"""An evaluation as one page of HTML that needs no network, no script and no other file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from aml_miner.evaluation.bench import Undefined
from aml_miner.evaluation.charts import bar_chart, histogram, line_chart, point_chart
from aml_miner.evaluation.curves import Reach, count_scores, draw_curves
from aml_miner.evaluation.evaluation import FIRST_TENTH, Evaluation
from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.tables import TextTable, build_tables, write_counts
from aml_miner.evaluation.wording import in_words

_NAME_SPACE: Final = ' xmlns="http://www.w3.org/2000/svg"'
_NAMING: Final = ' class="name"'
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #222; }
h1, h2, h3 { line-height: 1.2; } table { border-collapse: collapse; font-size: 13px; }
td, th { padding: 2px 10px; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
.name { text-align: left; } th[scope="row"] { font-weight: normal; } .wide { overflow-x: auto; }
caption { font-size: 15px; text-align: left; } caption h3 { margin: 1.5em 0 0.5em; }
.plots { display: flex; flex-wrap: wrap; gap: 1.5em; } figure { margin: 0; width: 22em; }
figcaption { font-weight: 600; } svg { width: 100%; } svg.bars { max-width: 44em; }
.pictures figure { width: 44em; max-width: 100%; margin: 1em 0; }
svg:not(.aml) text { font-size: 11px; fill: #444; } .legend { font-size: 12px; margin: 0; }
.frame { fill: none; stroke: #bbb; } .axis { stroke: #bbb; } .line { fill: none; }
.guide { fill: none; stroke: #bbb; stroke-dasharray: 4 4; } .note { color: #8a4b00; }
"""


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one set of rows, alerts or clusters, has to show.

    Attributes
    ----------
    judged, evaluation
        The scores beside the truth, and what was measured of them.
    reaches
        The features that moved the scores most; empty where results explain nothing.
    pictures
        Of what the model goes by, SVG by name; none where the model is not there to be asked.
    """

    judged: Judged
    evaluation: Evaluation
    reaches: Sequence[Reach] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)


def write_page(chapters: Iterable[Chapter], title: str) -> str:
    """Return the page.

    Parameters
    ----------
    chapters
        What to show, in this order.
    title
        Heading of the page; it may come from anybody.
    """
    body = "".join(part for chapter in chapters for part in _chapter(chapter))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def _chapter(chapter: Chapter) -> Iterator[str]:
    judged, found = chapter.judged, chapter.evaluation
    yield f"<h2>{found.what.capitalize()}: {escape(in_words(found.model))}</h2>"
    yield f"<p>{escape(write_counts(found))}</p>"
    for note in found.notes:
        yield f'<p class="note">{escape(note)}.</p>'
    yield f'<div class="plots">{"".join(_plots(judged, found))}</div>'
    yield from _segments(found)
    yield from map(_table, build_tables(found))
    if chapter.reaches:
        yield "<h3>What moved the scores (SHAP)</h3>"
        yield "<p>Mean contribution to the raw score, counted where a feature is among the leading ones.</p>"
        yield bar_chart(
            [
                (
                    in_words(reach.feature),
                    reach.lowered,
                    reach.raised,
                    f"in {reach.alerts:,} alerts",
                )
                for reach in chapter.reaches
            ]
        )
    if chapter.pictures:
        yield "<h3>What the model goes by (SHAP)</h3>"
        yield "<p>Over all rows of the batch, each with all its contributions.</p>"
        pictures = (_inline(picture) for picture in chapter.pictures.values())
        yield f'<div class="pictures">{"".join(pictures)}</div>'


def _inline(picture: str) -> str:
    """Return a picture as a part of a page, where its name space goes without saying."""
    return f"<figure>{picture.replace(_NAME_SPACE, '', 1)}</figure>"


def _plots(judged: Judged, found: Evaluation) -> Iterator[str]:
    curves = {in_words(name): drawn for name, drawn in draw_curves(judged).items()}
    if curves:
        for caption, lines, axes, diagonal in (
            (
                "Precision and recall",
                {name: drawn.precision_recall for name, drawn in curves.items()},
                ("share of the illicit opened", "share of the opened illicit"),
                False,
            ),
            (
                "ROC",
                {name: drawn.roc for name, drawn in curves.items()},
                ("share of the licit opened", "share of the illicit opened"),
                True,
            ),
            (
                "Gain",
                {name: drawn.gain for name, drawn in curves.items()},
                ("share of all opened", "share of the illicit opened"),
                True,
            ),
        ):
            yield _figure(caption, line_chart(lines, axes, diagonal=diagonal))
    if found.reliability:
        points = [
            (one.mean_score, one.illicit_share, one.rows)
            for one in found.reliability
            if one.mean_score is not None and one.illicit_share is not None
        ]
        yield _figure("Reliability", point_chart(points, ("share promised", "share illicit")))
        yield _figure(
            "Scores", histogram(count_scores(judged), ("score", "share of the licit, illicit"))
        )


def _figure(caption: str, chart: str) -> str:
    return f"<figure><figcaption>{caption}</figcaption>{chart}</figure>"


def _segments(found: Evaluation) -> Iterator[str]:
    recalls = [(part, part.metrics[found.model][FIRST_TENTH]) for part in found.parts]
    bars = [
        (
            f"{in_words(part.segment)}: {part.value}",
            0.0,
            recall.value,
            f"{recall.value:.0%} of {part.illicit:,} illicit",
        )
        for part, recall in recalls
        if not isinstance(recall, Undefined)
    ]
    if bars:
        yield "<h3>Recall when a tenth of all is opened</h3>"
        yield bar_chart(bars)


def _table(table: TextTable) -> str:
    """Return a table: a screen reader can tell its heads, and the keyboard can scroll it where it is too wide."""
    title, rows = escape(table.title), "".join(_row(row, table.names) for row in table.rows)
    head = "".join(
        f'<th scope="col"{_NAMING if place < table.names else ""}>{escape(name)}</th>'
        for place, name in enumerate(table.columns)
    )
    return (
        f'<div class="wide" role="region" aria-label="{title}" tabindex="0"><table>'
        f"<caption><h3>{title}</h3></caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(cells: Sequence[str], names: int) -> str:
    naming = (f'<th scope="row"{_NAMING}>{escape(cell)}</th>' for cell in cells[:names])
    found = (f"<td>{escape(cell)}</td>" for cell in cells[names:])
    return f"<tr>{''.join((*naming, *found))}</tr>"
