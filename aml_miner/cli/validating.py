"""What ``aml-miner validate`` and ``aml-miner ensemble`` do: files are read, judged or joined, and printed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aml_miner.batch.reading import read_batch, read_table
from aml_miner.batch.schemas import ADDRESS_LABELS, SCORED_TABLES
from aml_miner.cli.printing import print_json, printable
from aml_miner.errors import ConfigurationError
from aml_miner.training.truth import read_truth
from aml_miner.utils.folders import whole_folder
from aml_miner.validator.case import Case, Evidence, make_case
from aml_miner.validator.ensemble import combine
from aml_miner.validator.judging import judge
from aml_miner.validator.profile import load_profile
from aml_miner.validator.reading import read_features_later
from aml_miner.validator.report import Judged, Report, TierReport
from aml_miner.validator.submission import RECEIPT_FILE, Submission, read_submission

REJECTED = 8
"""Exit code of a submission that would be rejected: nothing is wrong with the command, but nobody should send it."""

ENSEMBLE_FILE = "ensemble.parquet"

_PIPE_WIDTH = 160


@dataclass(frozen=True, slots=True)
class Files:
    """Where everything a submission is judged by lies; what is None or empty is not given."""

    results: Path
    batch: Path
    labels: Path | None = None
    truth: Path | None = None
    traps: Path | None = None
    features_later: Path | None = None
    previous: Path | None = None
    others: Sequence[Path] = field(default=())
    baseline: Path | None = None


def run_validate(
    files: Files,
    profile: str,
    *,
    on: date | None,
    model_github_url: str | None,
    allow_unverified: bool,
    as_json: bool,
) -> None:
    """Judge a submission, print the report, and leave with `REJECTED` when a gate was missed."""
    rules = load_profile(profile)
    case = _case(files, model_github_url, allow_unverified=allow_unverified)
    report = judge(case, rules, day=_day(case, on))
    if as_json:
        print_json(report.to_dict())
    else:
        print_report(report)
    if report.status == "rejected":
        raise typer.Exit(REJECTED)


def run_ensemble(
    results: Sequence[Path],
    performances: Sequence[float],
    profile: str,
    out: Path,
    *,
    as_json: bool,
) -> None:
    """Write one score per alert of several submissions."""
    parameters = load_profile(profile).ensemble
    table = combine([read_submission(path) for path in results], performances, parameters)
    with whole_folder(out, "ensemble") as partial:
        table.write_parquet(partial / ENSEMBLE_FILE)
    if as_json:
        print_json({"ensemble": str(out), "alerts": table.height, "submissions": len(results)})
        return
    typer.echo(f"{table.height:,} alerts of {len(results)} submissions are in {out}.")


def _case(files: Files, model_github_url: str | None, *, allow_unverified: bool) -> Case:
    submission = read_submission(files.results)
    if submission.packaged and (files.results / RECEIPT_FILE).is_file():
        from aml_miner.validator.package import check_receipt

        submission = replace(submission, receipt=check_receipt(files.results))
    if model_github_url is not None:
        submission = submission.with_column("model_github_url", model_github_url)
    tables = (*SCORED_TABLES, ADDRESS_LABELS)
    batch = read_batch(files.batch, tables, allow_unverified=allow_unverified)
    later = files.features_later
    labels = files.labels
    return make_case(
        submission,
        batch,
        Evidence(
            labels=read_table(labels, ADDRESS_LABELS).rows if labels else batch.address_labels,
            outcomes=_verdicts(files.truth),
            traps=_verdicts(files.traps),
            features_later=read_features_later(later, allow_unverified=allow_unverified)
            if later
            else None,
            previous=_submission(files.previous),
            others=tuple(read_submission(path) for path in files.others),
            baseline=_submission(files.baseline),
        ),
    )


def _submission(path: Path | None) -> Submission | None:
    return read_submission(path) if path else None


def _verdicts(path: Path | None) -> pl.DataFrame | None:
    if path is None:
        return None
    truth = read_truth(path)
    if truth.remark():
        typer.echo(truth.remark(), err=True)
    return truth.verdicts()


def _day(case: Case, on: date | None) -> int:
    if on is None or case.processing_date is None:
        return 0
    if on < case.processing_date:
        message = f"--on {on} is before the batch's processing date {case.processing_date}; name a later day."
        raise ConfigurationError(message)
    return (on - case.processing_date).days


def print_report(report: Report) -> None:
    """Print a report for people: the checks tier by tier, the reward by day, and the warnings."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    batch = report.batch_id or "a batch without META.json"
    typer.echo(
        printable(
            f"{report.submission}, {report.alerts:,} alerts of {batch}, under {report.profile}"
        )
    )
    typer.echo(f"Status: {report.status}. Reward today: {report.reward:.3f}.")
    if report.assumptions:
        typer.echo(f"Taken for granted, as it is not in results: {', '.join(report.assumptions)}.")
    if report.unused:
        typer.echo(f"Not looked at under these rules: {', '.join(report.unused)}.")
    console.print(_checks(report))
    console.print(_rewards(report))
    for caution in report.cautions:
        console.print(Text(printable(f"warning: {caution.sentence}.")), soft_wrap=True)
        console.print(Text(printable(f"  → {caution.remedy}.")), soft_wrap=True)


def _checks(report: Report) -> Table:
    table = Table(title="What was checked", title_justify="left")
    table.add_column("check", no_wrap=True)
    for name in ("value", "coverage", "share"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("found, and what to do (→)", overflow="fold")
    for tier in report.tiers:
        table.add_row(*_tier_cells(tier))
        for judged in tier.checks:
            table.add_row(*_check_cells(judged, f"{judged.share:.2f}", passes=tier.gate))
        table.add_section()
    if report.requirements:
        table.add_row("asked, not paid")
    for judged in report.requirements:
        table.add_row(*_check_cells(judged, "", passes=True))
    return table


def _tier_cells(tier: TierReport) -> tuple[str, ...]:
    what = "a gate" if tier.gate else f"counts {tier.weight:.2f}"
    return f"{tier.name}: {tier.title}", f"{tier.score():.3f}", "", "", what


def _check_cells(judged: Judged, share: str, *, passes: bool) -> tuple[Text, ...]:
    found = judged.finding
    value = found.outcome
    if passes and found.value is not None and not found.assumed:
        value = "passed" if found.value == 1.0 else "failed"
    coverage = "?" if found.coverage is None else f"{found.coverage:.2f}"
    lines = [found.detail] + ([f"→ {found.remedy}"] if found.remedy else [])
    cells = (f"  {judged.title}", value, coverage, share, "\n".join(map(printable, lines)))
    return tuple(map(Text, cells))  # as text: a name in brackets is no markup


def _rewards(report: Report) -> Table:
    table = Table(title="The reward, day by day", title_justify="left")
    for name in ("day", "reward", "ceiling"):
        table.add_column(name, justify="right")
    table.add_column("why")
    for one in report.rewards:
        today = " (today)" if one.day == report.today else ""
        table.add_row(f"T+{one.day}{today}", f"{one.reward:.3f}", f"{one.ceiling:.3f}", one.reason)
    return table
