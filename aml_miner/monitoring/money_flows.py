"""Money flows of a window, one row per directed pair of addresses."""

import numpy as np
import polars as pl

from aml_miner.batch.schemas import MONEY_FLOWS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers

_HOURS, _WEEKDAYS = 24, 7
_FIRST_WEEKDAY = 3
_PAIR = ["from_address", "to_address"]


def money_flow_table(activity: Activity) -> pl.DataFrame:
    """Return the flows between every pair as a table of the contract, sorted by the pair.

    ``reciprocity_ratio`` is the smaller of the two directions' USD over the larger, 0 where nothing came back.
    ``dominant_asset`` is the one with the most USD, the first by name of those that tie.
    """
    rows = activity.transfers.rows.with_columns(day=pl.Series(activity.day))
    when, usd = pl.col("block_timestamp"), pl.col("amount_usd")
    flows = (
        rows.group_by(_PAIR)
        .agg(
            tx_count=pl.len().cast(pl.UInt64),
            amount_sum=pl.col("amount").sum(),
            amount_usd_sum=usd.sum(),
            first_seen_timestamp=when.min(),
            last_seen_timestamp=when.max(),
            active_days=pl.col("day").n_unique().cast(pl.UInt32),
            unique_assets=pl.struct("asset_symbol", "asset_contract").n_unique().cast(pl.UInt32),
        )
        .with_columns(avg_tx_size_usd=pl.col("amount_usd_sum") / pl.col("tx_count"))
        .join(_dominant_assets(rows), on=_PAIR, how="left")
    )
    back = flows.select(from_address="to_address", to_address="from_address", back="amount_usd_sum")
    flows = flows.join(back, on=_PAIR, how="left").sort(_PAIR)
    there, here = pl.col("amount_usd_sum").cast(pl.Float64), pl.col("back").cast(pl.Float64)
    larger = pl.max_horizontal(there, here)
    ratio = (
        pl.when(here.is_null() | (larger == 0))
        .then(0.0)
        .otherwise(pl.min_horizontal(there, here) / larger)
    )
    pair = _pair_of_transfer(activity)
    return flows.with_columns(
        ratio.cast(pl.Float32).alias("reciprocity_ratio"),
        pl.col("back").is_not_null().alias("is_bidirectional"),
        _histogram(pair, activity.hour, _HOURS, flows.height, "hourly_pattern"),
        _histogram(
            pair,
            (activity.day + _FIRST_WEEKDAY) % _WEEKDAYS,
            _WEEKDAYS,
            flows.height,
            "weekly_pattern",
        ),
    ).select(list(MONEY_FLOWS.schema))


def _dominant_assets(rows: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.group_by([*_PAIR, "asset_symbol"])
        .agg(pl.col("amount_usd").sum())
        .sort("amount_usd", "asset_symbol", descending=[True, False])
        .group_by(_PAIR, maintain_order=True)
        .agg(dominant_asset=pl.col("asset_symbol").first())
    )


def _pair_of_transfer(activity: Activity) -> Integers:
    """Place of each transfer's pair among all pairs, sorted."""
    pair = activity.source * activity.count + activity.target
    place: Integers = np.unique(pair, return_inverse=True)[1]
    return place


def _histogram(pair: Integers, part: Integers, parts: int, pairs: int, name: str) -> pl.Series:
    counts = np.bincount(pair * parts + part, minlength=pairs * parts).reshape(pairs, parts)
    most = np.iinfo(np.uint16).max
    return pl.Series(name, np.minimum(counts, most).astype(np.uint16)).arr.to_list()
