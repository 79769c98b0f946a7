"""From transfers to a batch: address features, patterns, alerts, clusters, money flows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.checking import check_table
from aml_miner.batch.meta import Meta
from aml_miner.batch.schemas import ADDRESS_LABELS
from aml_miner.batch.writing import write_batch
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features import build_address_features
from aml_miner.monitoring.alerts import alert_table, make_alerts
from aml_miner.monitoring.clusters.detection import detect_clusters
from aml_miner.monitoring.graph.approximation import Approximation
from aml_miner.monitoring.money_flows import money_flow_table
from aml_miner.monitoring.patterns.detection import detect_patterns
from aml_miner.monitoring.patterns.pattern import pattern_table
from aml_miner.monitoring.profile import MonitoringProfile
from aml_miner.monitoring.progress import Progress, silent
from aml_miner.monitoring.transfers import MS_PER_DAY, Transfers
from aml_miner.monitoring.typologies.detection import detect_typologies
from aml_miner.utils.compiled import start_compiler

if TYPE_CHECKING:
    from aml_miner.batch.checking import AnyTable


_FOR_FEATURES_ALONE = (
    "asset_flows",
    "by_edge",
    "edge_usd",
    "ends",
    "event_amount",
    "hourly_amount",
    "hourly_count",
    "hourly_entropy",
    "native_volume",
    "weekday_count",
    "weekday_entropy",
)
"""Views of the transfers that no detector reads: at millions of transfers they take gigabytes."""


@dataclass(frozen=True, slots=True)
class Monitored:
    """What monitoring made of a window of transfers.

    Attributes
    ----------
    tables
        ``alerts``, ``features``, ``clusters``, ``money_flows``, ``patterns`` and, when labels were given,
        ``address_labels``.
    meta
        Network, date and window.
    cut_off
        What bounds on work and size left out, by what it is called in the counts: from how many addresses a detector's
        search was cut off or further alerts of a typology were kept back, and how many joints or cuts kept alerts out
        of one cluster.
    labels_made_later
        How many labels were left out because they were made after the processing date.
    labels_changed_later
        How many of the others say they were changed after it: they are seen as they are now.
    approximations
        The address features that hold estimates, and how good those are; none where everything was solved.
    """

    tables: dict[str, pl.DataFrame]
    meta: Meta
    transfers: Transfers
    cut_off: Mapping[str, int]
    labels_made_later: int = 0
    labels_changed_later: int = 0
    approximations: tuple[Approximation, ...] = ()

    def batch(self) -> Batch:
        """Return the tables as a checked batch."""
        return make_batch({k: v for k, v in self.tables.items() if k != "patterns"}, self.meta)

    def write(self, folder: Path) -> None:
        """Write the tables, ``monitoring.json`` and META.json as a batch folder, whole or not at all.

        ``monitoring.json`` holds what was counted in the window and what was estimated; of what lies outside it
        nothing, so that no batch of a backtest changes with what came later.
        """
        account = {
            "counts": self._counts_inside(),
            "estimated_columns": [asdict(each) for each in self.approximations],
        }
        write_batch(self.tables, self.meta, folder, {"monitoring": account})

    def counts(self) -> dict[str, int]:
        """Return what came in, what was left out and why, and what was found."""
        return {
            **self._counts_inside(),
            "transfers_outside_window": self.transfers.outside_window,
            "labels_made_later": self.labels_made_later,
            "labels_changed_later": self.labels_changed_later,
        }

    def _counts_inside(self) -> dict[str, int]:
        return {
            "transfers": self.transfers.rows.height,
            "duplicate_transfers": self.transfers.duplicates,
            "self_transfers": self.transfers.self_transfers,
            "addresses": self.tables["features"].height,
            "patterns": self.tables["patterns"].height,
            "alerts": self.tables["alerts"].height,
            "clusters": self.tables["clusters"].height,
            **self.cut_off,
        }


def monitor_transfers(
    transfers: Transfers,
    profile: MonitoringProfile,
    *,
    network: str,
    labels: "AnyTable | None" = None,
    labels_as_of_date: bool = True,
    progress: Progress = silent,
) -> Monitored:
    """Monitor a window of transfers.

    The same transfers give the same tables, whatever the order of their rows.

    Parameters
    ----------
    transfers
        One window, as `make_transfers` returns it.
    profile
        Parameters of detectors and rules.
    network
        Name of the network, for META.json.
    labels
        Address labels to carry along, as `ADDRESS_LABELS` in the schemas. No feature reads them; some rules do, to know
        exchanges and risky addresses.
    labels_as_of_date
        Leave out labels that say they were made after the processing date, as a backtest must. Whoever monitors today
        what ended a while ago may use all that is known today.
    progress
        Called with the name of each stage as it begins.

    Raises
    ------
    InvalidBatchError
        If the labels break their schema.
    """
    known = None if labels is None else check_table(labels, ADDRESS_LABELS).rows
    used = known_on(known, transfers.processing_date) if labels_as_of_date else known
    later = 0 if known is None or used is None else known.height - used.height
    start_compiler()
    progress("address features")
    activity = Activity.of(transfers, profile.graph)
    features = build_address_features(activity, profile.address_features)
    activity.forget(_FOR_FEATURES_ALONE)
    found = detect_patterns(activity, profile, used, progress)
    progress("alerts")
    typologies = detect_typologies(activity, features, found.patterns, profile, used)
    alerts = make_alerts(typologies.findings, activity)
    progress("clusters and money flows")
    clusters = detect_clusters(alerts, activity, profile)
    tables = {
        "alerts": alert_table(alerts, activity, profile.severity, profile.evidence),
        "features": features,
        "clusters": clusters.table,
        "money_flows": money_flow_table(activity),
        "patterns": pattern_table(found.patterns, activity),
    }
    if used is not None:
        tables["address_labels"] = used.sort(pl.all())
    cut_off = {f"{name}_searches_cut_off": count for name, count in found.cut_off.items()}
    cut_off |= {"alerts_kept_back": typologies.kept_back} if typologies.kept_back else {}
    cut_off |= {f"{name}_kept_apart": count for name, count in clusters.cut_off.items()}
    return Monitored(
        tables,
        _meta(transfers, network),
        transfers,
        cut_off,
        labels_made_later=later,
        labels_changed_later=_changed_after(used, transfers.processing_date),
        approximations=activity.graph.approximations,
    )


def known_on(labels: pl.DataFrame | None, day: date) -> pl.DataFrame | None:
    """Leave out the labels that say they were made after a day (UTC); those that do not say when are kept."""
    if labels is None:
        return None
    return labels.filter((pl.col("created_timestamp") < _end_of(day)).fill_null(value=True))


def _changed_after(labels: pl.DataFrame | None, day: date) -> int:
    """Count the labels that say they were changed after a day (UTC)."""
    if labels is None:
        return 0
    return labels.filter(pl.col("updated_timestamp") >= _end_of(day)).height


def _end_of(day: date) -> int:
    return ((day - date(1970, 1, 1)).days + 1) * MS_PER_DAY


def _meta(transfers: Transfers, network: str) -> Meta:
    """Describe the window; ``generated_at`` is the time of its last transfer, so that it never depends on a clock."""
    last = int(transfers.rows["block_timestamp"].max())  # type: ignore[arg-type]
    return Meta(
        network=network,
        processing_date=transfers.processing_date,
        window_days=transfers.window_days,
        generated_at=datetime.fromtimestamp(last / 1000, UTC).isoformat(),
    )
