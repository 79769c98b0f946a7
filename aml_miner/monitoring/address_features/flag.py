"""Flags: what an address behaves like, whether it is new, and size classes.

*Like* means by its transfers alone. The reference looks the type up in the labels, which are what models predict.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.address_features.parameters import AddressFeatureParameters
from aml_miner.monitoring.address_features.values import Values
from aml_miner.monitoring.groups import Floats, Integers, divide
from aml_miner.monitoring.transfers import MS_PER_DAY

_HIGH_VOLUME_USD = 10_000
_RETAIL_USD = 1_000
_SMALL_USD = 100
_VERY_MANY, _MANY, _FEW = 1_000, 100, 10
_HUB_DEGREE = 50

type _Flags = NDArray[np.bool_]


def is_exchange_like(activity: Activity) -> Values:
    """Whether it behaves like an exchange: many pay it and it pays many, much and often.

    Formula: is_hub_address and is_high_volume_trader.
    Unit: true or false.
    Source: our choice; the reference compares the label's type with names in capitals and is always false.
    """
    exchange_like: _Flags = np.asarray(is_hub_address(activity)) & np.asarray(
        is_high_volume_trader(activity)
    )
    return exchange_like


def is_new_address(activity: Activity) -> Values:
    """Whether it was first seen in this window.

    Formula: no transfer before the window; null where no transfer of anybody is known from before it.
    Unit: true, false or null.
    Source: data contract; the reference is always true.
    Note: new to the transfers at hand; the further they reach back, the surer.
    """
    before = activity.last_before
    return _unknown(activity) if before is None else before.is_null()


def is_whale(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """Whether very much passed through it.

    Formula: total_volume_usd ≥ 1 000 000 (``whale_usd``).
    Unit: true or false.
    Source: our choice; the reference compares the label's type with a name in capitals and is always false.
    """
    del table
    return ~_below(activity, parameters.flag.whale_usd)


def is_mixer_like(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """Whether it behaves like a mixer: many pay in, others are paid, the same amounts over and over, nothing is kept.

    Formula: degree_in and degree_out ≥ 10 (``mixer_min_degree``), counterparty_overlap_ratio ≤ 0.1
    (``mixer_max_overlap``), flow_asymmetry ≤ 0.1 (``mixer_max_asymmetry``), and of the transfers it received, and of
    those it sent, at least half (``mixer_min_repeated_share``) of an asset and amount that occurs 3 times and more
    (``mixer_min_repeats``).
    Unit: true or false.
    Source: our choice; the reference compares the label's type with a name in capitals and is always false.
    """
    least = parameters.flag
    many = (table["degree_in"] >= least.mixer_min_degree) & (
        table["degree_out"] >= least.mixer_min_degree
    )
    others = table["counterparty_overlap_ratio"] <= least.mixer_max_overlap
    passed_on = table["flow_asymmetry"] <= least.mixer_max_asymmetry
    possible = (many & others & passed_on).to_numpy()
    for party in (activity.source, activity.target):
        share = _repeated_share(activity, party, possible, least.mixer_min_repeats)
        possible = possible & (share >= least.mixer_min_repeated_share)
    return possible


def is_contract_like(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """Whether it behaves like a contract, which acts only when called: it pays in the transaction that pays it.

    Formula: tx_out_count ≥ 10 (``contract_min_transfers``), and at least 0.9 (``contract_min_share``) of the transfers
    it sent are in a transaction (tx_id) in which it received one.
    Unit: true or false.
    Source: our choice; the reference has no such column.
    """
    called = np.bincount(activity.source[_sent_when_paid(activity)], minlength=activity.count)
    sent = table["tx_out_count"].to_numpy()
    often = sent >= parameters.flag.contract_min_transfers
    return often & (called >= parameters.flag.contract_min_share * sent)


def is_dormant_reactivated(
    table: pl.DataFrame, activity: Activity, parameters: AddressFeatureParameters
) -> Values:
    """Whether it took part in a transfer again after a long silence.

    Formula: some transfer in the window is 90 days (``dormant_days``) or more after the one before, be that in the
    window or before it; null where no transfer of anybody is known from before the window.
    Unit: true, false or null.
    Source: our choice of a quarter of a year; the reference is always false.
    """
    del table
    if activity.last_before is None:
        return _unknown(activity)
    silence = parameters.flag.dormant_days * MS_PER_DAY
    time, events = activity.timestamp[activity.event], activity.by_event
    again = np.flatnonzero((np.diff(time) >= silence) & (np.diff(events.owner) == 0)) + 1
    within = np.bincount(events.owner[again], minlength=activity.count) > 0
    first = pl.Series(time[events.start[:-1]])
    before = (first - activity.last_before.cast(pl.Int64) >= silence).fill_null(value=False)
    return before.to_numpy() | within


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
    for size_class in _SIZE_CLASSES:
        special |= np.asarray(size_class(activity))
    return ~special


def _unknown(activity: Activity) -> pl.Series:
    return pl.repeat(None, activity.count, dtype=pl.Boolean, eager=True)


def _below(activity: Activity, usd: int) -> _Flags:
    """Compare exact amounts, so that a limit is neither missed nor met by rounding."""
    return (activity.received_usd + activity.sent_usd < usd).to_numpy()


def _repeated_share(activity: Activity, party: Integers, possible: _Flags, repeats: int) -> Floats:
    """Share of the transfers of a party whose asset and amount occur so often among them; 0 for the impossible."""
    rows = np.flatnonzero(possible[party])
    amounts = pl.DataFrame(
        {
            "owner": party[rows],
            "asset": activity.asset[rows],
            "amount": activity.transfers.rows["amount"].gather(rows),
        }
    )
    alike = amounts.group_by(amounts.columns).len("count").filter(pl.col("count") >= repeats)
    repeated = np.bincount(alike["owner"], alike["count"], activity.count)
    return divide(repeated, np.bincount(party[rows], minlength=activity.count))


def _sent_when_paid(activity: Activity) -> Integers:
    """Transfers whose sender received one in the same transaction."""
    transaction = activity.transfers.rows["tx_id"].rle_id().cast(pl.Int64).to_numpy()
    paid = transaction * activity.count + activity.target
    sent = transaction * activity.count + activity.source
    shared = np.bincount(transaction)[transaction] > 1
    return np.flatnonzero(shared & np.isin(sent, paid[shared]))


_SIZE_CLASSES = (
    is_high_volume_trader,
    is_hub_address,
    is_retail_active,
    is_whale_inactive,
    is_retail_inactive,
)

COLUMNS = (is_exchange_like, is_new_address, *_SIZE_CLASSES, is_regular_user)
DERIVED_COLUMNS = (is_whale, is_mixer_like, is_contract_like, is_dormant_reactivated)
