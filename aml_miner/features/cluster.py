"""Features of a cluster: its own row, and the rows of the addresses it involves.

Nothing here looks at the cluster's alerts: whoever sends a part of them must get the same score for the cluster.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from aml_miner.batch.schemas import SEVERITIES
from aml_miner.features import network, statistical, temporal
from aml_miner.features.feature import DAYS_PER_MS, Feature, known_text, severity_level

_ALERTS = pl.col("total_alerts")
_ADDRESSES = pl.col("address_count")
_VOLUME = pl.col("total_volume_usd")

type Statistic = Literal["min", "mean", "max"]


@dataclass(frozen=True, slots=True)
class MemberStatistic:
    """A statistic of an address feature over the known addresses of a cluster; null where none has a value."""

    statistic: Statistic
    feature: Feature

    @property
    def column(self) -> str:
        """Name of the column the builder adds to a cluster's row."""
        return f"{self.statistic}_{self.feature.name}"


_ADDRESS_FEATURES = {
    feature.name: feature
    for feature in (*network.FEATURES, *temporal.FEATURES, *statistical.FEATURES)
}


def _member(statistic: Statistic, name: str) -> MemberStatistic:
    return MemberStatistic(statistic, _ADDRESS_FEATURES[name])


MEMBER_STATISTICS = (
    _member("min", "pass_through_ratio"),
    _member("mean", "pass_through_ratio"),
    _member("mean", "reciprocity_ratio"),
    _member("mean", "unique_counterparties"),
    _member("max", "unique_counterparties"),
    _member("max", "total_in_usd"),
    _member("max", "burst_ratio"),
    _member("mean", "structuring_score"),
    _member("max", "structuring_score"),
)
"""The statistics the builder computes before the expressions below read them."""

OWN = (
    Feature(
        "cluster_type",
        known_text("cluster_type"),
        unit="category",
        reason="the cluster is of type {value}",
    ),
    Feature(
        "cluster_severity_level",
        severity_level("severity_max"),
        unit="score",
        reason="the highest severity of its alerts is {value}",
        absent="its highest severity is none of the known ones",
        levels=SEVERITIES,
    ),
    Feature(
        "cluster_confidence_score",
        pl.col("confidence_avg"),
        unit="score",
        reason="its alerts have a mean confidence of {value:.2f}",
    ),
    Feature(
        "cluster_alert_count",
        _ALERTS,
        unit="count",
        reason="holds {value:,.0f} alerts",
        one="holds a single alert",
    ),
    Feature(
        "cluster_address_count",
        _ADDRESSES,
        unit="count",
        reason="involves {value:,.0f} addresses",
        one="involves a single address",
    ),
    Feature(
        "cluster_alerts_per_address_ratio",
        _ALERTS / _ADDRESSES,
        unit="ratio",
        reason="has {value:,.1f} alerts for each address",
        absent="involves no address",
    ),
    Feature(
        "cluster_volume_usd",
        _VOLUME,
        unit="usd",
        reason="covers {value:,.0f} USD",
    ),
    Feature(
        "cluster_volume_per_address_usd",
        _VOLUME / _ADDRESSES,
        unit="usd",
        reason="covers {value:,.0f} USD for each address",
        absent="involves no address, so has no volume for each",
    ),
    Feature(
        "cluster_alert_span_days",
        (pl.col("latest_alert_timestamp") - pl.col("earliest_alert_timestamp")) * DAYS_PER_MS,
        unit="days",
        reason="its alerts span {value:,.1f} days",
    ),
    Feature(
        "cluster_window_days",
        pl.col("window_days"),
        unit="days",
        reason="its alerts come of {value:,.0f} days of transfers",
        one="its alerts come of a single day of transfers",
    ),
    Feature(
        "cluster_known_address_ratio",
        pl.col("known_address_count") / _ADDRESSES,
        unit="ratio",
        reason="{value:.0%} of its addresses have a known history",
        absent="involves no address of known history",
    ),
)
"""The features of the cluster's own row."""

FLOWS = (
    Feature(
        "cluster_min_pass_through_ratio",
        pl.col("min_pass_through_ratio"),
        unit="ratio",
        reason="for each of its addresses the smaller of received and sent is at least {value:.0%} of the larger",
    ),
    Feature(
        "cluster_mean_pass_through_ratio",
        pl.col("mean_pass_through_ratio"),
        unit="ratio",
        reason="for its addresses the smaller of received and sent is on average {value:.0%} of the larger",
    ),
    Feature(
        "cluster_mean_reciprocity_ratio",
        pl.col("mean_reciprocity_ratio"),
        unit="ratio",
        reason="on average {value:.0%} of an address's volume is with counterparties that paid it and were paid by it",
    ),
    Feature(
        "cluster_max_total_in_usd",
        pl.col("max_total_in_usd"),
        unit="usd",
        reason="the address that received most received {value:,.0f} USD",
    ),
    Feature(
        "cluster_mean_structuring_score",
        pl.col("mean_structuring_score"),
        unit="score",
        reason="the weight of small amounts in its addresses' transfers is {value:.2f} on average (structuring)",
    ),
    Feature(
        "cluster_max_structuring_score",
        pl.col("max_structuring_score"),
        unit="score",
        reason="the highest weight of small amounts in an address's transfers is {value:.2f} (structuring)",
    ),
)

SHAPE = (
    Feature(
        "cluster_mean_counterparty_count",
        pl.col("mean_unique_counterparties"),
        unit="count",
        reason="its addresses dealt with {value:,.1f} counterparties on average",
    ),
    Feature(
        "cluster_max_counterparty_count",
        pl.col("max_unique_counterparties"),
        unit="count",
        reason="its best connected address dealt with {value:,.0f} counterparties",
        one="its best connected address dealt with a single counterparty",
    ),
)

TIMING = (
    Feature(
        "cluster_max_burst_ratio",
        pl.col("max_burst_ratio"),
        unit="ratio",
        reason="one of its addresses made {value:.0%} of its transfers in one of the 24 hours of the day",
    ),
)

FEATURES = (*OWN, *FLOWS, *SHAPE, *TIMING)
"""One entry per column, in the order of the matrix."""
