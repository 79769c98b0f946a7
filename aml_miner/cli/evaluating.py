"""What ``aml-miner evaluate`` does: files are read, judged, and printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aml_miner.batch.batch import Batch
from aml_miner.batch.reading import find_batches, read_batch
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.cli.printing import print_json, printable
from aml_miner.config.model_config import load_model_config
from aml_miner.errors import ConfigurationError, OutputError
from aml_miner.evaluation.budget import Budget
from aml_miner.evaluation.curves import sum_contributions
from aml_miner.evaluation.evaluation import Evaluation, evaluate
from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.page import Chapter, write_page
from aml_miner.evaluation.results import ScoredResults, read_results
from aml_miner.evaluation.tables import MARK, TextTable, build_tables, write_counts
from aml_miner.models import Models, RiskModel, load_models
from aml_miner.scoring.overview import make_overview
from aml_miner.scoring.overview_svg import overview_svgs
from aml_miner.training.judging import Beside, judge_alerts, judge_clusters
from aml_miner.training.labels import read_labels

_PIPE_WIDTH = 160


@dataclass(frozen=True, slots=True)
class Given:
    """Where everything results are judged by lies; what is None or empty is not given."""

    results: Path
    truth: Path
    label_strategy: str | None = None
    batch: Path | None = None
    previous: Path | None = None
    learned: Sequence[Path] = field(default=())
    learned_truth: Path | None = None
    models: Path | None = None


def run_evaluate(
    given: Given,
    budget: Budget,
    config: Path | None,
    seed: int,
    *,
    page: Path | None = None,
    allow_unverified: bool,
    as_json: bool,
) -> None:
    """Judge results, print how good they are, and write them to a page where one is asked for."""
    parameters = load_model_config(config).evaluation
    results = read_results(given.results)
    models = _models_of(given, results, page)
    beside, judged = _judged(given, results, allow_unverified=allow_unverified)
    evaluations = [
        evaluate(one, parameters, seed, budget if one.what == "alerts" else None) for one in judged
    ]
    if page:
        drawn = _draw_models(models, beside.batch) if models and beside.batch else {}
        _write_page(page, judged, evaluations, drawn)
    if as_json:
        print_json({one.what: one.to_dict() for one in evaluations})
        return
    for one in evaluations:
        print_evaluation(one)


def _judged(
    given: Given, results: ScoredResults, *, allow_unverified: bool
) -> tuple[Beside, list[Judged]]:
    truth = read_labels(given.truth, given.label_strategy)
    if truth.remark():
        typer.echo(truth.remark(), err=True)

    def read(folder: Path) -> Batch:
        return read_batch(folder, SCORED_TABLES, allow_unverified=allow_unverified)

    folders = [folder for root in given.learned for folder in find_batches(root)]
    beside = Beside(
        batch=read(given.batch) if given.batch else None,
        previous=read_results(given.previous) if given.previous else None,
        learned=[read(folder) for folder in folders],
        learned_truth=(
            read_labels(given.learned_truth, given.label_strategy) if given.learned_truth else truth
        ),
    )
    if results.alert_scores.height:
        truth.check_met([results.alert_scores])
    alerts, clusters = judge_alerts(results, truth, beside), judge_clusters(results, truth, beside)
    if not alerts.rows["label"].any():
        typer.echo(
            f"None of the {alerts.rows.height:,} alerts is illicit by {given.truth}: is it the truth of these results?",
            err=True,
        )
    return beside, [alerts, *([clusters] if clusters else [])]


def _models_of(given: Given, results: ScoredResults, page: Path | None) -> Models | None:
    """Load the models whose pictures are asked for.

    Raises
    ------
    ConfigurationError
        If there is nothing to draw them into or of, or they are not those that made the results.
    """
    if given.models is None:
        return None
    if page is None or given.batch is None:
        raise ConfigurationError(
            "--models draws what the models go by: name --report and --batch too."
        )
    models, scores = load_models(given.models), results.alert_scores
    made_by = scores["model_version"].unique().sort().to_list() if "model_version" in scores else []
    if made_by not in ([], [models.alert_scorer.version]):
        raise ConfigurationError(
            f"{given.models}: holds alert scorer {models.alert_scorer.version}; the results were made by "
            f"{', '.join(map(str, made_by))}; name the models that made them."
        )
    return models


def _draw_models(models: Models, batch: Batch) -> dict[str, Mapping[str, str]]:
    """Draw what the models go by in the batch, for alerts and for clusters."""
    asked: tuple[tuple[str, RiskModel, pl.Series], ...] = (
        ("alerts", models.alert_scorer, batch.alerts["typology_type"]),
        ("clusters", models.cluster_scorer, batch.clusters["cluster_type"]),
    )
    return {what: _draw_model(model, batch, kinds) for what, model, kinds in asked}


def _draw_model(model: RiskModel, batch: Batch, kinds: pl.Series) -> Mapping[str, str]:
    features = model.prepare_features(batch).select(model.feature_names)
    return overview_svgs(make_overview(features, model.contributions(features), kinds))


def _write_page(
    page: Path,
    judged: list[Judged],
    evaluations: list[Evaluation],
    drawn: Mapping[str, Mapping[str, str]],
) -> None:
    chapters = [
        Chapter(one, found, sum_contributions(one.explanations), drawn.get(one.what, {}))
        for one, found in zip(judged, evaluations, strict=True)
    ]
    try:
        page.write_text(write_page(chapters, "How good these scores are"), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{page}: cannot be written: {error}") from error


def print_evaluation(evaluation: Evaluation) -> None:
    """Print an evaluation for people: all rows, the segments, the reliability and the budget."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    typer.echo(write_counts(evaluation))
    for table in build_tables(evaluation):
        console.print(_drawn(table))
    for note in evaluation.notes:
        console.print(Text(f"note: {note}."), soft_wrap=True)


def _drawn(table: TextTable) -> Table:
    drawn = Table(title=table.title, title_justify="left")
    for place, name in enumerate(table.columns):
        drawn.add_column(
            name, justify="left" if place < table.names else "right", no_wrap=place == 0
        )
    columns = [
        _lined_up([printable(cell) for cell in cells]) for cells in zip(*table.rows, strict=True)
    ]
    for row in zip(*columns, strict=True):
        drawn.add_row(*map(Text, row))  # as text: a name in brackets is no markup
    return drawn


def _lined_up(cells: Sequence[str]) -> Sequence[str]:
    """Leave room where others have a mark, so that digits stand below digits."""
    if not any(cell.endswith(MARK) for cell in cells):
        return cells
    return [cell if cell.endswith(MARK) else f"{cell} " for cell in cells]
