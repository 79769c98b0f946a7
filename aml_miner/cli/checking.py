"""What ``check`` does: read every table of a batch, and say what it holds and lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from aml_miner.batch.batch import BatchReport
from aml_miner.batch.reading import read_batch
from aml_miner.cli.printing import print_counts, print_json
from aml_miner.cli.progress import shown_stages


def run_check(batch: Path, *, allow_unverified: bool, as_json: bool) -> None:
    """Read a batch with all its tables, also those no model sees, and print its report."""
    with shown_stages(1) as begin:
        begin("reading the batch")
        report = read_batch(batch, allow_unverified=allow_unverified).report
    if as_json:
        print_json({"batch": str(batch), **asdict(report)})
        return
    typer.echo(f"{batch}: every table keeps the contract.")
    print_counts(dict(report.rows))
    for line in _remarks(report):
        typer.echo(line)


def _remarks(report: BatchReport) -> list[str]:
    """Say what is legal but worth knowing, a line each; no line for what is not the case."""
    counts = {
        "alerts that repeat an alert_id": report.duplicate_alert_ids,
        "alerts on addresses without a row in features": report.alerts_on_unknown_addresses,
        "clusters of which no alert is known": report.clusters_without_known_alerts,
        **{
            f"{table} with an unknown severity": count
            for table, count in report.unknown_severities.items()
        },
    }
    remarks = [f"{what}: {count:,}" for what, count in counts.items() if count]
    remarks += _columns(report.absent_columns, "absent, so unknown")
    remarks += _columns(report.ignored_columns, "not of the contract, so ignored")
    if report.missing_files:
        remarks.append(f"listed in META.json and not there: {', '.join(report.missing_files)}")
    if report.unverified:
        remarks.append("META.json does not vouch for all files")
    return remarks


def _columns(by_table: Mapping[str, Sequence[str]], what: str) -> list[str]:
    """Name columns table by table; the publisher's bookkeeping, which nothing reads, is no news."""
    known = {
        table: [name for name in names if name != "_version"] for table, names in by_table.items()
    }
    return [f"{table}: {what}: {', '.join(names)}" for table, names in known.items() if names]
