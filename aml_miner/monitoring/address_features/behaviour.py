"""Behaviour: an address's day, week and habits, in UTC."""

import numpy as np
import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.flow import structuring_score
from aml_miner.monitoring.address_features.time import peak_day, peak_hour, regularity
from aml_miner.monitoring.address_features.values import Values
from aml_miner.monitoring.groups import Floats, divide

_MOST = 65_535
"""The largest count a list of 16-bit counts can hold."""

_ROUND = 100
_NIGHT_HOURS = 6
_WORKING_DAYS = 5


def hourly_activity(activity: Activity) -> Values:
    """Its transfers by hour of the day.

    Formula: number of transfers in each of the 24 hours.
    Unit: transfers.
    Source: reference.
    Note: 65535 stands for that many or more: the contract has 16 bits.
    """
    return _counts(activity.hourly_count)


def daily_activity(activity: Activity) -> Values:
    """Its transfers by day of the week.

    Formula: number of transfers on each of the 7 days, Monday first.
    Unit: transfers.
    Source: reference.
    Note: 65535 stands for that many or more: the contract has 16 bits.
    """
    return _counts(activity.weekday_count)


def peak_activity_hour(activity: Activity) -> Values:
    """The hour of the day with most of its transfers, once more.

    Formula: peak_hour.
    Unit: 0 to 23, UTC.
    Source: reference.
    """
    return peak_hour(activity)


def peak_activity_day(activity: Activity) -> Values:
    """The day of the week with most of its transfers, once more.

    Formula: peak_day.
    Unit: 0 (Monday) to 6, UTC.
    Source: reference.
    """
    return peak_day(activity)


def hourly_entropy(activity: Activity) -> Values:
    """How spread its transfers are over the hours of the day.

    Formula: Shannon entropy of hourly_activity.
    Unit: bits, 0 to log2 24 = 4.58.
    Source: reference.
    """
    return activity.hourly_entropy


def hourly_transaction_entropy(activity: Activity) -> Values:
    """How spread its transfers are over the hours of the day, once more.

    Formula: hourly_entropy.
    Unit: bits, 0 to log2 24 = 4.58.
    Source: reference.
    """
    return activity.hourly_entropy


def daily_entropy(activity: Activity) -> Values:
    """How spread its transfers are over the days of the week.

    Formula: Shannon entropy of daily_activity.
    Unit: bits, 0 to log2 7 = 2.81.
    Source: reference.
    """
    return activity.weekday_entropy


def weekend_transaction_ratio(activity: Activity) -> Values:
    """Share of its transfers on Saturday and Sunday.

    Formula: such transfers / tx_total_count.
    Unit: 0 to 1.
    Source: reference.
    """
    return _weekend_share(activity)


def night_transaction_ratio(activity: Activity) -> Values:
    """Share of its transfers before six in the morning.

    Formula: transfers in the hours 0 to 5 / tx_total_count.
    Unit: 0 to 1.
    Source: reference.
    """
    return _night_share(activity)


def small_transaction_ratio(activity: Activity) -> Values:
    """Share of its transfers that are small, raised when most are; structuring_score once more.

    Formula: structuring_score.
    Unit: 0 to 1.
    Source: reference.
    Note: not a plain share as the name says.
    """
    return structuring_score(activity)


def consistency_score(activity: Activity) -> Values:
    """How much it keeps to certain hours, with less credit for keeping to them loosely.

    Formula: regularity_score².
    Unit: 0 to 1.
    Source: reference.
    """
    score = regularity(activity)
    return score * score


def round_number_ratio(activity: Activity) -> Values:
    """Share of its transfers of round amounts.

    Formula: share of amounts of 100 and more, in the asset's own unit, whose whole part is divisible by 100.
    Unit: 0 to 1.
    Source: reference.
    """
    amount = activity.event_amount
    is_round = (amount >= _ROUND) & (np.floor(amount) % _ROUND == 0)
    return activity.by_event.mean(is_round.astype(np.float64))


def unusual_timing_score(activity: Activity) -> Values:
    """Share of its transfers at night or at the weekend.

    Formula: transfers in the hours 0 to 5 or on Saturday or Sunday, each once / tx_total_count.
    Unit: 0 to 1.
    Source: reference.
    """
    unusual = (activity.hour < _NIGHT_HOURS) | (activity.weekday >= _WORKING_DAYS)
    return activity.by_event.mean(unusual[activity.event].astype(np.float64))


def hourly_volume_variance(activity: Activity) -> Values:
    """Variance of its volumes in the hours of the day it was active in.

    Formula: mean square deviation of its volumes in the assets' own units per hour of the day, those of 0 left out.
    Unit: square of the assets' own.
    Source: reference.
    """
    volume = activity.hourly_amount
    active = volume > 0
    hours = active.sum(axis=1)
    deviation = np.where(active, volume - divide(volume.sum(axis=1), hours)[:, None], 0.0)
    return divide((deviation * deviation).sum(axis=1), hours)


def peak_volume_hour(activity: Activity) -> Values:
    """The hour of the day with most of its volume.

    Formula: argmax of its volumes in the assets' own units per hour of the day; of several the earliest.
    Unit: 0 to 23, UTC.
    Source: reference.
    """
    return activity.hourly_amount.argmax(axis=1)


def intraday_volume_ratio(activity: Activity) -> Values:
    """How much its largest hour of the day stands out: 1 evenly around the clock, 24 all in one hour.

    Formula: the most volume in an hour of the day / (Σ amount / 24), in the assets' own units; 0 without volume.
    Unit: 1 to 24, or 0.
    Source: reference.
    """
    volume = activity.hourly_amount
    return divide(volume.max(axis=1), volume.sum(axis=1) / 24)


def _counts(histogram: Floats) -> pl.Series:
    counts = np.minimum(histogram, _MOST).astype(np.uint16)
    return pl.Series(counts).cast(pl.List(pl.UInt16))


def _weekend_share(activity: Activity) -> Floats:
    return activity.weekday_count[:, _WORKING_DAYS:].sum(axis=1) / activity.by_event.count


def _night_share(activity: Activity) -> Floats:
    return activity.hourly_count[:, :_NIGHT_HOURS].sum(axis=1) / activity.by_event.count


COLUMNS = (
    hourly_activity,
    daily_activity,
    peak_activity_hour,
    peak_activity_day,
    hourly_entropy,
    hourly_transaction_entropy,
    daily_entropy,
    weekend_transaction_ratio,
    night_transaction_ratio,
    small_transaction_ratio,
    consistency_score,
    round_number_ratio,
    unusual_timing_score,
    hourly_volume_variance,
    peak_volume_hour,
    intraday_volume_ratio,
)
