"""PEEL_CHAIN: an address that passes on nearly all it receives, spread over its counterparties and over the day."""

from collections.abc import Iterator

import polars as pl
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.rule import capped, suspects

_HOURS = 24


class PeelChainParameters(Parameters):
    """Rule PEEL_CHAIN."""

    min_degree: int
    min_volume: float
    max_burst: float
    min_pass_through: float = Field(ge=0, le=1)
    max_senders: int = Field(ge=1)
    full_degree: int = Field(ge=1)
    full_volume: float = Field(gt=0)
    min_confidence: float = Field(ge=0, le=1)


def detect_peel_chain(
    activity: Activity, features: pl.DataFrame, parameters: PeelChainParameters
) -> Iterator[Finding]:
    """Find addresses that peel pieces off a sum they were given.

    With b = burst_factor / 24, confidence is .4·degree / 20 + .3·min(volume / 50 000, 1) + .3·(1 − b), at most 1; the
    reference's numbers. That they hold for every busy shop, our choice asks as well that nearly all it received from a
    few senders was sent on.
    """
    degree, burst = pl.col("degree_total"), pl.col("burst_factor") / _HOURS
    received, sent = (pl.col(name).cast(pl.Float64) for name in ("total_in_usd", "total_out_usd"))
    volume = pl.col("total_volume_usd").cast(pl.Float64)
    passed_on = pl.min_horizontal(received, sent) / pl.max_horizontal(received, sent)
    holds = (
        (degree >= parameters.min_degree)
        & (volume >= parameters.min_volume)
        & (burst < parameters.max_burst)
        & (passed_on >= parameters.min_pass_through)
        & (pl.col("degree_in") <= parameters.max_senders)
    )
    confidence = (
        0.4 * degree / parameters.full_degree
        + 0.3 * capped(volume / parameters.full_volume)
        + 0.3 * (1 - burst)
    )
    for suspect in suspects(
        features,
        holds,
        confidence,
        parameters.min_confidence,
        shown=("degree_in", "degree_out"),
        passed_on=passed_on,
    ):
        events = activity.events_of(suspect["number"])
        yield Finding(
            typology="PEEL_CHAIN",
            address=suspect["number"],
            confidence=suspect["confidence"],
            transfers=events,
            description=(
                f"What {suspect['degree_in']} sender(s) paid in went on to {suspect['degree_out']} recipients, "
                f"{suspect['passed_on']:.0%} of it: follow the largest payment on and see what was peeled off."
            ),
            indicators=("pass_through", "many_recipients"),
            facts={
                "senders": suspect["degree_in"],
                "recipients": suspect["degree_out"],
                "transfers": len(events),
                "pass_through_ratio": round(suspect["passed_on"], 6),
            },
        )
