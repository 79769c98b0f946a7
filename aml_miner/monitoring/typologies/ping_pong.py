"""PING_PONG: money sent back and forth between the same few addresses."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.rule import capped, suspects


class PingPongParameters(Parameters):
    """Rule PING_PONG."""

    min_reciprocity: float
    max_degree: int
    min_volume: float
    full_degree: int = Field(ge=1)
    full_volume: float = Field(gt=0)
    min_confidence: float = Field(ge=0, le=1)


def detect_ping_pong(
    activity: Activity, features: pl.DataFrame, parameters: PingPongParameters
) -> Iterator[Finding]:
    """Find addresses with few counterparties whose volume mostly runs both ways.

    Confidence is .5·reciprocity + .3·(1 − degree / 20) + .2·min(volume / 10 000, 1); the rule and its numbers are the
    reference's.
    """
    reciprocity, degree = pl.col("reciprocity_ratio"), pl.col("degree_total")
    volume = pl.col("total_volume_usd").cast(pl.Float64)
    holds = (
        (reciprocity > parameters.min_reciprocity)
        & (degree < parameters.max_degree)
        & (volume >= parameters.min_volume)
    )
    confidence = (
        0.5 * reciprocity
        + 0.3 * (1 - capped(degree / parameters.full_degree))
        + 0.2 * capped(volume / parameters.full_volume)
    )
    for suspect in suspects(
        features,
        holds,
        confidence,
        parameters.min_confidence,
        shown=("reciprocity_ratio", "degree_total"),
    ):
        mutual, partners = _mutual_transfers(activity, suspect["number"])
        if not len(mutual):
            continue
        yield Finding(
            typology="PING_PONG",
            address=suspect["number"],
            confidence=suspect["confidence"],
            transfers=mutual,
            description=(
                f"{suspect['reciprocity_ratio']:.0%} of its volume runs back and forth with {partners} of "
                f"{suspect['degree_total']} counterparties in {len(mutual)} transfers: check whether one person "
                "stands behind both sides."
            ),
            indicators=("reciprocal_flows", "few_counterparties"),
            facts={
                "mutual_transfers": len(mutual),
                "mutual_counterparties": partners,
                "reciprocity_ratio": round(suspect["reciprocity_ratio"], 6),
            },
        )


def _mutual_transfers(activity: Activity, address: int) -> tuple[Integers, int]:
    """Transfers with the counterparties that both sent to and received from an address, and how many those are."""
    events = activity.events_of(address)
    source, target = activity.source[events], activity.target[events]
    partners = np.intersect1d(target[source == address], source[target == address])
    other = np.where(source == address, target, source)
    return events[np.isin(other, partners)], len(partners)
