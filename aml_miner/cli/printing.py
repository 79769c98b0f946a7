"""What commands print: JSON for scripts, text and tables for people."""

import orjson
import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from aml_miner.scoring import Results

_PIPE_WIDTH = 160
_SHOWN_ADDRESS = 14


def print_json(content: object) -> None:
    """Print one JSON object on standard output."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    typer.echo(orjson.dumps(content, option=options, default=str).decode())


def print_counts(counts: dict[str, int]) -> None:
    """Print counts, one a line, without those that are 0."""
    for name, count in counts.items():
        if count:
            typer.echo(f"  {name.replace('_', ' '):<28}{count:>12,}")


def first_alerts(results: Results, alerts: pl.DataFrame, most: int = 10) -> pl.DataFrame:
    """Return the alerts to open first: ``rank score typology address reasons``, in that order.

    The score and the reasons are the scorer's; the rank is the ranker's.
    """
    about = alerts.select("alert_id", "typology_type", "severity").unique("alert_id", keep="first")
    explained = results.alert_scores.select("alert_id", "address", "score", "explain_json")
    return (
        results.alert_rankings.select("alert_id", "rank")
        .sort("rank")
        .head(most)
        .join(
            explained.unique("alert_id", keep="first"),
            on="alert_id",
            how="left",
            maintain_order="left",
        )
        .join(about, on="alert_id", how="left", maintain_order="left")
    )


def print_first_alerts(first: pl.DataFrame) -> None:
    """Print the alerts to open first, each with its leading reasons."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    table = Table(title=f"The {first.height} alerts to open first", title_justify="left")
    for name in ("rank", "score", "typology", "address", "why (+ raises, − lowers the score)"):
        table.add_column(name, overflow="fold")
    for row in first.iter_rows(named=True):
        table.add_row(
            str(row["rank"]),
            f"{row['score']:.3f}",
            row["typology_type"],
            _shortened(row["address"]),
            _reasons(row["explain_json"]),
        )
    console.print(table)


def _shortened(address: str) -> str:
    return (
        address
        if len(address) <= _SHOWN_ADDRESS
        else f"{address[: _SHOWN_ADDRESS - 5]}…{address[-4:]}"
    )


def _reasons(explain_json: str) -> str:
    features = orjson.loads(explain_json)["top_features"]
    signs = {"raises": "+", "lowers": "−"}
    return "\n".join(f"{signs[f['direction']]} {f['reason']}" for f in features[:3])
