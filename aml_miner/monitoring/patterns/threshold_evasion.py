"""Threshold evasion: payments kept again and again just below an amount from which they would be reported."""

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Groups, Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_DAY

_METHOD = "share_of_payments_below_a_limit"

THRESHOLD_EVASION = PatternKind(
    pattern_type="threshold_evasion",
    typology="THRESHOLD_EVASION",
    parts={"payer": "Payer", "recipient": "Recipient"},
    description=(
        "{part} of {near_limit_transfers} payments just below {limit_usd:,.0f} USD, {volume:,.2f} USD in all, where "
        "the payer made only {comparable_transfers} of that size or above: check whether they are one payment, split."
    ),
)


class ThresholdEvasionParameters(Parameters):
    """What counts as just below a limit, and how often is too often."""

    limits: tuple[float, ...] = Field(min_length=1)
    near_from: float = Field(gt=0, lt=1)
    near_to: float = Field(gt=0, le=1)
    comparable_from: float = Field(gt=0, lt=1)
    min_transfers: int = Field(ge=2)
    min_share: float = Field(ge=0, lt=1)
    min_sameness: float = Field(ge=0, le=1)
    full_transfers: int = Field(ge=1)
    full_days: float = Field(gt=0)
    min_transfers_of_recipient: int = Field(ge=1)


@dataclass(frozen=True)
class _NearLimit:
    """The payments just below one limit, grouped by payer, and how the payers stand."""

    limit: float
    by_payer: Groups
    transfers: Integers
    comparable: Integers
    sameness: Floats

    @property
    def share(self) -> Floats:
        """Share of each payer's comparable payments that lie just below the limit."""
        return self.by_payer.count / np.maximum(self.comparable, 1)


def detect_threshold_evasion(
    activity: Activity, parameters: ThresholdEvasionParameters
) -> Detected:
    """Find addresses most of whose larger payments lie just below a limit.

    A payer made at least five payments of 80–99 % of a limit; they are at least .7 of its payments of half the limit
    and above (what it spends on small things says nothing about the large ones), and 1 − their coefficient of
    variation is at least .8. Of several limits the one with the most such payments counts, then the lowest. The payer
    comes first, then who got at least two of the payments, by the first one.

    Risk is .35·(share − least share)/(1 − least share) + .3·min(payments / 20, 1)
    + .35·(1 − days per payment / 4, at least 0), our choice: splitting leaves few payments above the limit, takes many,
    and is in a hurry; instalments are a fixed sum by the week or the month.
    """
    per_limit = [_near_limit(activity, parameters, limit) for limit in sorted(parameters.limits)]
    counts = np.stack([_qualified(near, parameters) for near in per_limit])
    best = counts.argmax(axis=0)
    payers = np.flatnonzero(counts.max(axis=0))
    return Detected(
        [_pattern(activity, parameters, per_limit[best[payer]], int(payer)) for payer in payers]
    )


def _near_limit(
    activity: Activity, parameters: ThresholdEvasionParameters, limit: float
) -> _NearLimit:
    amount = activity.amount_usd
    comparable = amount >= parameters.comparable_from * limit
    near = (amount >= parameters.near_from * limit) & (amount <= parameters.near_to * limit)
    transfers = np.flatnonzero(near)
    by_payer, order = Groups.of(activity.source[transfers], activity.count)
    transfers = transfers[order]
    amounts = amount[transfers]
    spread = np.sqrt(by_payer.variance(amounts))
    return _NearLimit(
        limit,
        by_payer,
        transfers,
        np.bincount(activity.source[comparable], minlength=activity.count),
        1 - spread / np.maximum(by_payer.mean(amounts), parameters.near_from * limit),
    )


def _qualified(near: _NearLimit, parameters: ThresholdEvasionParameters) -> Integers:
    """How many payments just below the limit a payer made; 0 where that proves nothing."""
    enough = (
        (near.by_payer.count >= parameters.min_transfers)
        & (near.share >= parameters.min_share)
        & (near.sameness >= parameters.min_sameness)
    )
    return np.where(enough, near.by_payer.count, 0)


def _pattern(
    activity: Activity, parameters: ThresholdEvasionParameters, near: _NearLimit, payer: int
) -> Pattern:
    start = near.by_payer.start
    transfers = near.transfers[start[payer] : start[payer + 1]]
    recipients = _recipients(activity.target[transfers], parameters.min_transfers_of_recipient)
    times = activity.timestamp[transfers]
    days = float(times[-1] - times[0]) / MS_PER_DAY / (len(transfers) - 1)
    share, sameness = float(near.share[payer]), float(near.sameness[payer])
    purity = (share - parameters.min_share) / (1 - parameters.min_share)
    return Pattern(
        kind=THRESHOLD_EVASION,
        addresses=(payer, *recipients),
        roles=("payer", *["recipient"] * len(recipients)),
        transfers=transfers,
        risk=0.35 * purity
        + 0.3 * min(len(transfers) / parameters.full_transfers, 1.0)
        + 0.35 * max(0.0, 1 - days / parameters.full_days),
        detection_method=_METHOD,
        facts={
            "limit_usd": near.limit,
            "near_limit_transfers": len(transfers),
            "comparable_transfers": int(near.comparable[payer]),
            "share_near_limit": round(share, 4),
            "amount_sameness": round(sameness, 4),
            "days_per_transfer": round(days, 2),
        },
    )


def _recipients(paid: Integers, least: int) -> tuple[int, ...]:
    """Who got at least so many of the payments, by the first one."""
    addresses, first, count = np.unique(paid, return_index=True, return_counts=True)
    often = count >= least
    by_first = np.argsort(first[often])
    return tuple(int(address) for address in addresses[often][by_first])
