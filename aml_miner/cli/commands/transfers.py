"""Commands that make transfers and batches: ``simulate``, ``monitor`` and ``check``."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from aml_miner.cli.options import (
    DAY,
    AllowUnverified,
    Json,
    Network,
    ProcessingDates,
    Windows,
    day,
)


def simulate(
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    accounts: Annotated[
        int | None, typer.Option(help="Accounts, 200 to 2,000,000; as in the file when not given.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="Days, from 7.")] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Seed of everything random; the file's when not given, or RANDOM_SEED where it names none."
        ),
    ] = None,
    base_rate: Annotated[
        float | None, typer.Option(help="Share of the accounts that launder, 0 to 0.4.")
    ] = None,
    alerts: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Instead of --accounts: as many accounts as give about so many alerts, by monitoring pilots.",
        ),
    ] = None,
    network: Annotated[str | None, typer.Option(help="Name of the network.")] = None,
    config: Annotated[Path | None, typer.Option(help="Knobs to change, a YAML file.")] = None,
    as_json: Json = False,
) -> None:
    """Simulate an economy with laundering in it: transfers, labels and the truth, into OUT."""
    from aml_miner.cli.simulating import run_simulate
    from aml_miner.config.settings import load_settings

    if accounts is not None and alerts is not None:
        message = "--accounts and --alerts exclude each other: give one of them."
        raise typer.BadParameter(message)
    run_simulate(
        out,
        config,
        alerts,
        random_seed=load_settings().random_seed,
        as_json=as_json,
        accounts=accounts,
        days=days,
        seed=seed,
        base_rate=base_rate,
        network=network,
    )


def monitor(
    transfers: Annotated[
        Path, typer.Argument(help="A Parquet file, or a folder with transfers.parquet.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="The batch folder to write; of several dates or windows the folder they go below."
        ),
    ],
    labels: Annotated[Path | None, typer.Option(help="Address labels, a Parquet file.")] = None,
    network: Network = "unknown",
    processing_date: ProcessingDates = None,
    window: Windows = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=[DAY], help="First date of a backtest.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=[DAY], help="Last date of a backtest.")
    ] = None,
    every: Annotated[
        int | None, typer.Option(min=1, help="Days between a backtest's dates; 1 when not given.")
    ] = None,
    profile: Annotated[Path | None, typer.Option(help="Detector parameters, a YAML file.")] = None,
    as_json: Json = False,
) -> None:
    """Make a batch of alerts from TRANSFERS; with several dates or windows, one for each."""
    from aml_miner.cli.monitoring import Dates, Source, run_monitor

    named = [moment.date() for moment in processing_date or ()]
    dates = Dates(named, day(first), day(last), every)
    run_monitor(
        Source(transfers, labels, network, profile), dates, window or (), out, as_json=as_json
    )


def check(
    batch: Annotated[Path, typer.Argument(help="A batch folder.")],
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Read every table of BATCH, money flows and labels too, and say what it holds and lacks."""
    from aml_miner.cli.checking import run_check

    run_check(batch, allow_unverified=allow_unverified, as_json=as_json)
