"""Arguments and options several commands share."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

type Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
type AllowUnverified = Annotated[
    bool, typer.Option("--allow-unverified", help="Read files META.json does not vouch for.")
]
type Seed = Annotated[
    int | None, typer.Option(help="Seed of everything random; RANDOM_SEED when not given.")
]
type Network = Annotated[str, typer.Option(help="Name of the network.")]
type ProcessingDate = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="Last day of the window; the last transfer's day when not given."
    ),
]
type Window = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Days in the window; all when not given.")
]
type ModelsFolder = Annotated[
    Path | None, typer.Option(help="Folder of the models; MODELS_DIR when not given.")
]


def day(moment: datetime | None) -> date | None:
    """Return the day of a parsed date option."""
    return moment.date() if moment else None
