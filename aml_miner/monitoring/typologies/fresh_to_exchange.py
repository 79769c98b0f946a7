"""FRESH_TO_EXCHANGE: an address never seen before that sends money straight to an exchange."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.rule import suspects


class FreshToExchangeParameters(Parameters):
    """Rule FRESH_TO_EXCHANGE."""

    min_sent: float
    min_share: float = Field(ge=0, le=1)
    confidence: float = Field(ge=0, le=1)
    exchange_types: tuple[str, ...]


def detect_fresh_to_exchange(
    activity: Activity,
    features: pl.DataFrame,
    labels: pl.DataFrame | None,
    parameters: FreshToExchangeParameters,
) -> Iterator[Finding]:
    """Find new addresses that cash out at once.

    An address is new when its first transfer lies in this window and there are earlier transfers to tell. Confidence is
    the reference's constant. That people open accounts at exchanges every day, our choice asks as well that at least
    ``min_share`` of what it sent went there.

    Without labels no exchange is known, and without earlier transfers no address is new: nothing is found then.
    """
    exchanges = _exchanges(activity, labels, parameters.exchange_types)
    sent, to_exchange = _sent_usd(activity, exchanges)
    holds = (
        pl.col("is_new_address").fill_null(value=False)
        & (pl.col("total_out_usd").cast(pl.Float64) >= parameters.min_sent)
        & (pl.Series(to_exchange) > 0)
        & (pl.Series(to_exchange) >= parameters.min_share * pl.Series(sent))
    )
    constant = pl.lit(parameters.confidence)
    for suspect in suspects(features, holds, constant, 0.0):
        events = activity.events_of(suspect["number"])
        paid = events[
            (activity.source[events] == suspect["number"]) & exchanges[activity.target[events]]
        ]
        share = to_exchange[suspect["number"]] / sent[suspect["number"]]
        yield Finding(
            typology="FRESH_TO_EXCHANGE",
            address=suspect["number"],
            confidence=suspect["confidence"],
            transfers=paid,
            description=(
                f"First seen in this window, it sent {share:.0%} of its money to an exchange in {len(paid)} "
                "transfer(s): check who paid it, and who owns the account there."
            ),
            indicators=("new_address", "flow_to_exchange"),
            facts={
                "transfers_to_exchanges": len(paid),
                "exchanges": len(np.unique(activity.target[paid])),
                "share_to_exchanges": round(float(share), 6),
            },
        )


def _exchanges(
    activity: Activity, labels: pl.DataFrame | None, types: tuple[str, ...]
) -> np.ndarray:
    if labels is None:
        return np.zeros(activity.count, np.bool_)
    kind = pl.col("address_type").str.to_lowercase()
    known = labels.filter(kind.is_in(types))["address"]
    return activity.addresses.is_in(known.unique().implode()).to_numpy()


def _sent_usd(activity: Activity, exchanges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """USD each address sent in all, and to exchanges."""
    edges = activity.edges
    source: Integers = edges["source"].to_numpy()
    usd = edges["amount_usd"].cast(pl.Float64).to_numpy()
    there = exchanges[edges["target"].to_numpy()]
    return (
        np.bincount(source, usd, activity.count),
        np.bincount(source, np.where(there, usd, 0.0), activity.count),
    )
