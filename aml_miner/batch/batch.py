"""A batch: one network's alerts of one day and window, with everything needed to score them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from aml_miner.batch.checking import CheckedTable, check_table
from aml_miner.batch.faults import naming_file
from aml_miner.batch.meta import Meta
from aml_miner.batch.money_flows import check_money_flows
from aml_miner.batch.schemas import (
    BATCH_TABLES,
    FEATURES,
    MONEY_FLOWS,
    SCORED_TABLES,
    SEVERITIES,
    Table,
)
from aml_miner.errors import InvalidBatchError
from aml_miner.utils.few import is_few

if TYPE_CHECKING:
    from aml_miner.batch.checking import AnyTable

JOIN_KEY = ["address", "processing_date", "window_days"]
"""What ties an alert to the row of its address."""


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What is legal but worth knowing about a batch: how much of it is there, double, unknown or missing.

    Attributes
    ----------
    unknown_severities
        Rows of ``alerts`` and of ``clusters`` whose severity is none of `SEVERITIES`; no model knows it.
    missing_files
        What META.json lists, is not in the folder and was not asked for.
    """

    rows: Mapping[str, int]
    absent_columns: Mapping[str, tuple[str, ...]]
    ignored_columns: Mapping[str, tuple[str, ...]]
    duplicate_alert_ids: int
    alerts_on_unknown_addresses: int
    clusters_without_known_alerts: int
    unknown_severities: Mapping[str, int]
    unverified: bool = False
    missing_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Checked tables, ready to be scored.

    Attributes
    ----------
    alerts, features, clusters
        As in the schemas, in the order they came in. ``features`` has one row per address.
    money_flows, address_labels
        None when the batch has none, or when they were not asked for.
    meta
        What META.json says; empty for tables handed over in memory.
    report
        Counts of what is absent, double or unknown.
    """

    alerts: pl.DataFrame
    features: pl.DataFrame
    clusters: pl.DataFrame
    report: BatchReport
    meta: Meta = field(default_factory=Meta)
    money_flows: pl.DataFrame | None = None
    address_labels: pl.DataFrame | None = None


def make_batch(
    tables: "Mapping[str, AnyTable | CheckedTable]",
    meta: Meta | None = None,
    *,
    unverified: bool = False,
    folder: Path | None = None,
    features: Table = FEATURES,
) -> Batch:
    """Check tables held in memory and make a batch of them.

    Parameters
    ----------
    tables
        Polars, Arrow or pandas tables by name: ``alerts``, ``features`` and ``clusters``,
        and where there are any ``money_flows`` and ``address_labels``. A table that was checked is not checked again.
    meta
        The network, date and window the tables must agree with.
    unverified
        Whether the tables come from files nobody vouched for; noted in the report.
    folder
        Where the tables were read from, for messages to name the file.
    features
        The part of the schema of ``features`` that is checked and kept.

    Raises
    ------
    InvalidBatchError
        If a table is missing or breaks its schema, or a date or window disagrees with `meta`.
    """
    meta = meta or Meta()
    checked: dict[str, CheckedTable] = {}
    for table in BATCH_TABLES:
        if table in SCORED_TABLES or table.name in tables:
            schema = features if table is FEATURES else table
            with naming_file(folder and folder / table.file_name):
                checked[table.name] = _checked(tables, schema, meta)
    alerts = _lower_case(checked["alerts"].rows, "severity")
    clusters = _lower_case(checked["clusters"].rows, "severity_max")
    return Batch(
        alerts=alerts,
        features=checked["features"].rows,
        clusters=clusters,
        report=_report(checked, unverified=unverified),
        meta=meta,
        money_flows=checked["money_flows"].rows if "money_flows" in checked else None,
        address_labels=checked["address_labels"].rows if "address_labels" in checked else None,
    )


def _checked(
    tables: "Mapping[str, AnyTable | CheckedTable]", table: Table, meta: Meta
) -> CheckedTable:
    if table.name not in tables:
        message = (
            f"{table.name}: the table is missing; a batch needs alerts, features and clusters, "
            "even if they have no rows."
        )
        raise InvalidBatchError(message)
    found = tables[table.name]
    if isinstance(found, CheckedTable):
        checked = found
    elif table is MONEY_FLOWS:
        return check_money_flows(found)
    else:
        checked = check_table(found, table)
    if table.name in {scored.name for scored in SCORED_TABLES}:
        _check_agreement(checked.rows, table, meta)
    return checked


def _lower_case(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    if is_few(rows.height) and all(v.isascii() and v == v.lower() for v in rows[name]):
        return rows
    return rows.with_columns(pl.col(name).str.to_lowercase())


def _check_agreement(rows: pl.DataFrame, table: Table, meta: Meta) -> None:
    key = table.key[0]
    expected = {"processing_date": meta.processing_date, "window_days": meta.window_days}
    for column, value in expected.items():
        if value is None:
            continue
        other = rows.filter(pl.col(column) != value)
        if other.height:
            first = other.sort(key).row(0, named=True)
            message = (
                f"{table.name}: '{column}' must be {value} as META.json says; {other.height} of "
                f"{rows.height} rows are not, first {key} '{first[key]}': {first[column]}; "
                "the table or META.json is of another batch."
            )
            raise InvalidBatchError(message)


def _report(checked: Mapping[str, CheckedTable], *, unverified: bool) -> BatchReport:
    alerts, clusters = checked["alerts"].rows, checked["clusters"].rows
    return BatchReport(
        rows={name: table.rows.height for name, table in checked.items()},
        absent_columns={name: table.absent_columns for name, table in checked.items()},
        ignored_columns={name: table.ignored_columns for name, table in checked.items()},
        duplicate_alert_ids=alerts.height - alerts["alert_id"].n_unique(),
        alerts_on_unknown_addresses=_count_on_unknown(alerts, checked["features"].rows),
        clusters_without_known_alerts=clusters.height - _count_reached(clusters, alerts),
        unknown_severities={
            "alerts": _count_unknown(alerts["severity"]),
            "clusters": _count_unknown(clusters["severity_max"]),
        },
        unverified=unverified,
    )


def _count_on_unknown(alerts: pl.DataFrame, features: pl.DataFrame) -> int:
    """Count the alerts whose address has no row of their date and window."""
    if is_few(alerts.height) and is_few(features.height):
        known = set(features[JOIN_KEY].rows())
        return sum(key not in known for key in alerts[JOIN_KEY].rows())
    return alerts.join(features.select(JOIN_KEY), on=JOIN_KEY, how="anti").height


def _count_reached(clusters: pl.DataFrame, alerts: pl.DataFrame) -> int:
    """Count the clusters of which at least one alert is there."""
    if not clusters.height or not alerts.height:
        return 0
    known_ids = alerts.select(related_alert_ids="alert_id").unique()
    return (
        clusters.select("related_alert_ids")
        .with_row_index("cluster")
        .explode("related_alert_ids")
        .join(known_ids, on="related_alert_ids", how="semi")["cluster"]
        .n_unique()
    )


def _count_unknown(severities: pl.Series) -> int:
    if is_few(len(severities)):
        return sum(severity.lower() not in SEVERITIES for severity in severities)
    return int((~severities.str.to_lowercase().is_in(SEVERITIES)).sum())
