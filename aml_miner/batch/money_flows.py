"""Money flows arrive one row per transaction or one row per directed pair; inside they are always pairs."""

from typing import TYPE_CHECKING

import polars as pl

from aml_miner.batch.checking import CheckedTable, check_table
from aml_miner.batch.schemas import MONEY_FLOW_TRANSACTIONS, MONEY_FLOWS

if TYPE_CHECKING:
    from aml_miner.batch.checking import AnyTable

_MS_PER_DAY = 86_400_000


def check_money_flows(source: "AnyTable") -> CheckedTable:
    """Check a money-flow table of either shape and return it with one row per directed pair.

    Raises
    ------
    InvalidBatchError
        As `check_table`, against the shape the columns point to.
    """
    names = source.column_names if hasattr(source, "column_names") else list(source.columns)
    if "source_address" not in names:
        return check_table(source, MONEY_FLOWS)
    checked = check_table(source, MONEY_FLOW_TRANSACTIONS)
    return CheckedTable(sum_pairs(checked.rows), checked.absent_columns, checked.ignored_columns)


def sum_pairs(transactions: pl.DataFrame) -> pl.DataFrame:
    """Sum transactions into one row per directed pair, sorted by the pair.

    Amounts in the asset's own unit are not known from a transaction in USD, so ``amount_sum`` is null;
    so are the columns that only the publisher computes.
    """
    when = pl.col("timestamp")
    pairs = (
        transactions.group_by(from_address="source_address", to_address="dest_address")
        .agg(
            tx_count=pl.len().cast(pl.UInt64),
            amount_usd_sum=pl.col("amount_usd").sum(),
            first_seen_timestamp=when.min(),
            last_seen_timestamp=when.max(),
            active_days=(when // _MS_PER_DAY).n_unique().cast(pl.UInt32),
            unique_assets=pl.col("asset").drop_nulls().n_unique().cast(pl.UInt32),
        )
        .with_columns(avg_tx_size_usd=pl.col("amount_usd_sum") / pl.col("tx_count"))
        .sort("from_address", "to_address")
    )
    return pl.concat([MONEY_FLOWS.empty(), pairs], how="diagonal")
