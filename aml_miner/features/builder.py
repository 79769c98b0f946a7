"""The feature matrices, built by one function for training and for scoring alike."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.batch.batch import JOIN_KEY, Batch
from aml_miner.batch.schemas import FEATURES as ADDRESSES
from aml_miner.errors import FeatureComputationError
from aml_miner.features import alert, cluster, network, statistical, temporal
from aml_miner.features.cluster import MEMBER_STATISTICS, MemberStatistic
from aml_miner.features.columns import columns_read
from aml_miner.features.feature import Feature
from aml_miner.features.few import build_few
from aml_miner.utils.few import is_few

ALERT_LEVEL_FEATURES = (
    *alert.FEATURES,
    *network.FEATURES,
    *temporal.FEATURES,
    *statistical.FEATURES,
)
"""The columns of an alert's row, in order."""

CLUSTER_LEVEL_FEATURES = cluster.FEATURES
"""The columns of a cluster's row, in order."""


ADDRESS_FAMILIES = ("flows", "network", "timing")
"""The families that speak of an address."""


def feature_families() -> Mapping[str, str]:
    """Return the family of each feature of both levels by name."""
    families = {
        "alert": alert.FEATURES,
        "cluster": cluster.OWN,
        "flows": (*network.FLOWS, *statistical.FEATURES, *cluster.FLOWS),
        "network": (*network.SHAPE, *cluster.SHAPE),
        "timing": (*temporal.FEATURES, *cluster.TIMING),
    }
    return {feature.name: name for name, features in families.items() for feature in features}


def address_columns() -> frozenset[str]:
    """Return the columns of ``features`` that some feature of either level reads."""
    members = [member.feature for member in MEMBER_STATISTICS]
    read = {name for f in (*ALERT_LEVEL_FEATURES, *members) for name in f.columns}
    return frozenset(read & ADDRESSES.schema.keys())


def feature_reasons() -> Mapping[str, Feature]:
    """Return the features of both levels by name."""
    return {f.name: f for f in (*ALERT_LEVEL_FEATURES, *CLUSTER_LEVEL_FEATURES)}


def build_all_features(batch: Batch) -> pl.DataFrame:
    """Build one row per alert, in the order of ``batch.alerts``, with every alert-level feature.

    Returns
    -------
    DataFrame
        Float64 columns, String for categories. Null is unknown: an address without a row, an absent column, a
        quotient over zero. Never NaN, infinite or −0. A row depends on its alert and its address alone.

    Raises
    ------
    FeatureComputationError
        If the expression of a feature cannot be evaluated; the message names the feature.
    """
    return _build_for_alerts(batch, ALERT_LEVEL_FEATURES)


def build_alert_features(batch: Batch) -> pl.DataFrame:
    """Build the features of the alerts themselves; as `build_all_features`."""
    return _build_for_alerts(batch, alert.FEATURES)


def build_network_features(batch: Batch) -> pl.DataFrame:
    """Build the graph and flow features of the alerts' addresses; as `build_all_features`."""
    return _build_for_alerts(batch, network.FEATURES)


def build_temporal_features(batch: Batch) -> pl.DataFrame:
    """Build the activity features of the alerts' addresses; as `build_all_features`."""
    return _build_for_alerts(batch, temporal.FEATURES)


def build_statistical_features(batch: Batch) -> pl.DataFrame:
    """Build the amount and size features of the alerts' addresses; as `build_all_features`."""
    return _build_for_alerts(batch, statistical.FEATURES)


def build_cluster_features(batch: Batch) -> pl.DataFrame:
    """Build one row per cluster, in the order of ``batch.clusters``; values as in `build_all_features`.

    A row depends on its cluster and on the addresses it involves, not on which alerts are in the batch.

    Raises
    ------
    FeatureComputationError
        As `build_all_features`.
    """
    numbered = batch.clusters.with_row_index("cluster")
    members = (
        numbered.select("cluster", "addresses_involved", "processing_date", "window_days")
        .explode("addresses_involved", empty_as_null=False, keep_nulls=False)
        .rename({"addresses_involved": "address"})
        .unique()
        .sort("cluster", "address")
    )
    rows = batch.features.with_columns(is_known=pl.lit(value=True))
    known = members.join(rows, on=JOIN_KEY, how="inner", maintain_order="left")
    count = batch.clusters.height
    involved = np.bincount(members["cluster"].to_numpy(), minlength=count)
    found = np.bincount(known["cluster"].to_numpy(), minlength=count)
    wide = batch.clusters.with_columns(
        pl.Series("address_count", involved.astype(np.float64)),
        pl.Series("known_address_count", found.astype(np.float64)),
        *_member_columns(known, count),
    )
    return build_features(wide, CLUSTER_LEVEL_FEATURES)


def build_features(rows: pl.DataFrame, features: Sequence[Feature]) -> pl.DataFrame:
    """Evaluate features on rows that hold the columns they read.

    Raises
    ------
    FeatureComputationError
        As `build_all_features`.
    """
    read = columns_read(tuple(features)).every
    frame = pl.DataFrame([_as_number(series) for series in rows if series.name in read])
    try:
        found = frame.select(_expression(feature) for feature in features)
        return _finished(found, features)
    except pl.exceptions.PolarsError as error:
        raise _failure(frame, features, error) from error


def _build_for_alerts(batch: Batch, features: Sequence[Feature]) -> pl.DataFrame:
    """Join the alerts with the rows of their addresses, only the columns that are read, and evaluate."""
    if batch.alerts.height and is_few(batch.alerts.height):
        few = build_few(batch, tuple(features))
        if few is not None:
            return few
    read = columns_read(tuple(features))
    addresses = batch.features[[*JOIN_KEY, *read.of_addresses]]
    alerts = batch.alerts[read.of_alerts]
    rows = alerts.join(addresses, on=JOIN_KEY, how="left", maintain_order="left")
    return build_features(rows, features)


def _as_number(series: pl.Series) -> pl.Series:
    """Cast numbers, exact amounts and truths to Float64; text, lists and dates stay."""
    dtype = series.dtype
    if dtype == pl.Float64 or not (dtype.is_numeric() or dtype == pl.Boolean):
        return series
    return series.cast(pl.Float64)


@cache  # for a few rows it takes longer to write the expressions than to evaluate them
def _expression(feature: Feature) -> pl.Expr:
    return feature.expression.alias(feature.name)


def _finished(found: pl.DataFrame, features: Sequence[Feature]) -> pl.DataFrame:
    """Give features their type: NaN and infinities become null, and −0 becomes 0, here and nowhere else.

    All numbers are looked at together, and only columns that have such a value are made anew: for a few rows that takes
    a fraction of the time.
    """
    types = [feature.dtype for feature in features]
    columns = [
        series if series.dtype == dtype else series.cast(dtype)
        for series, dtype in zip(found, types, strict=True)
    ]
    numbers = [place for place, dtype in enumerate(types) if dtype == pl.Float64]
    values = np.empty((len(numbers), found.height))
    for row, place in enumerate(numbers):
        values[row] = columns[place].to_numpy()  # null is NaN
    odd = ~np.isfinite(values)
    minus = (values == 0.0) & np.signbit(values)
    for row in np.flatnonzero((odd | minus).any(axis=1)).tolist():
        own = np.where(odd[row], np.nan, values[row] + 0.0)
        columns[numbers[row]] = pl.Series(features[numbers[row]].name, own, nan_to_null=True)
    return pl.DataFrame(columns)


def _failure(
    frame: pl.DataFrame, features: Sequence[Feature], error: pl.exceptions.PolarsError
) -> FeatureComputationError:
    """Find the first feature that fails on its own and name it."""
    name = features[0].name
    for feature in features:
        try:
            alone = frame.select(_expression(feature))
            _finished(alone, [feature])
        except pl.exceptions.PolarsError as first:
            name, error = feature.name, first
            break
        if alone.height != frame.height:  # it drops or adds rows, which only shows beside others
            name = feature.name
            break
    reason = str(error).split("\n", maxsplit=1)[0]
    return FeatureComputationError(
        f"feature '{name}': its expression cannot be evaluated: {reason}; "
        "correct the entry of that name in aml_miner/features."
    )


def _member_columns(known: pl.DataFrame, clusters: int) -> list[pl.Series]:
    features = {m.feature.name: m.feature for m in MEMBER_STATISTICS}
    values = build_features(known, list(features.values()))
    places = known["cluster"].to_numpy().astype(np.int64)
    return [_statistic(m, values[m.feature.name], places, clusters) for m in MEMBER_STATISTICS]


def _statistic(
    member: MemberStatistic, values: pl.Series, places: NDArray[np.int64], clusters: int
) -> pl.Series:
    """Take a statistic per cluster; NumPy adds in row order, so equal rows in equal order give equal bits."""
    present = values.is_not_null().to_numpy()
    numbers, at = values.drop_nulls().to_numpy(), places[present]
    counts = np.bincount(at, minlength=clusters)
    if member.statistic == "mean":
        with np.errstate(invalid="ignore"):
            result = np.bincount(at, weights=numbers, minlength=clusters) / counts
    else:
        reduce = np.minimum if member.statistic == "min" else np.maximum
        result = np.full(clusters, np.inf if member.statistic == "min" else -np.inf)
        reduce.at(result, at, numbers)
    return pl.Series(member.column, result)
