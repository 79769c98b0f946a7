"""Sums of money, exact to the last place."""

from typing import Final

import numpy as np
import polars as pl

from aml_miner.batch.schemas import MONEY

_LARGEST_TOTAL: Final = 9e19
"""A running total below this has no more digits than a decimal holds, whatever the rounding of the estimate."""


def exact_sums(rows: pl.DataFrame, column: str, owners: int) -> pl.Series:
    """Sum a decimal column per ``owner``, exactly, for the owners 0 to `owners` − 1; 0 for one without rows.

    Rows are sorted by owner, and no amount is null or below 0. Sums are differences of running totals, which takes a
    tenth of the time of grouping; where a running total would have too many digits, rows are grouped.
    """
    amounts = rows[column].cast(MONEY)
    if (amounts.cast(pl.Float64).sum() or 0.0) > _LARGEST_TOTAL:
        return _grouped_sums(rows, column, owners)
    counts = np.bincount(rows["owner"].to_numpy(), minlength=owners)
    ends = np.concatenate([[0], np.cumsum(counts)])
    totals = pl.Series(column, [0], dtype=MONEY).append(amounts.cum_sum())
    return totals.gather(ends[1:]) - totals.gather(ends[:-1])


def _grouped_sums(rows: pl.DataFrame, column: str, owners: int) -> pl.Series:
    sums = rows.group_by("owner").agg(pl.col(column).sum())
    every = pl.DataFrame({"owner": pl.int_range(owners, eager=True)})
    zero = pl.lit(0).cast(MONEY)
    joined = every.join(sums, on="owner", how="left", maintain_order="left")
    return joined.select(pl.col(column).fill_null(zero)).to_series()
