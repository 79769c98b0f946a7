"""Features of when the address was active: how long, how often, how regularly, how recently.

Times count back from the end of the processing date. No absolute date and no calendar column is a feature: a model
would learn which batch a row came from.
"""

import polars as pl

from aml_miner.features.feature import DAYS_PER_MS, Feature, larger_of

_MS_PER_DAY = 86_400_000.0
_DAYS_PER_HOUR = 1 / 24  # multiplied by, as DAYS_PER_MS is
_ACTIVE_DAYS = pl.col("activity_days")
_SPAN = pl.col("activity_span_days")
# the first moment after the processing date, in days since 1970
_END = pl.col("processing_date").cast(pl.Int32).cast(pl.Float64) + 1.0


def _days_before_end(timestamp: str) -> pl.Expr:
    return (_END * _MS_PER_DAY - pl.col(timestamp)) * DAYS_PER_MS


FEATURES = (
    Feature(
        "activity_days",
        _ACTIVE_DAYS,
        unit="days",
        reason="was active on {value:,.0f} days",
        one="was active on a single day",
    ),
    Feature(
        "activity_span_days",
        _SPAN,
        unit="days",
        reason="was active over a span of {value:,.0f} days",
        one="was active over a span of less than two days",
    ),
    Feature(
        "activity_density_ratio",
        _ACTIVE_DAYS / larger_of(_SPAN, _ACTIVE_DAYS),
        unit="ratio",
        reason="was active on {value:.0%} of the days between its first and last transfer",
    ),
    Feature(
        "activity_window_ratio",
        _SPAN / pl.col("window_days"),
        unit="ratio",
        reason="its activity spans {value:.0%} of the window",
    ),
    Feature(
        "transfers_per_active_day_ratio",
        pl.col("tx_total_count") / _ACTIVE_DAYS,
        unit="ratio",
        reason="made {value:,.1f} transfers per active day on average",
    ),
    Feature(
        "volume_per_active_day_usd",
        pl.col("total_volume_usd") / _ACTIVE_DAYS,
        unit="usd",
        reason="moved {value:,.0f} USD per active day on average",
    ),
    Feature(
        "burst_ratio",
        pl.col("burst_factor") * _DAYS_PER_HOUR,
        unit="ratio",
        reason="{value:.0%} of its transfers fall in the busiest of the 24 hours of the day",
    ),
    Feature(
        "night_transaction_ratio",
        pl.col("night_transaction_ratio"),
        unit="ratio",
        reason="{value:.0%} of its transfers were made between 0 and 6 o'clock (UTC)",
    ),
    Feature(
        "weekend_transaction_ratio",
        pl.col("weekend_transaction_ratio"),
        unit="ratio",
        reason="{value:.0%} of its transfers were made at weekends",
    ),
    Feature(
        "regularity_score",
        pl.col("regularity_score"),
        unit="score",
        reason="keeps to the same hours with regularity {value:.2f} (0 = evenly around the clock, 1 = always one hour)",
    ),
    Feature(
        "daily_entropy",
        pl.col("daily_entropy"),
        unit="score",
        reason="spreads its transfers over weekdays with entropy {value:.2f} (0 = one weekday, 2.81 = evenly)",
    ),
    Feature(
        "flow_burstiness",
        pl.col("flow_burstiness"),
        unit="score",
        reason="its transfers have a burstiness of {value:.2f} (0 = steadily or at random, 1 = in bursts)",
    ),
    Feature(
        "peak_hour_volume_ratio",
        pl.col("intraday_volume_ratio") * _DAYS_PER_HOUR,
        unit="ratio",
        reason="{value:.0%} of its volume falls in the heaviest of the 24 hours of the day",
    ),
    Feature(
        "days_since_first_activity",
        _days_before_end("first_activity_timestamp"),
        unit="days",
        reason="its first transfer in the window was {value:,.1f} days before the window's end",
    ),
    Feature(
        "days_since_last_activity",
        _days_before_end("last_activity_timestamp"),
        unit="days",
        reason="its last transfer was {value:,.1f} days before the window's end",
    ),
    Feature(
        "is_new_address",
        pl.col("is_new_address"),
        unit="flag",
        reason="was {value}first seen in this window",
        absent="whether it was seen before this window is not known",
    ),
    Feature(
        "is_dormant_reactivated",
        pl.col("is_dormant_reactivated"),
        unit="flag",
        reason="was {value}active again after a long silence",
        absent="whether it was silent for long before is not known",
    ),
)
"""One entry per column of the family, in the order of the matrix."""
