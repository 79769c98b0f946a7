"""What commands print: JSON for scripts, text and tables for people."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import polars as pl

_PIPE_WIDTH = 160
_SHOWN_ADDRESS = 14
_ALWAYS_COUNTED = {
    "transfers",
    "addresses",
    "patterns",
    "alerts",
    "features",
    "clusters",
    "money_flows",
}
"""Counts whose 0 is news."""
_LEGEND = (
    "rank: the ranker's order. score: the scorer's, between 0 and 1.",
    "The reasons explain the score, not the rank, so a low score can stand above a high one.",
)


def print_json(content: object) -> None:
    """Print one JSON object on standard output."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    typer.echo(orjson.dumps(content, option=options, default=str))  # bytes: JSON is UTF-8 anywhere


def print_counts(counts: dict[str, int]) -> None:
    """Print counts, one a line, without those that are 0 because nothing was amiss."""
    shown = {n: count for n, count in counts.items() if count or n in _ALWAYS_COUNTED}
    width = max([28, *(len(name) + 1 for name in shown)])
    for name, count in shown.items():
        typer.echo(f"  {name.replace('_', ' '):<{width}}{count:>12,}")


def print_first_alerts(first: "pl.DataFrame") -> None:
    """Print the alerts to open first, as `first_alerts` of the core returns them: why, and then which and what."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if first.is_empty():
        typer.echo("There are no alerts to open.")
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    table = Table(title=f"The {first.height} alerts to open first", title_justify="left")
    for name in ("rank", "score", "typology", "address", "why (+ raises, − lowers the score)"):
        table.add_column(name, overflow="fold")
    for row in first.iter_rows(named=True):
        cells = (
            str(row["rank"]),
            f"{row['score']:.3f}",
            printable(row["typology_type"]),
            _shortened(printable(row["address"])),
            "\n".join(map(printable, row["reasons"])),
        )
        table.add_row(*map(Text, cells))  # as text: a name in brackets is no markup
    console.print(table)
    for line in _LEGEND:
        typer.echo(line)
    for row in first.iter_rows(named=True):
        shown = (printable(row[name]) for name in ("alert_id", "address", "description"))
        typer.echo("  ".join([f"{row['rank']:>4}", *filter(None, shown)]))


def _shortened(address: str) -> str:
    return (
        address
        if len(address) <= _SHOWN_ADDRESS
        else f"{address[: _SHOWN_ADDRESS - 5]}…{address[-4:]}"
    )


def printable(text: str) -> str:
    """Show what no terminal should act on as a question mark: names come from files of others."""
    return "".join(character if character.isprintable() else "?" for character in text)
