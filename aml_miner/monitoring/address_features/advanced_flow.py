"""Advanced flow: how predictable an address's payments are."""

import numpy as np
import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.flow import reciprocal_share
from aml_miner.monitoring.address_features.time import regularity_score
from aml_miner.monitoring.address_features.values import Values
from aml_miner.monitoring.groups import Groups, binary_entropy, divide

_MS_PER_SECOND = 1_000


def flow_reciprocity_entropy(activity: Activity) -> Values:
    """How mixed its volume is between counterparties that return money and those that do not: 1 half and half.

    Formula: entropy in bits of reciprocity_ratio.
    Unit: 0 to 1.
    Source: reference.
    """
    return binary_entropy(reciprocal_share(activity))


def counterparty_stability(activity: Activity) -> Values:
    """Share of its counterparties it kept: those it dealt with early and late alike.

    Formula: number of counterparties with transfers both up to and after the middle between first_activity_timestamp
    and last_activity_timestamp / unique_counterparties; 0 where all its transfers are of one moment.
    Unit: 0 to 1.
    Source: our choice, the Jaccard index of early and late counterparties; the reference is always 0.
    """
    event, events = activity.event, activity.by_event
    time, owner = activity.timestamp[event], events.owner
    first, last = time[events.start[:-1]], time[events.start[1:] - 1]
    late = time > (first + (last - first) // 2)[owner]
    other = activity.source[event] + activity.target[event] - owner
    kept = (
        pl.DataFrame({"owner": owner, "other": other, "late": late})
        .group_by("owner", "other")
        .agg(kept=pl.col("late").any() & ~pl.col("late").all())
        .filter("kept")["owner"]
    )
    return divide(np.bincount(kept, minlength=activity.count), activity.by_counterparty.count)


def flow_burstiness(activity: Activity) -> Values:
    """How much its transfers come in bursts: 0 evenly or at random, near 1 in bursts.

    Formula: (σ − μ) / (σ + μ), cut to 0 to 1, of the seconds between one transfer and the next, σ over n − 1;
    0 below 2 gaps.
    Unit: 0 to 1.
    Source: reference.
    """
    time, owner = activity.timestamp[activity.event], activity.by_event.owner
    within = owner[1:] == owner[:-1]
    gaps = Groups(owner[1:][within], activity.count)
    seconds = np.diff(time)[within] / _MS_PER_SECOND
    spread, mean = np.sqrt(gaps.variance(seconds, sample=True)), gaps.mean(seconds)
    burstiness = np.clip(divide(spread - mean, spread + mean), 0.0, 1.0)
    return np.where(gaps.count >= 2, burstiness, 0.0)


def transaction_regularity(activity: Activity) -> Values:
    """How much it keeps to certain hours, once more.

    Formula: regularity_score.
    Unit: 0 to 1.
    Source: reference.
    """
    return regularity_score(activity)


def amount_predictability(activity: Activity) -> Values:
    """How alike the USD sums of its edges are: 1 all alike, 0 spread as wide as their mean or wider.

    Formula: max(0, 1 − min(1, σ / max(μ, 1))) of the USD sums of its edges, σ over n; 0 for one edge.
    Unit: 0 to 1.
    Source: reference.
    """
    edges = activity.by_edge
    spread = np.sqrt(edges.variance(activity.edge_usd))
    variation = spread / np.maximum(edges.mean(activity.edge_usd), 1)
    return np.where(edges.count > 1, 1 - np.minimum(1, variation), 0.0)


COLUMNS = (
    flow_reciprocity_entropy,
    counterparty_stability,
    flow_burstiness,
    transaction_regularity,
    amount_predictability,
)
