"""Percentiles of times that were measured."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many per cent do not exceed, one of the values (nearest rank).

    Examples
    --------
    >>> percentile([4.0, 1.0, 3.0, 2.0], 50), percentile([4.0, 1.0], 99)
    (2.0, 4.0)
    """
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]
