"""Temporal bursts: an hour in which an address moves money far more often than it does otherwise."""

import math

import numba
import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_HOUR

_METHOD = "busiest_hour_against_poisson"
_HOURS_PER_DAY = 24

BURST = PatternKind(
    pattern_type="temporal_burst",
    typology="TEMPORAL_BURST",
    parts={"burst_address": "Address"},
    description=(
        "{part} with {burst_transfers} transfers within an hour, {volume:,.2f} USD in all, where {expected_per_hour:g} "
        "an hour are usual for it: check what set them off and who the {counterparties} counterparties are."
    ),
)


class BurstParameters(Parameters):
    """What counts as a burst."""

    min_transfers: int = Field(ge=2)
    min_intensity: float = Field(gt=0)
    min_z_score: float = Field(ge=0)
    full_transfers: int = Field(ge=1)
    full_z_score: float = Field(gt=0)
    full_counterparties: int = Field(ge=1)


def detect_bursts(activity: Activity, parameters: BurstParameters) -> Detected:
    """Find addresses with an hour far busier than their others.

    The busiest hour of an address, the first of equals, begins at one of its transfers. It is held against the number
    of transfers an hour of the window brings the address on average, λ: a burst has at least ten transfers, at least
    3·λ, and a Poisson z-score (transfers − λ)/√λ of at least 2.

    Risk is .2·min(transfers / 50, 1) + .2·min(z / 20, 1) + .6·purpose, our choice. Purpose is the share of the burst's
    counterparties that the address deals with at no other time, times the largest of three: the share of those that
    deal with nobody else; the share of the money that both came and went within the hour; and
    min(counterparties / `full_counterparties`, 1), for who meets dozens once, within an hour, has called them. A small
    payroll and a shop's rush hour have counterparties with a life of their own, that come back, and move money one way:
    they stay at .4 and below.
    """
    count, first = busiest_spans(
        activity.by_event.start, activity.timestamp[activity.event], MS_PER_HOUR
    )
    hours = activity.transfers.window_days * _HOURS_PER_DAY
    usual = np.maximum(activity.by_event.count, 1) / hours
    burst = (
        (count >= parameters.min_transfers)
        & (count >= parameters.min_intensity * usual)
        & (count - usual >= parameters.min_z_score * np.sqrt(usual))
    )
    return Detected(
        [
            _pattern(activity, parameters, int(address), int(first[address]), int(count[address]))
            for address in np.flatnonzero(burst)
        ]
    )


def _pattern(
    activity: Activity, parameters: BurstParameters, address: int, first: int, count: int
) -> Pattern:
    hours = activity.transfers.window_days * _HOURS_PER_DAY
    every = activity.events_of(address)
    start = int(activity.by_event.start[address])
    transfers = activity.event[first : first + count]
    usual = len(every) / hours
    z_score = (count - usual) / math.sqrt(usual)
    others = activity.other_ends(address, every)
    inside, outside = (
        others[first - start : first - start + count],
        np.delete(others, np.s_[first - start : first - start + count]),
    )
    met = np.unique(inside)
    new = float(np.isin(met, outside, invert=True).mean())
    strangers = float((activity.by_counterparty.count[met] == 1).mean())
    passed = _passed_on(activity, address, transfers)
    called = min(len(met) / parameters.full_counterparties, 1.0)
    return Pattern(
        kind=BURST,
        addresses=(address,),
        roles=("burst_address",),
        transfers=transfers,
        risk=0.2 * min(count / parameters.full_transfers, 1.0)
        + 0.2 * min(z_score / parameters.full_z_score, 1.0)
        + 0.6 * new * max(strangers, passed, called),
        detection_method=_METHOD,
        facts={
            "burst_transfers": count,
            "expected_per_hour": round(usual, 4),
            "z_score": round(z_score, 2),
            "counterparties": len(met),
            "share_of_counterparties_only_in_burst": round(new, 4),
            "share_of_counterparties_with_no_other": round(strangers, 4),
            "share_passed_on": round(passed, 4),
        },
    )


def _passed_on(activity: Activity, address: int, transfers: Integers) -> float:
    """The smaller of what came in and what went out, over the larger."""
    amounts, outgoing = activity.amount_usd[transfers], activity.source[transfers] == address
    sent, received = float(amounts[outgoing].sum()), float(amounts[~outgoing].sum())
    largest = max(sent, received)
    return min(sent, received) / largest if largest > 0 else 0.0


@numba.njit(cache=True)
def busiest_spans(start: Integers, time: Integers, span: int) -> tuple[Integers, Integers]:
    """Count the transfers of each address's busiest span of time, and find the place of its first one.

    `time` holds the times of the addresses' transfers, ascending within an address; `start` where each one's begin.
    A transfer exactly `span` after the first is part of it. What is true of addresses is true of any other owners.
    """
    addresses = len(start) - 1
    count = np.zeros(addresses, np.int64)
    first = np.zeros(addresses, np.int64)
    for address in range(addresses):
        begin = start[address]
        for end in range(start[address], start[address + 1]):
            while time[end] - time[begin] > span:
                begin += 1
            if end + 1 - begin > count[address]:
                count[address] = end + 1 - begin
                first[address] = begin
    return count, first
