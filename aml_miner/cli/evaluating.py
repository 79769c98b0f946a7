"""What ``aml-miner evaluate`` does: files are read, judged, and printed."""

from collections.abc import Iterator, Mapping, Sequence
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
from aml_miner.evaluation.bench import Measured, Undefined
from aml_miner.evaluation.budget import Budget, Line
from aml_miner.evaluation.curves import sum_contributions
from aml_miner.evaluation.evaluation import Bin, Evaluation, Part, evaluate
from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.page import Chapter, write_page
from aml_miner.evaluation.results import ScoredResults, read_results
from aml_miner.evaluation.wording import write_measured
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
    typer.echo(
        f"{evaluation.rows:,} {evaluation.what}, {evaluation.labelled:,} labelled on "
        f"{evaluation.addresses:,} addresses, {evaluation.illicit:,} illicit"
        + (f" ({evaluation.base_rate:.1%})." if evaluation.base_rate is not None else ".")
    )
    console.print(_whole(evaluation))
    if evaluation.parts:
        console.print(_parts(evaluation))
    if evaluation.reliability:
        console.print(_reliability(evaluation.reliability))
    if evaluation.lines:
        console.print(_lines(evaluation.lines))
    for note in evaluation.notes:
        console.print(Text(f"note: {note}."), soft_wrap=True)


def _whole(evaluation: Evaluation) -> Table:
    scorings = list(evaluation.whole.metrics)
    table = Table(
        title=f"How good the {evaluation.what}' scores are (* differs from {evaluation.model})",
        title_justify="left",
    )
    table.add_column("metric", no_wrap=True)
    for name in scorings:
        table.add_column(name.replace("_", " "), justify="right")
    for metric in evaluation.whole.metrics[evaluation.model]:
        cells = [_cell(evaluation.whole, name, metric) for name in scorings]
        table.add_row(metric.replace("_", " "), *cells)
    return table


def _cell(part: Part, scoring: str, metric: str) -> str:
    measured = part.metrics[scoring].get(metric)
    if measured is None:
        return ""
    return _text(measured) + ("*" if part.differs(scoring, metric) else " ")


def _text(measured: Measured, decimals: int = 3) -> str:
    return write_measured(measured, decimals, undefined="–")


def _parts(evaluation: Evaluation) -> Table:
    table = Table(title=f"By segment, {evaluation.model}", title_justify="left")
    metrics = list(evaluation.parts[0].metrics[evaluation.model])
    for name in ("segment", "value"):
        table.add_column(name)
    for name in ("rows", "illicit", *metrics, "beaten by (AP)"):
        table.add_column(name.replace("_", " "), justify="right")
    for part in evaluation.parts:
        cells = [_cell(part, evaluation.model, metric) for metric in metrics]
        table.add_row(
            part.segment.replace("_", " "),
            Text(printable(part.value)),
            f"{part.rows:,}",
            f"{part.illicit:,}",
            *cells,
            ", ".join(_better(part)),
        )
    return table


def _better(part: Part) -> Iterator[str]:
    """Name the scorings that are better by more than chance."""
    for name, differences in part.differences.items():
        difference = differences["average_precision"]
        if not isinstance(difference, Undefined) and difference.high < 0.0:
            yield name.replace("_", " ")


def _reliability(bins: Sequence[Bin]) -> Table:
    table = Table(title="Reliability: what was promised, and what was found", title_justify="left")
    for name in ("score", "rows", "mean score", "share illicit"):
        table.add_column(name, justify="right")
    for one in bins:
        if one.mean_score is not None and one.illicit_share is not None:
            table.add_row(
                f"{one.low:.1f}–{one.high:.1f}",
                f"{one.rows:,}",
                f"{one.mean_score:.3f}",
                f"{one.illicit_share:.3f}",
            )
    return table


def _lines(lines: Sequence[Line]) -> Table:
    table = Table(title="Alert budget", title_justify="left")
    table.add_column("rule")
    for name in ("open from score", "opened", "saved", "recall", "precision", "cost"):
        table.add_column(name, justify="right")
    table.add_column("illicit below the line", justify="right")
    for line in lines:
        table.add_row(
            line.rule,
            "–" if line.threshold is None else f"{line.threshold:.6f}",
            f"{line.opened:,}",
            f"{line.saved:,} ({line.saved_share:.1%})",
            _text(line.recall),
            _text(line.precision),
            "" if line.cost is None else f"{line.cost:,.0f}",
            f"{line.missed:,} known, {_text(line.below, 0)} estimated",
        )
    return table
