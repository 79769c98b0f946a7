"""What the rules on one address share: who satisfies a condition, and how surely."""

from collections.abc import Sequence
from typing import Any

import polars as pl


def suspects(
    features: pl.DataFrame,
    holds: pl.Expr,
    confidence: pl.Expr,
    min_confidence: float,
    shown: Sequence[str] = (),
    **also: pl.Expr,
) -> list[dict[str, Any]]:
    """Return the rows of addresses for which a rule holds with more than a least confidence.

    Each row carries ``number`` (the address's number), ``confidence`` in [0, 1], the address features that are to be
    `shown` and the expressions of `also` under their names: all features of hundreds of thousands would take gigabytes.
    """
    return (
        features.with_row_index("number")
        .filter(holds)
        .select("number", *shown, confidence=confidence.clip(0, 1), **also)
        .filter(pl.col("confidence") > min_confidence)
        .to_dicts()
    )


def capped(ratio: pl.Expr) -> pl.Expr:
    """Return a ratio, at most 1."""
    return ratio.clip(upper_bound=1)
