"""RAPID_FANOUT: an address that spreads money to many others in bursts."""

from collections.abc import Iterator

import polars as pl
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.rule import capped, suspects

_HOURS = 24


class RapidFanoutParameters(Parameters):
    """Rule RAPID_FANOUT."""

    min_degree: int
    min_burst: float
    min_volume: float
    full_degree: int = Field(ge=1)
    full_volume: float = Field(gt=0)
    min_confidence: float = Field(ge=0, le=1)


def detect_rapid_fanout(
    activity: Activity, features: pl.DataFrame, parameters: RapidFanoutParameters
) -> Iterator[Finding]:
    """Find addresses with many counterparties whose transfers crowd into one hour of the day.

    With b = burst_factor / 24, confidence is .4·min(degree / 50, 1) + .4·b + .2·min(volume / 25 000, 1); the rule and
    its numbers are the reference's. An address that sent nothing fans nothing out and is passed over.
    """
    degree, burst = pl.col("degree_total"), pl.col("burst_factor") / _HOURS
    volume = pl.col("total_volume_usd").cast(pl.Float64)
    holds = (
        (degree >= parameters.min_degree)
        & (burst > parameters.min_burst)
        & (volume >= parameters.min_volume)
        & (pl.col("tx_out_count") > 0)
    )
    confidence = (
        0.4 * capped(degree / parameters.full_degree)
        + 0.4 * capped(burst)
        + 0.2 * capped(volume / parameters.full_volume)
    )
    for suspect in suspects(
        features,
        holds,
        confidence,
        parameters.min_confidence,
        shown=("degree_out", "peak_hour"),
        burst=burst,
    ):
        events = activity.events_of(suspect["number"])
        outgoing = events[activity.source[events] == suspect["number"]]
        yield Finding(
            typology="RAPID_FANOUT",
            address=suspect["number"],
            confidence=suspect["confidence"],
            transfers=outgoing,
            description=(
                f"{len(outgoing)} transfers to {suspect['degree_out']} recipients, {suspect['burst']:.0%} of all "
                f"activity in the hour from {suspect['peak_hour']:02d}:00 UTC: check where the money came from and "
                "whether the recipients belong together."
            ),
            indicators=("many_counterparties", "burst_of_activity"),
            facts={
                "outgoing_transfers": len(outgoing),
                "recipients": suspect["degree_out"],
                "share_in_peak_hour": round(suspect["burst"], 6),
                "peak_hour": suspect["peak_hour"],
            },
        )
