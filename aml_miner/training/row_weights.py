"""How much a row weighs in learning, where those of one owner are not to count as often as they are alerted."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.training.rows import LabelledRows
from aml_miner.utils.elementary import power

_TOGETHER = ("batch", "label", "owners")


def balanced_weights(rows: LabelledRows, balance: float) -> NDArray[np.float64]:
    """Return a weight for each row: that of its label, less the more rows of its class and batch share its owners.

    Each of n such rows weighs n^−balance of its label's weight. Then each class is brought back to the weight it had,
    so that the share of illicit rows stays as it is: truth names the schemes of the illicit and not the arrangements
    of the innocent, whose owners are their addresses.

    Parameters
    ----------
    rows
        Labelled alerts, or clusters; the owners of a cluster are those of all its addresses, so that clusters share
        them only where they have the very same.
    balance
        0–1. At 0 the weights stay as they are, at 1 the rows of one owner weigh together as much as one.
    """
    count = rows.keys.select(pl.len().over(_TOGETHER)).to_series().to_numpy().astype(np.float64)
    weights = rows.weights * power(count, -balance)
    for of_class in (rows.labels, ~rows.labels):
        kept = rows.weights[of_class].sum()
        if kept > 0.0:
            weights[of_class] *= kept / weights[of_class].sum()
    return weights
