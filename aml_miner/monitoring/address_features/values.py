"""What a column of address features is, to Python."""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.parameters import AddressFeatureParameters
from aml_miner.monitoring.groups import Floats, Integers

type Values = Floats | Integers | NDArray[np.bool_] | pl.Series
"""One value per address, in the order of `Activity.addresses`; a list column has shape (addresses, length)."""

type Column = Callable[[Activity], Values]
"""A column: its function's name is the column's, its docstring the column's documentation."""

type DerivedColumn = Callable[[pl.DataFrame, Activity, AddressFeatureParameters], Values]
"""A column made of other columns, or by a network's parameters; it is given the columns made before it."""


def floats(amounts: pl.Series) -> Floats:
    """Round exact amounts to floats."""
    return amounts.cast(pl.Float64).to_numpy()
