"""VELOCITY_ANOMALY: very many transfers, nearly all in one hour of the day."""

from collections.abc import Iterator

import polars as pl
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.rule import capped, suspects

_HOURS = 24


class VelocityAnomalyParameters(Parameters):
    """Rule VELOCITY_ANOMALY."""

    min_velocity: float = Field(ge=0, le=1)
    min_volume: float
    min_burst: float
    full_daily: float = Field(gt=0)
    min_confidence: float = Field(ge=0, le=1)


def detect_velocity_anomaly(
    activity: Activity, features: pl.DataFrame, parameters: VelocityAnomalyParameters
) -> Iterator[Finding]:
    """Find addresses that move money more often, and in a shorter time, than people do.

    With b = burst_factor / 24 and the transfers per active day, confidence is .4·velocity_score + .3·b
    + .3·min(daily / 20, 1); the rule and its numbers are the reference's.
    """
    velocity, burst = pl.col("velocity_score"), pl.col("burst_factor") / _HOURS
    volume = pl.col("total_volume_usd").cast(pl.Float64)
    daily = pl.col("tx_total_count") / pl.col("activity_days")
    holds = (
        (velocity > parameters.min_velocity)
        & (volume >= parameters.min_volume)
        & (burst > parameters.min_burst)
    )
    confidence = 0.4 * velocity + 0.3 * burst + 0.3 * capped(daily / parameters.full_daily)
    for suspect in suspects(
        features,
        holds,
        confidence,
        parameters.min_confidence,
        shown=("activity_days", "peak_hour"),
        burst=burst,
        daily=daily,
    ):
        events = activity.events_of(suspect["number"])
        yield Finding(
            typology="VELOCITY_ANOMALY",
            address=suspect["number"],
            confidence=suspect["confidence"],
            transfers=events,
            description=(
                f"{len(events)} transfers, {suspect['daily']:,.1f} on an active day and {suspect['burst']:.0%} of them "
                f"in the hour from {suspect['peak_hour']:02d}:00 UTC: check whether a program pays, and for whom."
            ),
            indicators=("high_velocity", "burst_of_activity"),
            facts={
                "transfers": len(events),
                "active_days": suspect["activity_days"],
                "transfers_per_active_day": round(suspect["daily"], 2),
                "share_in_peak_hour": round(suspect["burst"], 6),
                "peak_hour": suspect["peak_hour"],
            },
        )
