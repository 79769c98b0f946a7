"""Time: when and how regularly an address was active, in UTC."""

import math

import numpy as np
import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.values import Values
from aml_miner.monitoring.groups import Floats, Integers, divide
from aml_miner.monitoring.transfers import MS_PER_DAY


def activity_days(activity: Activity) -> Values:
    """On how many days it was active.

    Formula: number of distinct UTC days with a transfer.
    Unit: days.
    Source: reference.
    """
    return _activity_days(activity)


def activity_span_days(activity: Activity) -> Values:
    """How long it was active from first to last.

    Formula: max(1, ⌊last_activity_timestamp − first_activity_timestamp⌋ in whole days).
    Unit: days.
    Source: reference.
    """
    days: Integers = (_last(activity) - _first(activity)) // MS_PER_DAY
    return days.clip(min=1)


def avg_daily_volume_usd(activity: Activity) -> Values:
    """What passed through it on an active day.

    Formula: Σ amount of its transfers / activity_days, rounded half to even at 18 places.
    Unit: the assets' own, summed over assets.
    Source: reference.
    Note: not USD as the name says.
    """
    return activity.native_volume / pl.Series(_activity_days(activity))


def peak_hour(activity: Activity) -> Values:
    """The hour of the day with most of its transfers.

    Formula: argmax of hourly_activity; of several the earliest.
    Unit: 0 to 23, UTC.
    Source: reference.
    """
    return activity.hourly_count.argmax(axis=1)


def peak_day(activity: Activity) -> Values:
    """The day of the week with most of its transfers.

    Formula: argmax of daily_activity; of several the earliest.
    Unit: 0 (Monday) to 6, UTC.
    Source: reference.
    """
    return activity.weekday_count.argmax(axis=1)


def regularity_score(activity: Activity) -> Values:
    """How much it keeps to certain hours: 1 always in the same hour, 0 evenly around the clock.

    Formula: 1 − hourly_entropy / log2 24.
    Unit: 0 to 1.
    Source: reference.
    """
    return regularity(activity)


def burst_factor(activity: Activity) -> Values:
    """How much its busiest hour of the day stands out: 1 evenly around the clock, 24 always in the same hour.

    Formula: max hourly_activity / (tx_total_count / 24).
    Unit: 1 to 24.
    Source: reference.
    """
    busiest = activity.hourly_count.max(axis=1)
    return divide(busiest, activity.by_event.count / 24)


def first_activity_timestamp(activity: Activity) -> Values:
    """Its first transfer in the window.

    Formula: minimum of block_timestamp.
    Unit: ms since 1970, UTC.
    Source: reference.
    """
    return _first(activity)


def last_activity_timestamp(activity: Activity) -> Values:
    """Its last transfer in the window.

    Formula: maximum of block_timestamp.
    Unit: ms since 1970, UTC.
    Source: reference.
    """
    return _last(activity)


def regularity(activity: Activity) -> Floats:
    """Values of `regularity_score`."""
    return 1 - activity.hourly_entropy / math.log2(24)


def _first(activity: Activity) -> Integers:
    return activity.timestamp[activity.event[activity.by_event.start[:-1]]]


def _last(activity: Activity) -> Integers:
    return activity.timestamp[activity.event[activity.by_event.start[1:] - 1]]


def _activity_days(activity: Activity) -> Integers:
    """Count the events on another day than the one before: an address's events are in time order."""
    day, owner = activity.day[activity.event], activity.by_event.owner
    new = np.ones(len(day), bool)
    new[1:] = (day[1:] != day[:-1]) | (owner[1:] != owner[:-1])
    return np.bincount(owner[new], minlength=activity.count)


COLUMNS = (
    activity_days,
    activity_span_days,
    avg_daily_volume_usd,
    peak_hour,
    peak_day,
    regularity_score,
    burst_factor,
    first_activity_timestamp,
    last_activity_timestamp,
)
