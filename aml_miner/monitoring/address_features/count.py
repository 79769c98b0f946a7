"""Counts: how often an address was paid and paid."""

import numpy as np

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values


def tx_in_count(activity: Activity) -> Values:
    """How many transfers it received.

    Formula: number of transfers to it.
    Unit: transfers.
    Source: reference.
    """
    return np.bincount(activity.target, minlength=activity.count)


def tx_out_count(activity: Activity) -> Values:
    """How many transfers it sent.

    Formula: number of transfers from it.
    Unit: transfers.
    Source: reference.
    """
    return np.bincount(activity.source, minlength=activity.count)


def tx_total_count(activity: Activity) -> Values:
    """How many transfers it took part in.

    Formula: tx_in_count + tx_out_count.
    Unit: transfers.
    Source: reference.
    """
    return activity.by_event.count


COLUMNS = (tx_in_count, tx_out_count, tx_total_count)
