"""STRUCTURING: many small transfers where few large ones would do, as if to stay below a reporting limit."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.rule import capped, suspects


class StructuringParameters(Parameters):
    """Rule STRUCTURING."""

    min_score: float
    min_transfers: int
    max_average: float
    full_transfers: int = Field(ge=1)
    full_average: float = Field(gt=0)
    min_confidence: float = Field(ge=0, le=1)
    min_small_total: float = Field(ge=0)
    small_amount: float


def detect_structuring(
    activity: Activity, features: pl.DataFrame, parameters: StructuringParameters
) -> Iterator[Finding]:
    """Find addresses whose transfers are many and small.

    Confidence is .5·structuring_score + .3·min(transfers / 50, 1) + .2·(1 − min(average / 10 000, 1)), the average
    being USD per transfer; the rule and its numbers are the reference's. That everyday purchases meet it, our choice
    asks as well that the small transfers add up to ``min_small_total`` USD: below a reporting limit there is nothing to
    split up.
    """
    average = pl.col("total_volume_usd").cast(pl.Float64) / pl.col("tx_total_count")
    score, transfers = pl.col("structuring_score"), pl.col("tx_total_count")
    holds = (
        (score > parameters.min_score)
        & (transfers >= parameters.min_transfers)
        & (average < parameters.max_average)
        & (pl.Series(_small_usd(activity, parameters.small_amount)) >= parameters.min_small_total)
    )
    confidence = (
        0.5 * score
        + 0.3 * capped(transfers / parameters.full_transfers)
        + 0.2 * (1 - capped(average / parameters.full_average))
    )
    for suspect in suspects(
        features,
        holds,
        confidence,
        parameters.min_confidence,
        shown=("structuring_score",),
        average=average,
    ):
        events = activity.events_of(suspect["number"])
        small = events[activity.amount[events] < parameters.small_amount]
        days = len(np.unique(activity.day[small]))
        yield Finding(
            typology="STRUCTURING",
            address=suspect["number"],
            confidence=suspect["confidence"],
            transfers=small,
            description=(
                f"{len(small)} of {len(events)} transfers are below {parameters.small_amount:,.0f}, on {days} day(s), "
                f"{suspect['average']:,.2f} USD on average: check whether they add up to one larger payment."
            ),
            indicators=("many_small_transfers", "low_average_amount"),
            facts={
                "small_transfers": len(small),
                "transfers": len(events),
                "active_days": days,
                "average_usd": round(suspect["average"], 2),
                "structuring_score": round(suspect["structuring_score"], 6),
            },
        )


def _small_usd(activity: Activity, limit: float) -> Floats:
    """USD of each address's transfers of less than `limit` in the asset's own unit."""
    small = activity.event_amount < limit
    return activity.by_event.sum(np.where(small, activity.amount_usd[activity.event], 0.0))
