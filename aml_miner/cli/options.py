"""Arguments and options several commands share.

Plain names, not ``type`` statements: typer does not look behind those.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object instead of text, also when it fails.")
]
AllowUnverified = Annotated[
    bool,
    typer.Option(
        "--allow-unverified",
        help="Read files META.json has no hash for; a wrong hash is refused all the same.",
    ),
]
Seed = Annotated[
    int | None, typer.Option(help="Seed of everything random; RANDOM_SEED when not given.")
]
Network = Annotated[str, typer.Option(help="Name of the network.")]
DAY = "%Y-%m-%d"

ProcessingDates = Annotated[
    list[datetime] | None,
    typer.Option(
        "--date",
        formats=[DAY],
        help="Last day of the window, once or more; the last transfer's day when not given.",
    ),
]
Windows = Annotated[
    list[int] | None,
    typer.Option(min=1, max=65535, help="Days in the window, once or more; all when not given."),
]
AsOf = Annotated[
    datetime | None,
    typer.Option(formats=[DAY], help="Training date: what was found out later does not enter."),
]
TruthToLearn = Annotated[
    Path,
    typer.Option(
        "--truth",
        help="Ground truth or other labels, a Parquet or CSV file, or a folder with ground_truth.parquet.",
    ),
]
LabelStrategyName = Annotated[
    str | None,
    typer.Option(
        "--label-strategy",
        help="What to make of the truth, see docs/training.md; as its columns tell when not given.",
    ),
]
ModelsFolder = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the models; MODELS_DIR when not given, or else those that come with the package."
    ),
]
SourceUrl = Annotated[
    str | None,
    typer.Option(
        help="A folder, or a URL: http(s)://, s3://, clickhouse(s)://; SOURCE_URL when not given."
    ),
]
NetworkName = Annotated[
    str | None, typer.Option("--network", help="Whose batches; NETWORK when not given.")
]
WantedWindows = Annotated[
    list[int] | None,
    typer.Option(
        "--window",
        min=1,
        max=65535,
        help="Days in the window, once or more; WINDOWS when not given.",
    ),
]


def day(moment: datetime | None) -> date | None:
    """Return the day of a parsed date option."""
    return moment.date() if moment else None
