"""Every command as a function: arguments in, one call of the library, what came out printed."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import aml_miner
from aml_miner.batch.digests import digest_folder
from aml_miner.batch.reading import find_batches, read_batch, read_table
from aml_miner.batch.schemas import ADDRESS_LABELS, SCORED_TABLES
from aml_miner.cli.demo import demo
from aml_miner.cli.options import (
    AllowUnverified,
    Json,
    ModelsFolder,
    Network,
    ProcessingDate,
    Seed,
    Window,
    day,
)
from aml_miner.cli.printing import first_alerts, print_counts, print_first_alerts, print_json
from aml_miner.cli.progress import shown_stages
from aml_miner.config.model_config import load_model_config
from aml_miner.config.settings import load_settings
from aml_miner.models import load_models, save_models
from aml_miner.monitoring.monitoring import monitor_transfers
from aml_miner.monitoring.profile import load_profile, read_profile
from aml_miner.monitoring.transfers import make_transfers, read_transfers_file
from aml_miner.scoring import score_batch, write_results
from aml_miner.training.report import report_lines
from aml_miner.training.train_models import train_models
from aml_miner.training.truth import read_truth

app = typer.Typer(
    help="Score, rank and explain anti-money-laundering alerts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(aml_miner.__version__)
        raise typer.Exit


@app.callback()
def version(
    show: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Score, rank and explain anti-money-laundering alerts."""
    del show


@app.command()
def monitor(
    transfers: Annotated[
        Path, typer.Argument(help="A Parquet file, or a folder with transfers.parquet.")
    ],
    out: Annotated[Path, typer.Option(help="The batch folder to write.")],
    labels: Annotated[Path | None, typer.Option(help="Address labels, a Parquet file.")] = None,
    network: Network = "unknown",
    processing_date: ProcessingDate = None,
    window: Window = None,
    profile: Annotated[Path | None, typer.Option(help="Detector parameters, a YAML file.")] = None,
    as_json: Json = False,
) -> None:
    """Make a batch of alerts from TRANSFERS."""
    parameters = read_profile(profile) if profile else load_profile(network)
    with shown_stages(6) as begin:
        begin("reading transfers")
        table = make_transfers(read_transfers_file(transfers), day(processing_date), window)
        known = read_table(labels, ADDRESS_LABELS).rows if labels else None
        monitored = monitor_transfers(
            table, parameters, network=network, labels=known, progress=begin
        )
        begin("writing")
        monitored.write(out)
    if as_json:
        print_json({"batch": str(out), **monitored.counts()})
        return
    print_counts(monitored.counts())
    typer.echo(f"Batch {monitored.meta.batch_id} is in {out}.")


@app.command()
def train(
    batches: Annotated[
        list[Path], typer.Argument(help="Batch folders, or folders that hold batches.")
    ],
    truth: Annotated[
        Path, typer.Option(help="Ground truth per alert or per address, a Parquet file.")
    ],
    out: Annotated[Path, typer.Option(help="The models folder to write.")],
    seed: Seed = None,
    config: Annotated[Path | None, typer.Option(help="Hyperparameters, a YAML file.")] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Train the three models on BATCHES and report how well they do on alerts they have not seen."""
    chosen = load_settings().random_seed if seed is None else seed
    with shown_stages(3) as begin:
        begin("reading batches")
        folders = [folder for root in batches for folder in find_batches(root)]
        read = [
            read_batch(folder, SCORED_TABLES, allow_unverified=allow_unverified)
            for folder in folders
        ]
        begin("training")
        training = train_models(read, read_truth(truth), load_model_config(config), chosen)
        begin("writing")
        save_models(training.models, out)
    if as_json:
        print_json({"models": str(out), "report": training.report.to_dict()})
        return
    for line in report_lines(training.report):
        typer.echo(line)
    typer.echo(f"Models are in {out}.")


@app.command()
def score(
    batch: Annotated[Path, typer.Argument(help="A batch folder.")],
    out: Annotated[Path, typer.Option(help="The results folder to write.")],
    models: ModelsFolder = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Score, rank and explain the alerts and clusters of BATCH."""
    with shown_stages(4) as begin:
        begin("loading models")
        loaded = load_models(models or load_settings().models_dir)
        begin("reading the batch")
        read = read_batch(batch, SCORED_TABLES, allow_unverified=allow_unverified)
        begin("scoring")
        results = score_batch(read, loaded)
        begin("writing")
        write_results(results, out)
    if as_json:
        print_json({"results": str(out), **asdict(results.facts)})
        return
    print_first_alerts(first_alerts(results, read.alerts))
    typer.echo(f"Results are in {out}.")


@app.command()
def digest(
    folder: Annotated[Path, typer.Argument(help="A folder with Parquet tables.")],
    as_json: Json = False,
) -> None:
    """Print one SHA-256 over the values of FOLDER's tables, whatever their encoding; times are no part of it."""
    value = digest_folder(folder)
    if as_json:
        print_json({"folder": str(folder), "sha256": value})
        return
    typer.echo(value)


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; API_HOST when not given.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port; API_PORT when not given.")] = None,
    models: ModelsFolder = None,
) -> None:
    """Serve the models over HTTP."""
    from aml_miner.api import serve_models

    settings = load_settings()
    loaded = load_models(models or settings.models_dir)
    serve_models(loaded, host or settings.api_host, port or settings.api_port, settings.log_level)


app.command()(demo)
