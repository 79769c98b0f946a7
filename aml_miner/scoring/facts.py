"""What is worth knowing of a run beside its results, and how the log says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from loguru import logger

from aml_miner.batch.batch import BatchReport
from aml_miner.models import RiskModel

_BOOKKEEPING = "_version"
"""A column of the publisher's database that nothing here reads: its absence is no news."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is worth knowing of a run beside its results.

    Attributes
    ----------
    input_counts, output_counts
        Rows per table.
    latencies_ms
        Time each step took, in milliseconds; the only values that differ between equal runs.
    model_versions
        Version by kind of model.
    unknown_categories
        By kind of model and column: values training never saw.
    absent_columns, ignored_columns
        By table: columns of the contract that were not there, and columns that are not of the contract.
    duplicate_alert_ids, alerts_on_unknown_addresses, clusters_without_known_alerts
        As in the batch's report.
    unknown_severities
        By table: rows with a severity that is none of the contract's.
    missing_files
        Files META.json lists that are not there.
    unverified
        Whether tables were read that no META.json vouches for.
    """

    input_counts: Mapping[str, int]
    output_counts: Mapping[str, int]
    latencies_ms: Mapping[str, float]
    model_versions: Mapping[str, str]
    unknown_categories: Mapping[str, Mapping[str, int]]
    absent_columns: Mapping[str, tuple[str, ...]]
    ignored_columns: Mapping[str, tuple[str, ...]]
    duplicate_alert_ids: int
    alerts_on_unknown_addresses: int
    clusters_without_known_alerts: int
    unknown_severities: Mapping[str, int]
    missing_files: tuple[str, ...]
    unverified: bool


def make_facts(
    report: BatchReport,
    models: Sequence[RiskModel],
    features: Mapping[str, pl.DataFrame],
    tables: Mapping[str, pl.DataFrame],
    latencies: Mapping[str, float],
) -> Facts:
    """Gather the facts of a run.

    Parameters
    ----------
    report
        What the batch's reading found.
    models
        The models that ran.
    features
        By kind of model, the table it was given.
    tables
        The result tables by name.
    latencies
        Milliseconds by step.
    """
    return Facts(
        input_counts=report.rows,
        output_counts={name: table.height for name, table in tables.items()},
        latencies_ms=latencies,
        model_versions={model.kind: model.version for model in models},
        unknown_categories={m.kind: m.count_unknown(features[m.kind]) for m in models},
        absent_columns=report.absent_columns,
        ignored_columns=report.ignored_columns,
        duplicate_alert_ids=report.duplicate_alert_ids,
        alerts_on_unknown_addresses=report.alerts_on_unknown_addresses,
        clusters_without_known_alerts=report.clusters_without_known_alerts,
        unknown_severities=report.unknown_severities,
        missing_files=report.missing_files,
        unverified=report.unverified,
    )


def log_facts(facts: Facts) -> None:
    """Say in the log what was absent, unknown, double or unverified: counts and names of columns, never an address."""
    for table, names in facts.absent_columns.items():
        lost = [name for name in names if name != _BOOKKEEPING]
        _log_columns(table, lost, "absent, so unknown")
    for table, names in facts.ignored_columns.items():
        _log_columns(table, names, "not of the contract, so ignored")
    for (column, count), kinds in _unseen(facts.unknown_categories).items():
        _log_count(count, f"{', '.join(kinds)}: rows with a {column} that training never saw")
    _log_count(facts.alerts_on_unknown_addresses, "alerts on addresses without a row in features")
    _log_count(facts.duplicate_alert_ids, "alerts that repeat an alert_id")
    _log_count(facts.clusters_without_known_alerts, "clusters of which no alert is known")
    for table, count in facts.unknown_severities.items():
        _log_count(count, f"{table}: rows with an unknown severity")
    if facts.missing_files:
        logger.warning(
            "META.json lists files that are not there: {}", ", ".join(facts.missing_files)
        )
    if facts.unverified:
        logger.warning("META.json does not vouch for all files of this batch")


def _unseen(
    categories: Mapping[str, Mapping[str, int]],
) -> dict[tuple[str, int], list[str]]:
    """Put together the models that are as ignorant of a column as each other: they learned from the same rows."""
    models: dict[tuple[str, int], list[str]] = {}
    for kind, counts in categories.items():
        for found in counts.items():
            models.setdefault(found, []).append(kind)
    return models


def _log_columns(table: str, names: Sequence[str], what: str) -> None:
    if names:
        logger.info("{}: {} column(s) {}: {}", table, len(names), what, ", ".join(names))


def _log_count(count: int, what: str) -> None:
    if count:
        logger.warning("{}: {}", what, count)
