"""Volume: how much money an address moved, as exact decimals.

The reference's ``tx`` in a name is an edge: all transfers from one address to another, summed.
"""

import numpy as np
import polars as pl

from aml_miner.batch.schemas import MONEY
from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values
from aml_miner.monitoring.groups import Groups


def total_in_usd(activity: Activity) -> Values:
    """What it received.

    Formula: Σ amount_usd of the transfers to it.
    Unit: USD.
    Source: reference.
    """
    return activity.received_usd


def total_out_usd(activity: Activity) -> Values:
    """What it sent.

    Formula: Σ amount_usd of the transfers from it.
    Unit: USD.
    Source: reference.
    """
    return activity.sent_usd


def net_flow_usd(activity: Activity) -> Values:
    """What it kept; below 0 when it sent more than it received.

    Formula: total_in_usd − total_out_usd.
    Unit: USD.
    Source: reference.
    """
    return activity.received_usd - activity.sent_usd


def total_volume_usd(activity: Activity) -> Values:
    """What passed through it either way.

    Formula: total_in_usd + total_out_usd.
    Unit: USD.
    Source: reference.
    """
    return activity.received_usd + activity.sent_usd


def avg_tx_in_usd(activity: Activity) -> Values:
    """What it received from a sender on average.

    Formula: total_in_usd / degree_in, rounded half to even at 18 places; 0 without senders.
    Unit: USD.
    Source: reference.
    Note: per sender, not per transaction as the name says.
    """
    return activity.received_usd / _at_least_one(activity, incoming=True)


def avg_tx_out_usd(activity: Activity) -> Values:
    """What it sent to a recipient on average.

    Formula: total_out_usd / degree_out, rounded half to even at 18 places; 0 without recipients.
    Unit: USD.
    Source: reference.
    Note: per recipient, not per transaction as the name says.
    """
    return activity.sent_usd / _at_least_one(activity, incoming=False)


def median_tx_in_usd(activity: Activity) -> Values:
    """What it received from the middle one of its senders.

    Formula: median over senders of the sum received; of an even number the mean of the middle two; 0 without senders.
    Unit: USD.
    Source: reference.
    Note: per sender, not per transaction as the name says.
    """
    return _median(activity, incoming=True)


def median_tx_out_usd(activity: Activity) -> Values:
    """What it sent to the middle one of its recipients.

    Formula: median over recipients of the sum sent; of an even number the mean of the middle two; 0 without recipients.
    Unit: USD.
    Source: reference.
    Note: per recipient, not per transaction as the name says.
    """
    return _median(activity, incoming=False)


def max_tx_usd(activity: Activity) -> Values:
    """The most that went one way between it and one counterparty.

    Formula: maximum over edges of the sum.
    Unit: USD.
    Source: reference.
    Note: per edge, not per transaction as the name says.
    """
    return activity.ends_by_usd["amount_usd"].gather(activity.by_edge.start[1:] - 1)


def min_tx_usd(activity: Activity) -> Values:
    """The least that went one way between it and one counterparty.

    Formula: minimum over edges of the sum.
    Unit: USD.
    Source: reference.
    Note: per edge, not per transaction as the name says.
    """
    return activity.ends_by_usd["amount_usd"].gather(activity.by_edge.start[:-1])


def _at_least_one(activity: Activity, *, incoming: bool) -> pl.Series:
    end = "target" if incoming else "source"
    edges = np.bincount(activity.edges[end], minlength=activity.count)
    return pl.Series(np.maximum(edges, 1))


def _median(activity: Activity, *, incoming: bool) -> pl.Series:
    ascending = activity.ends_by_usd
    rows = ascending.filter(ascending["incoming"] if incoming else ~ascending["incoming"])
    edges = Groups(rows["owner"].to_numpy(), activity.count)
    some = np.flatnonzero(edges.count)
    start, count = edges.start[some], edges.count[some]
    lower = rows["amount_usd"].gather(start + (count - 1) // 2)
    upper = rows["amount_usd"].gather(start + count // 2)
    middle = pl.DataFrame({"owner": some, "amount_usd": (lower + upper) / 2})
    return activity.exact_sum(middle, "amount_usd").cast(MONEY)


COLUMNS = (
    total_in_usd,
    total_out_usd,
    net_flow_usd,
    total_volume_usd,
    avg_tx_in_usd,
    avg_tx_out_usd,
    median_tx_in_usd,
    median_tx_out_usd,
    max_tx_usd,
    min_tx_usd,
)
