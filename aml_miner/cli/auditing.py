"""What ``aml-miner audit`` does: a part of stored results is scored again and compared to the last bit."""

from pathlib import Path

import typer

from aml_miner.batch.reading import read_batch_to_score
from aml_miner.cli.packaging import UNSOUND
from aml_miner.cli.printing import print_json, printable
from aml_miner.config.settings import load_settings
from aml_miner.features.builder import address_columns
from aml_miner.models import load_models
from aml_miner.validator.audit import audit_results, read_stored
from aml_miner.validator.audited import Audit, AuditedDifference, AuditedTable
from aml_miner.validator.difference import Value, parting

_AGAIN = (
    "score the batch again; if it differs again, aml-miner doctor finds the feature or library."
)

_REMEDIES = {
    "model_version": "name the models that made these results with --models, or score the batch again.",
    "rank": _AGAIN,
    "score": _AGAIN,
    "explain_json": _AGAIN,
}


def run_audit(
    results: Path,
    batch: Path,
    models: Path | None,
    *,
    share: float,
    seed: int,
    allow_unverified: bool,
    as_json: bool,
) -> None:
    """Print what the audit found, and leave with `UNSOUND` when anything differs."""
    audit = audit_results(
        read_stored(results),
        read_batch_to_score(batch, address_columns(), allow_unverified=allow_unverified),
        load_models(models or load_settings().models_dir),
        share=share,
        seed=seed,
    )
    if as_json:
        print_json(audit.to_dict())
    else:
        _print_audit(audit)
    if not audit.passed:
        raise typer.Exit(UNSOUND)


def _print_audit(audit: Audit) -> None:
    for table in audit.tables:
        typer.echo(f"{table.table}: {_extent(table, audit)}")
        typer.echo(f"  {_verdict(table)}")
        if table.milliseconds:
            told = ", ".join(f"{name} {value:.2f} ms" for name, value in table.milliseconds.items())
            typer.echo(f"  a row alone: {told}")
        typer.echo(f"  digest {table.sha256}")
    for name in audit.absent:
        typer.echo(f"{name}: not there")
        typer.echo("  FAILS: a results folder holds this table; score the batch again.")
    if audit.first is not None:
        _print_first(audit.first)


def _extent(table: AuditedTable, audit: Audit) -> str:
    if table.whole:
        return f"all {table.rows:,} rows of the batch ranked again together"
    return (
        f"{table.drawn:,} of {table.ids:,} drawn (share {audit.share:g}, seed {audit.seed}), "
        f"{table.rows:,} rows scored alone and together"
    )


def _verdict(table: AuditedTable) -> str:
    if table.holds:
        return "every bit is the same"
    told = [
        f"{len(ids)} {what}, first '{printable(ids[0])}'"
        for ids, what in ((table.missing, "not stored"), (table.extra, "not of the batch"))
        if ids
    ]
    told += [
        f"{count} scored {how} differ from what is stored"
        for count, how in ((table.differ_alone, "alone"), (table.differ_together, "together"))
        if count
    ]
    return f"FAILS: {'; '.join(told)}"


def _print_first(first: AuditedDifference) -> None:
    difference = first.difference
    typer.echo(
        f"First difference: {first.table}, '{printable(first.id)}', {difference.column}, scored {first.how}"
    )
    for name, value, digits in (
        ("stored", difference.expected, difference.expected_hex),
        ("computed", difference.found, difference.found_hex),
    ):
        typer.echo(f"  {name:<9} {_told(value)}")
        typer.echo(f"  {'':<9} {digits}")
    if isinstance(difference.expected, str) and isinstance(difference.found, str):
        place = parting(difference.expected, difference.found)
        typer.echo(f"  they part at character {place + 1}")
    typer.echo(f"  what to do: {_REMEDIES[difference.column]}")
    typer.echo("  what went into the model:")
    width = max(map(len, first.features))
    for name, value in first.features.items():
        typer.echo(f"    {name:<{width}} {_told(value)}")


def _told(value: Value) -> str:
    return "unknown" if value is None else printable(str(value))
