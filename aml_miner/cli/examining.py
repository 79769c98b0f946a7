"""What ``aml-miner doctor`` does: checks are made and told one by one."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import typer

from aml_miner.batch.reading import read_batch_to_score
from aml_miner.cli.printing import print_json, printable
from aml_miner.config.settings import load_settings
from aml_miner.features.builder import address_columns
from aml_miner.validator.doctor.doctor import Patient, examine
from aml_miner.validator.doctor.examination import Examination

UNFIT = 13
"""Exit code when any check fails: nothing is wrong with the command."""


def run_doctor(
    models: Path | None,
    batch: Path | None,
    draws: int,
    seed: int,
    *,
    quick: bool,
    allow_unverified: bool,
    as_json: bool,
) -> None:
    """Print every check as it is made, and leave with `UNFIT` when one failed."""
    read = (
        read_batch_to_score(batch, address_columns(), allow_unverified=allow_unverified)
        if batch
        else None
    )
    patient = Patient(models or load_settings().models_dir, read, draws, seed, quick)
    found = list(examine(patient) if as_json else _shown(examine(patient)))
    failed = [each for each in found if each.status == "fail"]
    if as_json:
        print_json({"passed": not failed, "checks": [asdict(each) for each in found]})
    else:
        _print_sum(found)
    if failed:
        raise typer.Exit(UNFIT)


def _shown(checks: Iterator[Examination]) -> Iterator[Examination]:
    for each in checks:
        typer.echo(f"{each.status:<8}{each.section:<13}{each.name:<35} {printable(each.found)}")
        if each.remedy:
            typer.echo(f"{'':<8}→ {printable(each.remedy)}.")
        yield each


def _print_sum(found: list[Examination]) -> None:
    counts = {
        status: sum(each.status == status for each in found)
        for status in ("pass", "warn", "skipped", "fail")
    }
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    typer.echo(f"{len(found)} checks: {told}.")
