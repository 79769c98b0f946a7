"""Tables of an evaluation, every cell as text: the terminal and the report show the same, so neither says more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aml_miner.evaluation.bench import Measured
from aml_miner.evaluation.budget import Line
from aml_miner.evaluation.evaluation import Bin, Evaluation, Part
from aml_miner.evaluation.intervals import Interval
from aml_miner.evaluation.wording import in_words, write_measured

MARK: Final = "*"
"""Ends the cell of a metric that differs from the model's by more than chance."""

_NO_VALUE: Final = "–"


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table for people.

    Attributes
    ----------
    title
        What it shows, without a full stop.
    columns
        Names of the columns.
    rows
        One cell per column; a value from a file is as it stands there, so who shows it makes it harmless.
    names
        How many of the first columns say what a row is of; the others hold what was found.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    names: int = 1


def write_counts(evaluation: Evaluation) -> str:
    """Return how many rows were scored, how many are labelled, and how many of these are illicit, as a sentence."""
    rate = "" if evaluation.base_rate is None else f" ({evaluation.base_rate:.1%})"
    return (
        f"{evaluation.rows:,} {evaluation.what}, {evaluation.labelled:,} labelled on "
        f"{evaluation.addresses:,} addresses, {evaluation.illicit:,} illicit{rate}."
    )


def build_tables(evaluation: Evaluation) -> Iterator[TextTable]:
    """Return all rows, the segments, the reliability and the alert budget, each where there is something to show."""
    tables = (
        _whole(evaluation),
        _parts(evaluation),
        _reliability(evaluation.what, evaluation.reliability),
        _budget(evaluation.lines),
    )
    return (table for table in tables if table.rows)


def _whole(evaluation: Evaluation) -> TextTable:
    whole, model = evaluation.whole, evaluation.model
    return TextTable(
        f"How good the {evaluation.what}' scores are, with intervals by address "
        f"({MARK} differs from {in_words(model)} by more than chance)",
        ("metric", *map(in_words, whole.metrics)),
        [
            (in_words(metric), *(_marked(whole, scoring, metric) for scoring in whole.metrics))
            for metric in whole.metrics[model]
        ],
    )


def _marked(part: Part, scoring: str, metric: str) -> str:
    text = _text(part.metrics[scoring].get(metric))
    return text + MARK if part.differs(scoring, metric) else text


def _text(measured: Measured | None, decimals: int = 3) -> str:
    return write_measured(measured, decimals, undefined=_NO_VALUE)


def _parts(evaluation: Evaluation) -> TextTable:
    model, parts = evaluation.model, evaluation.parts
    metrics = list(parts[0].metrics[model]) if parts else []
    return TextTable(
        f"By segment, {in_words(model)}",
        ("segment", "value", "rows", "illicit", *map(in_words, metrics), "beaten by (AP)"),
        [
            (
                in_words(part.segment),
                part.value,
                f"{part.rows:,}",
                f"{part.illicit:,}",
                *(_text(part.metrics[model].get(metric)) for metric in metrics),
                ", ".join(_better(part)),
            )
            for part in parts
        ],
        names=2,
    )


def _better(part: Part) -> Iterator[str]:
    """Name the scorings that are better by more than chance."""
    for name, differences in part.differences.items():
        difference = differences["average_precision"]
        if isinstance(difference, Interval) and difference.high < 0.0:
            yield in_words(name)


def _reliability(what: str, bins: Sequence[Bin]) -> TextTable:
    return TextTable(
        f"Reliability of the {what}' scores: what was promised, and what was found",
        ("score", "rows", "mean score", "share illicit"),
        [
            (
                f"{one.low:.1f}–{one.high:.1f}",
                f"{one.rows:,}",
                f"{one.mean_score:.3f}",
                f"{one.illicit_share:.3f}",
            )
            for one in bins
            if one.mean_score is not None and one.illicit_share is not None
        ],
    )


def _budget(lines: Sequence[Line]) -> TextTable:
    return TextTable(
        "Alert budget",
        (
            "rule", "open from score", "opened", "saved", "recall", "precision", "cost",
            "illicit below the line",
        ),
        [
            (
                line.rule,
                _NO_VALUE if line.threshold is None else f"{line.threshold:.6f}",
                f"{line.opened:,}",
                f"{line.saved:,} ({line.saved_share:.1%})",
                _text(line.recall),
                _text(line.precision),
                "" if line.cost is None else f"{line.cost:,.0f}",
                f"{line.missed:,} known, {_text(line.below, 0)} estimated",
            )
            for line in lines
        ],
    )  # fmt: skip
