"""What is usual: the range nine in ten ordinary rows lie in, told beside a value in an explanation."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_LOW: Final = 0.05
_HIGH: Final = 0.95


def usual_ranges(
    features: pl.DataFrame, labels: NDArray[np.bool_ | np.int64]
) -> dict[str, tuple[float, float]]:
    """Return the 5th and 95th percentile of each number among the licit rows, as values that occur.

    A number that no licit row has is left out.

    Examples
    --------
    >>> features = pl.DataFrame(
    ...     {"degree_out": [1.0, 2.0, None, 90.0], "kind": ["a", "b", "c", "d"]}
    ... )
    >>> usual_ranges(features, np.array([0, 0, 0, 1]))
    {'degree_out': (1.0, 2.0)}
    """
    licit = features.filter(pl.Series(labels == 0))
    ranges = {}
    for series in licit:
        known = series.drop_nulls()
        if series.dtype == pl.String or not len(known):
            continue
        low, high = known.quantile(_LOW, "lower"), known.quantile(_HIGH, "higher")
        ranges[series.name] = (float(low or 0.0), float(high or 0.0))
    return ranges
