"""Every command as a function: arguments in, one call of the library, what came out printed.

The library is imported inside the commands: LightGBM brings scikit-learn and pandas along where they are installed,
seconds that ``--help``, ``monitor`` and ``digest`` need not wait for.
"""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

import aml_miner
from aml_miner.cli.options import (
    DAY,
    AllowUnverified,
    AsOf,
    Json,
    LabelStrategyName,
    ModelsFolder,
    Network,
    ProcessingDates,
    Seed,
    Windows,
    day,
)
from aml_miner.cli.printing import print_json
from aml_miner.cli.surroundings import surrounded
from aml_miner.utils.folders import check_replaceable

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


def _command[**Arguments](function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Make a function a command of the program, with what surrounds every command."""
    app.command()(surrounded(function))
    return function


@_command
def simulate(
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    accounts: Annotated[
        int | None, typer.Option(help="Accounts, 200 to 2,000,000; as in the file when not given.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="Days, from 7.")] = None,
    seed: Seed = None,
    base_rate: Annotated[
        float | None, typer.Option(help="Share of the accounts that launder, 0 to 0.15.")
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
        as_json=as_json,
        accounts=accounts,
        days=days,
        seed=load_settings().random_seed if seed is None and config is None else seed,
        base_rate=base_rate,
        network=network,
    )


@_command
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


@_command
def check(
    batch: Annotated[Path, typer.Argument(help="A batch folder.")],
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Read every table of BATCH, money flows and labels too, and say what it holds and lacks."""
    from aml_miner.cli.checking import run_check

    run_check(batch, allow_unverified=allow_unverified, as_json=as_json)


@_command
def train(
    batches: Annotated[
        list[Path], typer.Argument(help="Batch folders, or folders that hold batches.")
    ],
    truth: Annotated[
        Path, typer.Option(help="Ground truth or other labels, a Parquet or CSV file.")
    ],
    out: Annotated[Path, typer.Option(help="The models folder to write.")],
    label_strategy: LabelStrategyName = None,
    as_of: AsOf = None,
    seed: Seed = None,
    config: Annotated[Path | None, typer.Option(help="Hyperparameters, a YAML file.")] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Train the three models on BATCHES and report how well they do on alerts they have not seen."""
    from aml_miner.batch.reading import find_batches, read_batch
    from aml_miner.batch.schemas import SCORED_TABLES
    from aml_miner.cli.documents import documents
    from aml_miner.cli.progress import shown_stages
    from aml_miner.config.model_config import load_model_config
    from aml_miner.config.settings import load_settings
    from aml_miner.models import save_models
    from aml_miner.training.labels import read_labels
    from aml_miner.training.report import report_lines
    from aml_miner.training.train_models import train_models

    chosen = load_settings().random_seed if seed is None else seed
    check_replaceable(out, "models")
    with shown_stages(3) as begin:
        begin("reading batches")
        folders = [folder for root in batches for folder in find_batches(root)]
        read = [
            read_batch(folder, SCORED_TABLES, allow_unverified=allow_unverified)
            for folder in folders
        ]
        begin("training")
        labels = read_labels(truth, label_strategy)
        training = train_models(read, labels, load_model_config(config), chosen, as_of=day(as_of))
        begin("writing")
        save_models(training.models, out, documents(training))
    if as_json:
        print_json({"models": str(out), "report": training.report.to_dict()})
        return
    for line in report_lines(training.report):
        typer.echo(line)
    typer.echo(f"Models are in {out}.")


@_command
def tune(
    batches: Annotated[
        list[Path], typer.Argument(help="Batch folders, or folders that hold batches.")
    ],
    truth: Annotated[
        Path, typer.Option(help="Ground truth or other labels, a Parquet or CSV file.")
    ],
    out: Annotated[Path, typer.Option(help="The YAML file to write, for train --config.")],
    storage: Annotated[
        Path | None,
        typer.Option(help="The file of trials to begin or go on with; OUT.trials when not given."),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials per model; as configured when not given.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="alert_scorer, alert_ranker or cluster_scorer; all when not given."),
    ] = None,
    label_strategy: LabelStrategyName = None,
    as_of: AsOf = None,
    seed: Seed = None,
    config: Annotated[Path | None, typer.Option(help="Where to begin, a YAML file.")] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Search for better hyperparameters, out of fold, and write a configuration with them."""
    from aml_miner.cli.tuning import Given, run_tune
    from aml_miner.config.settings import load_settings

    chosen = load_settings().random_seed if seed is None else seed
    run_tune(
        Given(batches, truth, label_strategy, day(as_of), config),
        out,
        storage or out.with_name(f"{out.name}.trials"),
        model or (),
        trials,
        seed=chosen,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


@_command
def score(
    batch: Annotated[Path, typer.Argument(help="A batch folder, or a folder of many.")],
    out: Annotated[Path, typer.Option(help="The results folder to write.")],
    models: ModelsFolder = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=[DAY], help="Of many: the first date.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=[DAY], help="Of many: the last date.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Of many: processes; one per processor if not given.")
    ] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Score, rank and explain the alerts and clusters of BATCH.

    Of a folder of many batches each one's results go to the same place below OUT; what is there already, of the same
    batch and models, is kept, so that a run that was stopped can be started again.
    """
    from aml_miner.cli.scoring import Scoring, run_score

    given = Scoring(batch, out, models, day(since), day(until), allow_unverified)
    run_score(given, workers or _threads(), as_json=as_json)


@_command
def explain(
    alert_id: Annotated[
        str, typer.Argument(help="The id of an alert or cluster, or the beginning of one.")
    ],
    results: Annotated[
        Path, typer.Argument(help="A results folder, or a folder that holds several.")
    ],
    batch: Annotated[
        Path | None, typer.Option(help="The batch that was scored: what the alert itself says.")
    ] = None,
    models: Annotated[
        Path | None, typer.Option(help="The models it was scored by; needed for --features.")
    ] = None,
    features: Annotated[
        int | None, typer.Option(min=1, help="How many features to list; 5 when not given.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(help="The picture to write, an SVG file.")] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Show why an alert or cluster in RESULTS has its score, as a waterfall; every one of that id."""
    from aml_miner.cli.explaining import run_explain

    run_explain(
        alert_id,
        results,
        batch,
        models,
        features,
        svg=svg,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


@_command
def evaluate(
    results: Annotated[
        Path, typer.Argument(help="A results folder, or a Parquet file of alert scores.")
    ],
    truth: Annotated[
        Path, typer.Option(help="What turned out, per alert or per address, Parquet or CSV.")
    ],
    label_strategy: LabelStrategyName = None,
    batch: Annotated[
        Path | None, typer.Option(help="The batch that was scored: baselines and typologies.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Results of another model for the same batch.")
    ] = None,
    learned: Annotated[
        list[Path] | None,
        typer.Option(help="Batches a logistic regression may learn from, once or more."),
    ] = None,
    learned_truth: Annotated[
        Path | None, typer.Option(help="Truth of those batches; that of --truth when not given.")
    ] = None,
    capacity: Annotated[
        int | None, typer.Option(help="Alerts that can be opened, of those in RESULTS.")
    ] = None,
    recall_floor: Annotated[
        float | None, typer.Option(help="Share of the illicit alerts that must be opened.")
    ] = None,
    miss_cost: Annotated[
        float | None, typer.Option(help="What a missed illicit alert costs, in openings.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="A page of HTML to write, with the plots.")
    ] = None,
    seed: Seed = None,
    config: Annotated[
        Path | None, typer.Option(help="Resamples and level of the intervals, a YAML file.")
    ] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Measure RESULTS against what turned out, beside the baselines, and draw the lines of an alert budget."""
    from aml_miner.cli.evaluating import Given, run_evaluate
    from aml_miner.config.settings import load_settings
    from aml_miner.evaluation.budget import Budget

    chosen = load_settings().random_seed if seed is None else seed
    given = Given(results, truth, label_strategy, batch, previous, learned or (), learned_truth)
    budget = Budget(capacity, recall_floor, miss_cost)
    run_evaluate(
        given,
        budget,
        config,
        chosen,
        page=report,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


@_command
def validate(
    results: Annotated[
        Path, typer.Argument(help="A results folder, or a Parquet file of a submission.")
    ],
    batch: Annotated[Path, typer.Option(help="The batch that was scored.")],
    profile: Annotated[
        str, typer.Option(help="Rules of a validator: a profile's name, or a YAML file.")
    ],
    labels: Annotated[
        Path | None, typer.Option(help="Address labels; the batch's own when not given.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="What turned out, per alert or per address.")
    ] = None,
    traps: Annotated[
        Path | None, typer.Option(help="Outcomes known beforehand, per alert or per address.")
    ] = None,
    features_later: Annotated[
        Path | None, typer.Option(help="A later batch, or a Parquet file of its features.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Your own results of the latest earlier date.")
    ] = None,
    others: Annotated[
        list[Path] | None, typer.Option(help="Results of another miner, once or more.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Results whose order is compared with.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=[DAY], help="Today; the processing date when not given."),
    ] = None,
    model_github_url: Annotated[
        str | None, typer.Option(help="The URL you hand in beside the scores.")
    ] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Judge RESULTS as a validator would: checks, warnings, and the reward today and later.

    Exits with 8 when a gate is missed, and the submission would be rejected.
    """
    from aml_miner.cli.validating import Files, run_validate

    files = Files(
        results, batch, labels, truth, traps, features_later, previous, others or (), baseline
    )
    run_validate(
        files,
        profile,
        on=day(on),
        model_github_url=model_github_url,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


@_command
def ensemble(
    results: Annotated[list[Path], typer.Argument(help="Results of several models or miners.")],
    performance: Annotated[
        list[float], typer.Option(help="How good each of them is, in their order.")
    ],
    profile: Annotated[
        str, typer.Option(help="Rules of a validator: a profile's name, or a YAML file.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    as_json: Json = False,
) -> None:
    """Join several RESULTS into one score per alert, and say how far they agree."""
    from aml_miner.cli.validating import run_ensemble

    run_ensemble(results, performance, profile, out, as_json=as_json)


@_command
def keygen(
    out: Annotated[Path, typer.Option(help="The file of the secret key to write.")],
    as_json: Json = False,
) -> None:
    """Make a key to sign packages with, readable by you alone, and print its public part."""
    from aml_miner.cli.packaging import run_keygen

    run_keygen(out, as_json=as_json)


@_command
def submit_package(
    results: Annotated[Path, typer.Argument(help="A results folder.")],
    batch: Annotated[Path, typer.Option(help="The batch that was scored.")],
    key: Annotated[Path, typer.Option(help="A secret key, as keygen writes it.")],
    model_github_url: Annotated[str, typer.Option(help="The URL of the models' repository.")],
    commit: Annotated[str, typer.Option(help="The commit of that repository.")],
    out: Annotated[Path, typer.Option(help="The package folder to write.")],
    models: ModelsFolder = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Pack RESULTS with a manifest of what made them and a signed receipt."""
    from aml_miner.cli.packaging import run_submit_package
    from aml_miner.validator.package import Origin

    run_submit_package(
        results,
        batch,
        models,
        out,
        key=key,
        origin=Origin(model_github_url, commit),
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


@_command
def verify(
    package: Annotated[Path, typer.Argument(help="A folder submit-package wrote.")],
    batch: Annotated[Path, typer.Option(help="The batch that was scored.")],
    models: Annotated[
        Path | None, typer.Option(help="Models that must have made the scores.")
    ] = None,
    public_key: Annotated[
        str | None, typer.Option(help="The public key that must have signed it.")
    ] = None,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Score again with --models, and compare every bit.")
    ] = False,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Check a PACKAGE: its signature, and that its scores, manifest, batch and model are those signed.

    Exits with 9 when anything does not hold.
    """
    from aml_miner.cli.packaging import run_verify

    run_verify(
        package,
        batch,
        models,
        public_key,
        rescore=rescore,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


@_command
def audit(
    results: Annotated[
        Path, typer.Argument(help="A results folder, a package, or a Parquet file of scores.")
    ],
    batch: Annotated[Path, typer.Option(help="The batch that was scored.")],
    models: ModelsFolder = None,
    share: Annotated[
        float, typer.Option(help="Share of the alerts and clusters to score again, up to 1.")
    ] = 0.05,
    seed: Seed = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Score a part of RESULTS again, each row alone and all together, and compare every bit.

    Exits with 9 when anything differs.
    """
    from aml_miner.cli.auditing import run_audit
    from aml_miner.config.settings import load_settings

    run_audit(
        results,
        batch,
        models,
        share=share,
        seed=load_settings().random_seed if seed is None else seed,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


@_command
def doctor(
    models: ModelsFolder = None,
    batch: Annotated[
        Path | None,
        typer.Option(help="The batch the laws are tried on; a small one of the package if none."),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=0, help="Random draws of shuffle, split, threads and process.")
    ] = 20,
    seed: Seed = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer rows, no process of its own, nothing measured.")
    ] = False,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Examine machine, models and features: is every score the same to the bit, whatever happens around it.

    Exits with 12 when any check fails; a warning or a check that was skipped is no failure.
    """
    from aml_miner.cli.examining import run_doctor
    from aml_miner.config.settings import load_settings

    run_doctor(
        models,
        batch,
        draws,
        load_settings().random_seed if seed is None else seed,
        quick=quick,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


@_command
def digest(
    folder: Annotated[Path, typer.Argument(help="A folder with Parquet tables.")],
    as_json: Json = False,
) -> None:
    """Print one SHA-256 over the values of FOLDER's tables, whatever their encoding; run times are no part."""
    from aml_miner.batch.digests import digest_folder

    value = digest_folder(folder)
    if as_json:
        print_json({"folder": str(folder), "sha256": value})
        return
    typer.echo(value)


@_command
def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; API_HOST when not given.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port; API_PORT when not given.")
    ] = None,
    models: ModelsFolder = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Scoring processes; API_WORKERS when not given."),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="More settings, a YAML file; the environment outweighs it.")
    ] = None,
) -> None:
    """Serve the models over HTTP, until told to stop."""
    from aml_miner.cli.serving import run_serve

    given = {"api_host": host, "api_port": port, "models_dir": models, "api_workers": workers}
    run_serve(settings, {name: value for name, value in given.items() if value is not None})


@_command
def validate_api(
    url: Annotated[
        str | None,
        typer.Argument(help="Where the server is; one is started when not given."),
    ] = None,
    models: ModelsFolder = None,
    out: Annotated[Path | None, typer.Option(help="A file for the report, in Markdown.")] = None,
    calls: Annotated[int, typer.Option(min=1, help="How often the same is asked.")] = 100,
    as_json: Json = False,
) -> None:
    """Hold the server at URL against the library: every route, bit for bit, and how fast it is.

    Exits with 8 when anything does not hold. API_TOKEN is shown to the server where it is set.
    """
    from aml_miner.cli.validating_api import run_validate_api

    run_validate_api(url, models, out, calls, as_json=as_json)


@_command
def demo(
    transfers: Annotated[
        Path | None,
        typer.Argument(help="A folder with transfers.parquet; a simulated economy when not given."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where everything is written.")] = Path("demo-output"),
    network: Network = "simulated",
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Go the whole way: monitor, train, score, and show the ten alerts to open first.

    Without TRANSFERS, one simulated economy is learned from and another one, never seen, is scored. A folder of
    transfers with a ground_truth.parquet is learned from and scored; one without is scored by models that learned
    from the simulated economy.
    """
    from aml_miner.cli.demo import run_demo
    from aml_miner.config.settings import load_settings

    chosen = load_settings().random_seed if seed is None else seed
    run_demo(transfers, out, network, chosen, _threads(), as_json=as_json)


def _threads() -> int:
    """Return how many threads a scoring program of its own may use; no result depends on it."""
    return os.process_cpu_count() or 1
