"""Flags: size classes by volume and number of transfers.

The other flags of the contract need a graph, labels or transfers before the window; they belong here once built.
"""

import numpy as np
from numpy.typing import NDArray

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values

_HIGH_VOLUME_USD = 10_000
_RETAIL_USD = 1_000
_SMALL_USD = 100
_VERY_MANY, _MANY, _FEW = 1_000, 100, 10
_HUB_DEGREE = 50

type _Flags = NDArray[np.bool_]


def is_high_volume_trader(activity: Activity) -> Values:
    """Whether it trades much and often.

    Formula: total_volume_usd ≥ 10 000 and tx_total_count ≥ 1000.
    Unit: true or false.
    Source: data contract.
    """
    return ~_below(activity, _HIGH_VOLUME_USD) & (activity.by_event.count >= _VERY_MANY)


def is_hub_address(activity: Activity) -> Values:
    """Whether many pay it and it pays many.

    Formula: degree_in ≥ 50 and degree_out ≥ 50.
    Unit: true or false.
    Source: data contract.
    """
    senders, recipients = (
        np.bincount(activity.edges[end], minlength=activity.count) for end in ("target", "source")
    )
    return (senders >= _HUB_DEGREE) & (recipients >= _HUB_DEGREE)


def is_retail_active(activity: Activity) -> Values:
    """Whether it moves little, often.

    Formula: tx_total_count ≥ 100 and total_volume_usd < 1000.
    Unit: true or false.
    Source: data contract.
    """
    return (activity.by_event.count >= _MANY) & _below(activity, _RETAIL_USD)


def is_whale_inactive(activity: Activity) -> Values:
    """Whether it moves much, rarely.

    Formula: tx_total_count < 10 and total_volume_usd ≥ 10 000.
    Unit: true or false.
    Source: data contract.
    """
    return (activity.by_event.count < _FEW) & ~_below(activity, _HIGH_VOLUME_USD)


def is_retail_inactive(activity: Activity) -> Values:
    """Whether it moves little, rarely.

    Formula: tx_total_count < 10 and total_volume_usd < 100.
    Unit: true or false.
    Source: data contract.
    """
    return (activity.by_event.count < _FEW) & _below(activity, _SMALL_USD)


def is_regular_user(activity: Activity) -> Values:
    """Whether it is in no size class of its own.

    Formula: none of is_high_volume_trader, is_hub_address, is_retail_active, is_whale_inactive, is_retail_inactive.
    Unit: true or false.
    Source: data contract.
    """
    special = np.zeros(activity.count, bool)
    for flag in COLUMNS[:-1]:
        special |= np.asarray(flag(activity))
    return ~special


def _below(activity: Activity, usd: int) -> _Flags:
    """Compare exact amounts, so that a limit is neither missed nor met by rounding."""
    return (activity.received_usd + activity.sent_usd < usd).to_numpy()


COLUMNS = (
    is_high_volume_trader,
    is_hub_address,
    is_retail_active,
    is_whale_inactive,
    is_retail_inactive,
    is_regular_user,
)
