"""Why a score is what it is: the features that moved it most, in words.

An explanation is one line of JSON::

    {
        "base_value": -2.1,
        "top_features": [
            {
                "name": "degree_out",
                "value": 48.0,
                "contribution": 1.3,
                "direction": "raises",
                "reason": "sent to 48 different recipients",
            },
            ...,
        ],
        "other": 0.4,
    }

Contributions are exact Shapley values in units of the raw score (log-odds in a scorer), written to nine decimals.
``base_value``, the contributions and ``other`` (all features not listed) add up to the raw score within 1e-9.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from aml_miner.features.feature import Feature
from aml_miner.models.contributions import Contributions

TOP_FEATURES: Final = 5
"""How many features an explanation lists; what was asked for."""

_DECIMALS: Final = 9
_SLICE: Final = 8192  # rows whose reasons are held as Python objects at a time

type _TopFeature = dict[str, str | float | None]


def explain(
    features: pl.DataFrame,
    found: Contributions,
    feature_names: Sequence[str],
    declared: Mapping[str, Feature],
) -> pl.Series:
    """Write one explanation per row.

    Parameters
    ----------
    features
        The table the model was given, with at least its columns; categories as text.
    found
        Contributions of its rows; column j belongs to ``feature_names[j]``.
    feature_names
        The model's features in its order.
    declared
        The declarations of these features by name.

    Returns
    -------
    Series
        String ``explain_json``, in the order of the rows. Features come by the size of their contribution, rounded
        to nine decimals, ties by name; fewer than five when the model has fewer. A contribution of 0 counts as raising.
    """
    names = sorted(feature_names)
    places = [feature_names.index(name) for name in names]
    values = np.round(found.values[:, places], _DECIMALS) + 0.0  # −0 becomes 0
    top = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :TOP_FEATURES]
    base = round(found.base_value, _DECIMALS)
    other = _other(found, values, top, base, places)
    columns = [(declared[name], features[name]) for name in names]
    texts: list[str] = []
    for start in range(0, len(values), _SLICE):
        rows = slice(start, start + _SLICE)
        listed = _top_features(columns, values, top, rows)
        texts += [
            orjson.dumps({"base_value": base, "top_features": five, "other": rest}).decode()
            for five, rest in zip(listed, other[rows].tolist(), strict=True)
        ]
    return pl.Series("explain_json", texts, dtype=pl.String)


def _other(
    found: Contributions,
    values: NDArray[np.float64],
    top: NDArray[np.int64],
    base: float,
    places: list[int],
) -> NDArray[np.float64]:
    """Sum what is not listed, and what rounding took from what is: column by column, so that no row affects another."""
    is_top = np.zeros(values.shape, np.bool_)
    np.put_along_axis(is_top, top, values=True, axis=1)
    total = np.full(len(values), found.base_value - base)
    for column, place in enumerate(places):
        exact = found.values[:, place]
        total += np.where(is_top[:, column], exact - values[:, column], exact)
    return np.round(total, _DECIMALS) + 0.0


def _top_features(
    columns: list[tuple[Feature, pl.Series]],
    values: NDArray[np.float64],
    top: NDArray[np.int64],
    rows: slice,
) -> list[list[_TopFeature]]:
    """Describe the listed features of some rows; only the values that are listed are put into words."""
    chosen = top[rows]
    listed: list[list[_TopFeature]] = [[{}] * chosen.shape[1] for _ in range(len(chosen))]
    for column, (feature, table_column) in enumerate(columns):
        at_rows, at_slots = np.nonzero(chosen == column)
        shown = table_column[rows].gather(at_rows).to_list()
        moved = values[rows, column][at_rows].tolist()
        slots = zip(at_rows.tolist(), at_slots.tolist(), shown, moved, strict=True)
        for row, slot, value, contribution in slots:
            listed[row][slot] = {
                "name": feature.name,
                "value": value,
                "contribution": contribution,
                "direction": "lowers" if contribution < 0 else "raises",
                "reason": feature.describe(value),
            }
    return listed
