"""Commands that make scores and say what they are worth: ``score``, ``explain`` and ``evaluate``."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from aml_miner.cli.options import (
    DAY,
    AllowUnverified,
    Json,
    LabelStrategyName,
    ModelsFolder,
    Seed,
    day,
)
from aml_miner.utils.threads import processors


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
    run_score(given, workers or processors(), as_json=as_json)


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


def evaluate(
    results: Annotated[
        Path, typer.Argument(help="A results folder, or a Parquet file of alert scores.")
    ],
    truth: Annotated[
        Path,
        typer.Option(
            help="What turned out, per alert or per address, Parquet or CSV, or a folder with ground_truth.parquet."
        ),
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
    models: Annotated[
        Path | None,
        typer.Option(help="The models that scored --batch: --report shows what they go by."),
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
    given = Given(
        results, truth, label_strategy, batch, previous, learned or (), learned_truth, models
    )
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
