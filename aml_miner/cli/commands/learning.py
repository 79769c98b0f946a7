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
    from aml_miner.cli.learned import Given
    from aml_miner.cli.training import run_train
    from aml_miner.config.settings import load_settings

    chosen = load_settings().random_seed if seed is None else seed
    given = Given(batches, truth, label_strategy, day(as_of), config, allow_unverified)
    run_train(given, out, seed=chosen, as_json=as_json)


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
    from aml_miner.cli.learned import Given
    from aml_miner.cli.training import run_cross_validate
    from aml_miner.config.settings import load_settings

    chosen = load_settings().random_seed if seed is None else seed
    given = Given(batches, truth, label_strategy, day(as_of), config, allow_unverified)
    run_cross_validate(given, seed=chosen, as_json=as_json)


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
    from aml_miner.cli.learned import Given
    from aml_miner.cli.tuning import run_tune
    from aml_miner.config.settings import load_settings

    chosen = load_settings().random_seed if seed is None else seed
    run_tune(
        Given(batches, truth, label_strategy, day(as_of), config, allow_unverified),
        out,
        storage or out.with_name(f"{out.name}.trials"),
        model or (),
        trials,
        seed=chosen,
        as_json=as_json,
    )
