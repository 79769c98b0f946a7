"""Commands that learn: ``train``, ``cross-validate`` and ``tune``."""

from pathlib import Path
from typing import Annotated

import typer

from aml_miner.cli.options import (
    AllowUnverified,
    AsOf,
    Json,
    LabelStrategyName,
    Seed,
    TruthToLearn,
    day,
)
from aml_miner.cli.printing import print_json
from aml_miner.utils.folders import check_replaceable

Batches = Annotated[list[Path], typer.Argument(help="Batch folders, or folders that hold batches.")]
Hyperparameters = Annotated[
    Path | None, typer.Option("--config", help="Hyperparameters, a YAML file.")
]


def train(
    batches: Batches,
    truth: TruthToLearn,
    out: Annotated[Path, typer.Option(help="The models folder to write.")],
    label_strategy: LabelStrategyName = None,
    as_of: AsOf = None,
    seed: Seed = None,
    config: Hyperparameters = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Train the three models on BATCHES and report how well they do on alerts they have not seen."""
    from aml_miner.cli.documents import documents
    from aml_miner.cli.learned import read_to_learn
    from aml_miner.cli.progress import shown_stages
    from aml_miner.cli.unlisted import warn_of_unlisted
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
        read = read_to_learn(batches, allow_unverified=allow_unverified)
        begin("training")
        labels = read_labels(truth, label_strategy)
        learned = [batch for _, batch in read]
        training = train_models(
            learned, labels, load_model_config(config), chosen, as_of=day(as_of)
        )
        begin("writing")
        save_models(training.models, out, documents(training))
    warn_of_unlisted(read, labels, day(as_of))
    if as_json:
        print_json({"models": str(out), "report": training.report.to_dict()})
        return
    for line in report_lines(training.report):
        typer.echo(line)
    typer.echo(f"Models are in {out}.")


def cross_validate(
    batches: Batches,
    truth: TruthToLearn,
    label_strategy: LabelStrategyName = None,
    as_of: AsOf = None,
    seed: Seed = None,
    config: Hyperparameters = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Report how well models of BATCHES would do on alerts they have not seen, and write none."""
    from aml_miner.cli.learned import read_to_learn
    from aml_miner.cli.progress import shown_stages
    from aml_miner.cli.unlisted import warn_of_unlisted
    from aml_miner.config.model_config import load_model_config
    from aml_miner.config.settings import load_settings
    from aml_miner.training.labels import read_labels
    from aml_miner.training.report import report_lines
    from aml_miner.training.train_models import cross_validate as judged

    chosen = load_settings().random_seed if seed is None else seed
    with shown_stages(2) as begin:
        begin("reading batches")
        read = read_to_learn(batches, allow_unverified=allow_unverified)
        begin("training fold after fold")
        labels = read_labels(truth, label_strategy)
        learned = [batch for _, batch in read]
        report = judged(learned, labels, load_model_config(config), chosen, as_of=day(as_of))
    warn_of_unlisted(read, labels, day(as_of))
    if as_json:
        print_json({"report": report.to_dict()})
        return
    for line in report_lines(report):
        typer.echo(line)


def tune(
    batches: Batches,
    truth: TruthToLearn,
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
