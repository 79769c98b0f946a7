"""What ``aml-miner explain`` does: an alert is found, told on the terminal, and drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aml_miner.batch.reading import read_batch_to_score
from aml_miner.cli.printing import print_json, printable
from aml_miner.errors import ConfigurationError
from aml_miner.features.builder import address_columns
from aml_miner.models import load_models
from aml_miner.scoring.closer_look import look_closer
from aml_miner.scoring.explained import Explained, find_explained
from aml_miner.scoring.waterfall import Step, Waterfall, signed, waterfall_of
from aml_miner.scoring.waterfall_svg import headline, waterfall_svg
from aml_miner.utils.folders import writing

_PIPE_WIDTH: Final = 120
_BAR_CELLS: Final = 32
_FEATURES: Final = 5
_STYLES: Final = {True: "dark_orange", False: "dodger_blue2"}
_FILLS: Final = {True: "█", False: "░"}
"""Told apart without colour too."""


def run_explain(
    identifier: str,
    results: Path,
    batch: Path | None,
    models: Path | None,
    features: int | None,
    *,
    svg: Path | None,
    allow_unverified: bool,
    as_json: bool,
) -> None:
    """Print why an alert or cluster has its score, and draw it where a file is named."""
    _check_options(batch, models, features)
    found = find_explained(results, identifier)
    if batch is not None:
        read = read_batch_to_score(batch, address_columns(), allow_unverified=allow_unverified)
        loaded = load_models(models) if models is not None else None
        found = look_closer(found, read, loaded, most=features or _FEATURES)
    if svg is not None:
        with writing(svg):
            svg.write_text(waterfall_svg(found), encoding="utf-8")
    if as_json:
        print_json({"found": [one.to_dict() for one in found], "svg": svg and str(svg)})
        return
    for one in found:
        print_explained(one)
    if svg is not None:
        typer.echo(f"The picture is {svg}.")


def _check_options(batch: Path | None, models: Path | None, features: int | None) -> None:
    if models is not None and batch is None:
        message = (
            "--models needs --batch: more is explained of the rows in the batch that was scored."
        )
        raise ConfigurationError(message)
    if features is not None and models is None:
        message = f"--features needs --models: results list {_FEATURES} features, and only models know more."
        raise ConfigurationError(message)


def print_explained(one: Explained) -> None:
    """Print an explanation for people."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    title, *lines = map(printable, headline(one))
    console.print(Text(title, style="bold"), soft_wrap=True)
    for line in lines:
        console.print(Text(line))
    console.print(_steps(waterfall_of(one.explanation), one.score))
    families = [f"{name} {signed(value)}" for name, value in one.explanation.families.items()]
    console.print(Text(f"By family: {', '.join(families)}."))
    for line in _against(one):
        console.print(Text(line))
    console.print()


def _steps(way: Waterfall, score: float) -> Table:
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(*_mark(way, way.base_value, "base value: before anything is known"))
    for step in way.steps:
        style = _STYLES[step.raises]
        words = (signed(step.contribution), _bar(way, step), printable(step.words))
        table.add_row(Text(words[0], style=style), Text(words[1], style=style), Text(words[2]))
    table.add_row(*_mark(way, way.raw_score, f"raw score; the score is {score:.3f}"))
    return table


def _mark(way: Waterfall, value: float, words: str) -> tuple[Text, Text, Text]:
    at = min(_cell(way, value), _BAR_CELLS - 1)
    number = f"{value:.3f}".replace("-", "−")
    return Text(number, style="bold"), Text(" " * at + "│"), Text(words, style="bold")


def _bar(way: Waterfall, step: Step) -> str:
    """Return the bar of a step, at least one cell long."""
    first, last = sorted((_cell(way, step.start), _cell(way, step.end)))
    first = min(first, _BAR_CELLS - 1)
    return " " * first + _FILLS[step.raises] * max(1, last - first)


def _cell(way: Waterfall, value: float) -> int:
    return round(way.share(value) * _BAR_CELLS)


def _against(one: Explained) -> Sequence[str]:
    """Say what argues against: what is among the reasons is seen there, and what is not is told here."""
    explanation = one.explanation
    if not explanation.against:
        return ["Nothing argues against: no feature lowers the score."]
    further = explanation.further_against
    if not further:
        return ["What argues against most stands among the reasons above."]
    told = [f"  {signed(reason.contribution)} {printable(reason.reason)}" for reason in further]
    return ["What argues against besides:", *told]
