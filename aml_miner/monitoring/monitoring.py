"""From transfers to a batch: address features, patterns, alerts, clusters, money flows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.meta import Meta
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
from aml_miner.monitoring.transfers import Transfers
from aml_miner.monitoring.typologies.detection import detect_typologies


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
        Per detector from how many addresses its search was cut off by its bound.
    approximations
        The address features that hold estimates, and how good those are; none where everything was solved.
    """

    tables: dict[str, pl.DataFrame]
    meta: Meta
    transfers: Transfers
    cut_off: Mapping[str, int]
    approximations: tuple[Approximation, ...] = ()

    def batch(self) -> Batch:
        """Return the tables as a checked batch."""
        return make_batch({k: v for k, v in self.tables.items() if k != "patterns"}, self.meta)

    def write(self, folder: Path) -> None:
        """Write the tables and META.json as a batch folder, whole or not at all."""
        write_batch(self.tables, self.meta, folder)

    def counts(self) -> dict[str, int]:
        """Return what came in, what was left out and why, and what was found."""
        return {
            "transfers": self.transfers.rows.height,
            "duplicate_transfers": self.transfers.duplicates,
            "self_transfers": self.transfers.self_transfers,
            "transfers_outside_window": self.transfers.outside_window,
            "addresses": self.tables["features"].height,
            "patterns": self.tables["patterns"].height,
            "alerts": self.tables["alerts"].height,
            "clusters": self.tables["clusters"].height,
            **{f"{name}_searches_cut_off": count for name, count in self.cut_off.items()},
        }


def monitor_transfers(
    transfers: Transfers,
    profile: MonitoringProfile,
    *,
    network: str,
    labels: pl.DataFrame | None = None,
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
        Address labels to carry along. No feature reads them; some rules do, to know exchanges and risky addresses.
    progress
        Called with the name of each stage as it begins.
    """
    progress("address features")
    activity = Activity.of(transfers, profile.graph)
    features = build_address_features(activity, profile.address_features)
    found = detect_patterns(activity, profile, labels, progress)
    progress("alerts")
    findings = detect_typologies(activity, features, found.patterns, profile, labels)
    alerts = make_alerts(findings, activity)
    progress("clusters and money flows")
    tables = {
        "alerts": alert_table(alerts, activity, profile.severity, profile.evidence),
        "features": features,
        "clusters": detect_clusters(alerts, activity, profile),
        "money_flows": money_flow_table(activity),
        "patterns": pattern_table(found.patterns, activity),
    }
    if labels is not None:
        tables["address_labels"] = labels.sort(pl.all())
    return Monitored(
        tables, _meta(transfers, network), transfers, found.cut_off, activity.graph.approximations
    )


def _meta(transfers: Transfers, network: str) -> Meta:
    """Describe the window; ``generated_at`` is the time of its last transfer, so that it never depends on a clock."""
    last = int(transfers.rows["block_timestamp"].max())  # type: ignore[arg-type]
    return Meta(
        network=network,
        processing_date=transfers.processing_date,
        window_days=transfers.window_days,
        generated_at=datetime.fromtimestamp(last / 1000, UTC).isoformat(),
    )
