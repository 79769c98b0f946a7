"""Anomaly: how unlike the other addresses of the window an address is, and what is odd about its own transfers.

The four scores compare an address with the others of its window, so they change with those; what the addresses are
called does not matter.
"""

import numba
import numpy as np
import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.parameters import (
    AddressFeatureParameters,
    AnomalyParameters,
)
from aml_miner.monitoring.address_features.values import Values
from aml_miner.monitoring.groups import Floats, Integers, divide
from aml_miner.monitoring.isolation_forest import isolation_scores
from aml_miner.utils.elementary import log1p

_BEHAVIOUR = (
    "total_in_usd",
    "total_out_usd",
    "tx_in_count",
    "tx_out_count",
    "volume_cv",
    "activity_days",
    "regularity_score",
    "burst_factor",
    "weekend_transaction_ratio",
    "night_transaction_ratio",
    "structuring_score",
    "round_number_ratio",
    "in_out_ratio",
    "flow_diversity",
    "flow_burstiness",
    "amount_predictability",
)
_GRAPH = (
    "degree_in",
    "degree_out",
    "pagerank",
    "betweenness",
    "closeness",
    "clustering_coefficient",
    "kcore",
    "reciprocity_ratio",
    "counterparty_stability",
)
_NEIGHBOURHOOD = (
    "degree_total",
    "total_volume_usd",
    "khop1_count",
    "khop2_count",
    "khop3_count",
    "khop1_volume_usd",
    "khop2_volume_usd",
    "khop3_volume_usd",
)


def behavioral_anomaly_score(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """How unlike the other addresses it behaves: about 0.5 like most, near 1 like no other.

    Formula: 2^(−E(h) / c(n)) of an isolation forest (``trees``, ``sample``, ``seed``) on total_in_usd, total_out_usd,
    tx_in_count, tx_out_count, volume_cv, activity_days, regularity_score, burst_factor, weekend_transaction_ratio,
    night_transaction_ratio, structuring_score, round_number_ratio, in_out_ratio, flow_diversity, flow_burstiness and
    amount_predictability, each as log(1 + value / mean over the addresses).
    Unit: 0 to 1.
    Source: Liu, Ting and Zhou, Isolation Forest (2008), drawn as scikit-learn does.
    """
    del activity
    return _isolation_score(table, _BEHAVIOUR, parameters.anomaly)


def graph_anomaly_score(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """How unlike the other addresses it lies in the graph: about 0.5 like most, near 1 like no other.

    Formula: as behavioral_anomaly_score, on degree_in, degree_out, pagerank, betweenness, closeness,
    clustering_coefficient, kcore, reciprocity_ratio and counterparty_stability.
    Unit: 0 to 1.
    Source: Liu, Ting and Zhou, Isolation Forest (2008), drawn as scikit-learn does.
    """
    del activity
    return _isolation_score(table, _GRAPH, parameters.anomaly)


def neighborhood_anomaly_score(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """How unlike the other addresses' its surroundings are: about 0.5 like most, near 1 like no other.

    Formula: as behavioral_anomaly_score, on degree_total, total_volume_usd, khop1_count, khop2_count, khop3_count,
    khop1_volume_usd, khop2_volume_usd and khop3_volume_usd.
    Unit: 0 to 1.
    Source: Liu, Ting and Zhou, Isolation Forest (2008), drawn as scikit-learn does.
    """
    del activity
    return _isolation_score(table, _NEIGHBOURHOOD, parameters.anomaly)


def global_anomaly_score(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """How unlike the other addresses it is in all: about 0.5 like most, near 1 like no other.

    Formula: as behavioral_anomaly_score, on the columns of that score, of graph_anomaly_score and of
    neighborhood_anomaly_score together.
    Unit: 0 to 1.
    Source: Liu, Ting and Zhou, Isolation Forest (2008), drawn as scikit-learn does.
    """
    del activity
    return _isolation_score(table, _BEHAVIOUR + _GRAPH + _NEIGHBOURHOOD, parameters.anomaly)


def outlier_transactions(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """How many of its transfers are of amounts far from its others.

    Formula: number of amounts in USD below Q1 − 3·(Q3 − Q1) or above Q3 + 3·(Q3 − Q1) (``fence``), Q1 and Q3 the
    quartiles of its transfers, interpolated.
    Unit: transfers.
    Source: Tukey, Exploratory Data Analysis (1977), "far out" values.
    """
    del table
    usd = activity.amount_usd[activity.event]
    return _count_outliers(usd, activity.by_event.start, parameters.anomaly.fence)


def suspicious_pattern_score(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """How many signs of laundering its own transfers show, and how strongly.

    Formula: mean of structuring_score, (burst_factor − 1) / 23, min(total_in_usd, total_out_usd) /
    max(total_in_usd, total_out_usd) and round_number_ratio, times min(tx_total_count / 10, 1) (``full_transfers``).
    Unit: 0 to 1.
    Source: our choice: small amounts, bursts, passing on, round amounts; few transfers show little.
    Note: of columns of the address alone; the patterns it takes part in are in the patterns table.
    """
    del activity
    received, sent = _column(table, "total_in_usd"), _column(table, "total_out_usd")
    signs = (
        _column(table, "structuring_score"),
        (_column(table, "burst_factor") - 1) / 23,
        divide(np.minimum(received, sent), np.maximum(received, sent)),
        _column(table, "round_number_ratio"),
    )
    shown = np.minimum(_column(table, "tx_total_count") / parameters.anomaly.full_transfers, 1.0)
    return sum(signs, np.zeros(len(shown))) / len(signs) * shown


def _isolation_score(
    table: pl.DataFrame, names: tuple[str, ...], parameters: AnomalyParameters
) -> Floats:
    columns = [_column(table, name) for name in names]
    order = np.lexsort(
        columns
    )  # by value: another name moves no row, and no sum is added otherwise
    matrix = np.column_stack(
        [log1p(divide(c[order], np.full(1, c[order].mean()))) for c in columns]
    )
    score = np.empty(len(matrix))
    score[order] = isolation_scores(
        matrix, trees=parameters.trees, sample=parameters.sample, seed=parameters.seed
    )
    return score


def _column(table: pl.DataFrame, name: str) -> Floats:
    return table[name].cast(pl.Float64).to_numpy()


@numba.njit(cache=True)
def _count_outliers(values: Floats, start: Integers, fence: float) -> Integers:
    """Count the values of each owner outside its own fences."""
    count = np.zeros(len(start) - 1, np.int64)
    for owner in range(len(count)):
        own = np.sort(values[start[owner] : start[owner + 1]])
        lower, upper = _quantile(own, 0.25), _quantile(own, 0.75)
        reach = fence * (upper - lower)
        for value in own:
            if value < lower - reach or value > upper + reach:
                count[owner] += 1
    return count


@numba.njit(cache=True)
def _quantile(ascending: Floats, share: float) -> float:
    place = share * (len(ascending) - 1)
    below = int(place)
    above = min(below + 1, len(ascending) - 1)
    step = ascending[above] - ascending[below]
    return float(ascending[below] + (place - below) * step)


DERIVED_COLUMNS = (
    behavioral_anomaly_score,
    graph_anomaly_score,
    neighborhood_anomaly_score,
    global_anomaly_score,
    outlier_transactions,
    suspicious_pattern_score,
)
