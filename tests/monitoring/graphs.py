"""Hand-drawn transfers: a few lines of (from, to, amount, hour)."""

from datetime import UTC, datetime, timedelta

import polars as pl

from aml_miner.batch.checking import check_table
from aml_miner.batch.schemas import TRANSFERS
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.transfers import make_transfers

type Line = tuple[str, str, float, float]
"""Sender, recipient, amount in USD, hours after the start."""

START = datetime(2025, 3, 3, tzinfo=UTC)  # a Monday


def draw(*lines: Line) -> pl.DataFrame:
    """Transfers of (from, to, amount in USD, hours after the start)."""
    return pl.DataFrame(
        {
            "tx_id": [f"t{i}" for i in range(len(lines))],
            "block_timestamp": [
                int((START + timedelta(hours=line[3])).timestamp() * 1000) for line in lines
            ],
            "from_address": [line[0] for line in lines],
            "to_address": [line[1] for line in lines],
            "asset_symbol": ["USDX"] * len(lines),
            "amount": [float(line[2]) for line in lines],
            "amount_usd": [float(line[2]) for line in lines],
        }
    )


def activity_of(*lines: Line, window_days: int | None = None) -> Activity:
    """What the addresses of hand-drawn transfers did."""
    return Activity.of(make_transfers(check_table(draw(*lines), TRANSFERS).rows, None, window_days))
