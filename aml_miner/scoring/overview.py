"""What a model goes by over many rows: importance, dependence, and the reasons of each typology.

Sums are exact before they are rounded, so that no table depends on the order of the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.features.builder import feature_families, feature_reasons
from aml_miner.features.feature import Feature
from aml_miner.models.contributions import Contributions
from aml_miner.scoring.leading import find_leading

ABSENT: Final = "not known"
OTHERS: Final = "others"
_BINS: Final = 8
_CATEGORIES: Final = 12
_LOW: Final = 0.1
_HIGH: Final = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """What a model goes by.

    Attributes
    ----------
    rows
        Rows it was taken over.
    importance
        ``feature, family, mean_absolute, mean, share_ratio``: the mean absolute contribution, the mean one, and the
        share of the former in their sum; largest first, ties by name.
    dependence
        ``feature, place, label, low, high, rows, mean, low_contribution, high_contribution``: for each of the leading
        features its values in order, cut into bins of nearly as many rows each, and the mean, 10th and 90th percentile
        of its contributions in each. A category has a bin of its own, and so have the rows that do not know it.
    by_group
        ``group, rows, feature, mean, mean_absolute, listed_ratio``: for each typology (of clusters: type) and feature
        the mean and mean absolute contribution, and the share of its rows that list it among their five reasons;
        groups by name, and within them the largest mean absolute first.
    """

    rows: int
    importance: pl.DataFrame
    dependence: pl.DataFrame
    by_group: pl.DataFrame


def make_overview(
    features: pl.DataFrame, found: Contributions, groups: pl.Series, *, leading: int = 6
) -> Overview:
    """Tell what contributions say of a model, over alerts or clusters it has preferably not learned from.

    Parameters
    ----------
    features
        What was explained; the model's columns in its order.
    found
        Contributions of these rows.
    groups
        Typology or type of each row; null counts as not known.
    leading
        For how many features the dependence is told.
    """
    names = features.columns
    importance = _importance(names, found.values)
    first = importance["feature"].head(leading).to_list()
    parts = [
        _dependence(feature_reasons()[name], features[name], found.values[:, names.index(name)])
        for name in first
        if features.height
    ]
    return Overview(
        rows=features.height,
        importance=importance,
        dependence=pl.concat(parts) if parts else pl.DataFrame(schema=_DEPENDENCE),
        by_group=_by_group(names, found, groups.fill_null(ABSENT)),
    )


_DEPENDENCE: Final = {
    "feature": pl.String,
    "place": pl.UInt32,
    "label": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "rows": pl.UInt32,
    "mean": pl.Float64,
    "low_contribution": pl.Float64,
    "high_contribution": pl.Float64,
}
_GROUPS: Final = {
    "group": pl.String,
    "rows": pl.UInt32,
    "feature": pl.String,
    "mean": pl.Float64,
    "mean_absolute": pl.Float64,
    "listed_ratio": pl.Float64,
}


def _mean(values: NDArray[np.float64]) -> float:
    return round(fsum(values.tolist()) / max(len(values), 1), 9) + 0.0


def _importance(names: Sequence[str], values: NDArray[np.float64]) -> pl.DataFrame:
    families = feature_families()
    sizes = [_mean(np.abs(column)) for column in values.T]
    whole = fsum(sizes) or 1.0
    table = pl.DataFrame(
        {
            "feature": list(names),
            "family": [families[name] for name in names],
            "mean_absolute": sizes,
            "mean": [_mean(column) for column in values.T],
            "share_ratio": [size / whole for size in sizes],
        }
    )
    return table.sort(["mean_absolute", "feature"], descending=[True, False])


def _dependence(feature: Feature, values: pl.Series, added: NDArray[np.float64]) -> pl.DataFrame:
    known = values.is_not_null().to_numpy()
    if feature.unit == "category":
        bins = _categories(values)
    else:
        bins = _intervals(feature, values.drop_nulls().to_numpy(), known)
    if not known.all():
        bins.append((ABSENT, None, None, ~known))
    rows = [
        (feature.name, place, label, low, high, *_spread(added[at]))
        for place, (label, low, high, at) in enumerate(bins)
    ]
    return pl.DataFrame(rows, schema=_DEPENDENCE, orient="row")


type _Bin = tuple[str, float | None, float | None, NDArray[np.bool_]]
"""What it is called, its smallest and largest value, and which rows are in it."""


def _categories(values: pl.Series) -> list[_Bin]:
    counts = (
        values.drop_nulls()
        .value_counts(name="rows")
        .sort(["rows", values.name], descending=[True, False])
    )
    most = counts[values.name].head(_CATEGORIES).to_list()
    bins: list[_Bin] = [
        (name, None, None, (values == name).fill_null(value=False).to_numpy()) for name in most
    ]
    rest = values.is_not_null() & ~values.is_in(most)
    return (
        [*bins, (OTHERS, None, None, rest.fill_null(value=False).to_numpy())]
        if rest.any()
        else bins
    )


def _intervals(
    feature: Feature, numbers: NDArray[np.float64], known: NDArray[np.bool_]
) -> list[_Bin]:
    """Cut values where nearly as many rows lie on either side; equal values stay together."""
    distinct = np.unique(numbers)
    if len(distinct) <= _BINS:
        uppers = distinct
    else:
        shares = np.arange(1, _BINS + 1) / _BINS
        uppers = np.unique(np.quantile(numbers, shares, method="inverted_cdf"))
    place = np.searchsorted(uppers, numbers)
    bins: list[_Bin] = []
    for at in range(len(uppers)):
        own = place == at
        inside = np.zeros(len(known), np.bool_)
        inside[np.flatnonzero(known)[own]] = True
        low, high = float(numbers[own].min()), float(numbers[own].max())
        bins.append((_label(feature, low, high), low, high, inside))
    return bins


def _label(feature: Feature, low: float, high: float) -> str:
    if feature.unit == "flag":
        return "yes" if high else "no"
    first, last = feature.show(pl.Series([low, high])).to_list()
    return first if first == last else f"{first} to {last}"


def _spread(added: NDArray[np.float64]) -> tuple[int, float, float, float]:
    low, high = np.quantile(added, [_LOW, _HIGH], method="inverted_cdf").tolist()
    return len(added), _mean(added), round(low, 9), round(high, 9)


def _by_group(names: Sequence[str], found: Contributions, groups: pl.Series) -> pl.DataFrame:
    top = find_leading(found, tuple(names), (0,) * len(names), 1).top
    parts = []
    for group in groups.unique().sort().to_list():
        at = (groups == group).to_numpy()
        listed = np.bincount(top[at].ravel(), minlength=len(names)) / max(int(at.sum()), 1)
        values = found.values[at]
        columns: Mapping[str, object] = {
            "group": [group] * len(names),
            "rows": [int(at.sum())] * len(names),
            "feature": list(names),
            "mean": [_mean(column) for column in values.T],
            "mean_absolute": [_mean(np.abs(column)) for column in values.T],
            "listed_ratio": listed,
        }
        parts.append(pl.DataFrame(columns, schema=_GROUPS))
    table = pl.concat(parts) if parts else pl.DataFrame(schema=_GROUPS)
    return table.sort(["group", "mean_absolute", "feature"], descending=[False, True, False])
