"""Commands that bring batches in: from elsewhere, and on to results day by day."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from aml_miner.cli.options import (
    DAY,
    AllowUnverified,
    Json,
    ModelsFolder,
    NetworkName,
    SourceUrl,
    WantedWindows,
)


def fetch(
    since: Annotated[datetime, typer.Option("--from", formats=[DAY], help="The first date.")],
    until: Annotated[datetime, typer.Option("--to", formats=[DAY], help="The last date.")],
    source: SourceUrl = None,
    network: NetworkName = None,
    window: WantedWindows = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder of batches; BATCHES_DIR when not given.")
    ] = None,
    retention_days: Annotated[
        int | None,
        typer.Option(min=1, help="Dates to keep, the last among them; RETENTION_DAYS, or all."),
    ] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Fetch batches from a folder, HTTP, S3 or ClickHouse; each is verified, and then seen whole or not at all.

    What was stopped is gone on with when the same is asked for again, and what is there already is kept.
    """
    from aml_miner.cli.fetching import Wanted, run_fetch

    wanted = Wanted(source, network, since.date(), until.date(), window, allow_unverified)
    run_fetch(wanted, out, retention_days, as_json=as_json)


def run_daily(
    date: Annotated[
        datetime | None,
        typer.Option(formats=[DAY], help="The processing date; today's in UTC when not given."),
    ] = None,
    source: SourceUrl = None,
    network: NetworkName = None,
    window: WantedWindows = None,
    batches: Annotated[
        Path | None, typer.Option(help="The folder of batches; BATCHES_DIR when not given.")
    ] = None,
    models: ModelsFolder = None,
    results: Annotated[
        Path | None, typer.Option(help="The folder of results; RESULTS_DIR when not given.")
    ] = None,
    refresh: Annotated[
        str | None, typer.Option(help="URL of a server to tell that there are new results.")
    ] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Fetch, score, pack and store the batches of one date; kill it at any point, and run it again.

    A package is made where PACKAGES_DIR is set; PACKAGE_KEY, MODEL_GITHUB_URL and MODEL_COMMIT say by whom.
    """
    from aml_miner.cli.daily import Daily, run_run_daily
    from aml_miner.cli.fetching import Wanted

    chosen = (date or datetime.now(UTC)).date()
    wanted = Wanted(source, network, chosen, chosen, window, allow_unverified)
    run_run_daily(wanted, Daily(batches, results, models, refresh), as_json=as_json)
