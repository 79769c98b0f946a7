"""Sums of money, exact to the last place."""

import polars as pl

from aml_miner.batch.schemas import MONEY


def exact_sums(rows: pl.DataFrame, column: str, owners: int) -> pl.Series:
    """Sum a decimal column per ``owner``, exactly, for the owners 0 to `owners` − 1; 0 for one without rows."""
    sums = rows.group_by("owner").agg(pl.col(column).sum())
    every = pl.DataFrame({"owner": pl.int_range(owners, eager=True)})
    zero = pl.lit(0).cast(MONEY)
    joined = every.join(sums, on="owner", how="left", maintain_order="left")
    return joined.select(pl.col(column).fill_null(zero)).to_series()
