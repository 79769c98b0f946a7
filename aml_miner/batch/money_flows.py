"""Money flows arrive one row per transaction or one row per directed pair; inside they are always pairs."""

from typing import TYPE_CHECKING

import polars as pl

from aml_miner.batch.checking import CheckedTable, as_polars, check_table
from aml_miner.batch.schemas import MONEY_FLOW_TRANSACTIONS, MONEY_FLOWS
from aml_miner.errors import InvalidBatchError

if TYPE_CHECKING:
    from aml_miner.batch.checking import AnyTable

_MS_PER_DAY = 86_400_000

_TOO_MUCH = 1e20
"""A sum of this many dollars has more digits than a decimal holds, and Polars would not say so but wrap around."""

_WHEN = pl.col("timestamp")
_PAIR = (
    pl.col("source_address").alias("from_address"),
    pl.col("dest_address").alias("to_address"),
)
_SUMS = (
    pl.len().cast(pl.UInt64).alias("tx_count"),
    pl.col("amount_usd").sum().alias("amount_usd_sum"),
    _WHEN.min().alias("first_seen_timestamp"),
    _WHEN.max().alias("last_seen_timestamp"),
    (_WHEN // _MS_PER_DAY).n_unique().cast(pl.UInt32).alias("active_days"),
    pl.col("asset").drop_nulls().n_unique().cast(pl.UInt32).alias("unique_assets"),
)


def check_money_flows(source: "AnyTable") -> CheckedTable:
    """Check a money-flow table of either shape and return it with one row per directed pair.

    Raises
    ------
    InvalidBatchError
        As `check_table`, against the shape the columns point to.
    """
    frame = as_polars(source, MONEY_FLOWS)
    if "source_address" not in frame.columns:
        return check_table(frame, MONEY_FLOWS)
    checked = check_table(frame, MONEY_FLOW_TRANSACTIONS)
    return CheckedTable(sum_pairs(checked.rows), checked.absent_columns, checked.ignored_columns)


def sum_pairs(transactions: pl.DataFrame) -> pl.DataFrame:
    """Sum transactions into one row per directed pair, sorted by the pair.

    Amounts in the asset's own unit are not known from a transaction in USD, so ``amount_sum`` is null;
    so are the columns that only the publisher computes.

    Raises
    ------
    InvalidBatchError
        If the amounts add up to more than a decimal holds.
    """
    total = transactions["amount_usd"].cast(pl.Float64).abs().sum()
    if total >= _TOO_MUCH:
        message = (
            f"money_flows: 'amount_usd' must add up to less than {_TOO_MUCH:g}; found {total:g}."
        )
        raise InvalidBatchError(message)
    pairs = transactions.group_by(_PAIR).agg(_SUMS)
    pairs = pairs.with_columns(avg_tx_size_usd=pl.col("amount_usd_sum") / pl.col("tx_count"))
    return pl.concat([MONEY_FLOWS.empty(), pairs], how="diagonal").sort(MONEY_FLOWS.key)
