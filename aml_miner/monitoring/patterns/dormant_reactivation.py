"""Dormant reactivation: a wallet lies still for weeks, and what it held leaves at once and is soon passed on."""

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.columns import ByAddress, Columns, outgoing
from aml_miner.monitoring.patterns.paths import merge_repeated, path_addresses
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_DAY, MS_PER_HOUR

DORMANT_REACTIVATION = PatternKind(
    pattern_type="dormant_reactivation",
    typology="DORMANT_REACTIVATION",
    parts={"wallet": "Wallet", "hop": "Hop", "exit": "Last recipient"},
    description=(
        "{part} of a dormant reactivation: after {still_days} days without a transfer a wallet paid out what it held, "
        "and the money passed from hand to hand {hops} times, {volume:,.2f} USD of transfers in all: ask who woke it "
        "up and what each payment was for."
    ),
    ordered=True,
)

_METHOD = "emptied_after_silence"


class DormantReactivationParameters(Parameters):
    """What makes a payment an awakening, and how its money is followed."""

    still_days: float = Field(gt=0)
    min_noticed: float = Field(gt=0)
    min_emptied_share: float = Field(gt=0, le=1)
    holding_hours: float = Field(gt=0)
    max_kept_share: float = Field(gt=0, lt=1)
    max_added_share: float = Field(ge=0)
    max_onward: int = Field(ge=1)
    max_hops: int = Field(ge=2)
    min_volume: float = Field(ge=0)
    full_still_days: float = Field(gt=0)


def detect_dormant_reactivations(
    activity: Activity, parameters: DormantReactivationParameters
) -> Detected:
    """Find wallets that are emptied after a long silence, and whose money does not rest where it goes.

    A wallet awakes with a payment `still_days` or more after the last transfer before, its own or one to it; less than
    `min_noticed` USD is no such transfer. The payment is at least `min_emptied_share` of what the window shows the
    wallet to hold of the asset: what it received before, less what it sent. Who holds it next passes it on within
    `holding_hours` and nearly whole, in USD; among the first `max_onward` transfers that leave within that time the
    best fitting is followed, of those alike the earlier, up to `max_hops` and never to an address the path has been at;
    where more leave, the address is counted. Two hops at least, for savings are spent; their USD add up to `min_volume`
    or more. A window no longer than the silence shows none.

    Risk is .4·min(days still / `full_still_days`, 1) + .4·(1 − mean time held / holding time) + .2·share of what the
    wallet held, our choice: savings that are spent are not passed on within hours.
    """
    columns, leaving = Columns.of(activity), outgoing(activity)
    patterns: list[Pattern] = []
    crowded: set[int] = set()
    for first, still_days, share in _awakenings(activity, parameters):
        hops, cut_off = _follow(columns, leaving, first, parameters)
        crowded |= cut_off
        if len(hops) > 1 and columns.amount[hops].sum() >= parameters.min_volume:
            patterns.append(_pattern(columns, parameters, hops, still_days, share))
    return Detected(merge_repeated(patterns), len(crowded))


def _awakenings(
    activity: Activity, parameters: DormantReactivationParameters
) -> Iterator[tuple[int, float, float]]:
    """Yield each payment that empties a wallet after a silence, the days of silence, and the share of what it held."""
    noticed = activity.amount_usd[activity.event] >= parameters.min_noticed
    owner, event = activity.by_event.owner[noticed], activity.event[noticed]
    time = activity.timestamp[event]
    still = np.append(0, np.diff(time)) >= parameters.still_days * MS_PER_DAY
    is_payment = (np.append(-1, owner[:-1]) == owner) & (activity.source[event] == owner)
    for place in np.flatnonzero(still & is_payment):
        held = _held(activity, int(owner[place]), int(event[place]))
        amount = float(activity.amount[event[place]])
        if (
            0
            < parameters.min_emptied_share * held
            <= amount
            <= (1 + parameters.max_added_share) * held
        ):
            days = float(time[place] - time[place - 1]) / MS_PER_DAY
            yield int(event[place]), days, min(amount / held, 1.0)


def _held(activity: Activity, wallet: int, payment: int) -> float:
    """Return what a wallet got of the asset of its payment before it, less what it sent, in the asset's own unit."""
    every = activity.events_of(wallet)
    before = every[(every < payment) & (activity.asset[every] == activity.asset[payment])]
    sign = np.where(activity.target[before] == wallet, 1.0, -1.0)
    return float((sign * activity.amount[before]).sum())


def _follow(
    columns: Columns, leaving: ByAddress, first: int, parameters: DormantReactivationParameters
) -> tuple[list[int], set[int]]:
    """Follow a payment from hand to hand; return its transfers, and the addresses where not all were looked at."""
    hops, been, cut_off = [first], {int(columns.source[first])}, set()
    while len(hops) < parameters.max_hops:
        here = int(columns.target[hops[-1]])
        been.add(here)
        sent = _sent_within(columns, leaving.of(here), hops[-1], parameters)
        if len(sent) > parameters.max_onward:
            cut_off.add(here)
        sent = sent[: parameters.max_onward]
        elsewhere = sent[~np.isin(columns.target[sent], list(been))]
        onward = _best_fitting(columns, elsewhere, hops[-1], parameters)
        if onward is None:
            break
        hops.append(onward)
    return hops, cut_off


def _sent_within(
    columns: Columns, sent: Integers, received: int, parameters: DormantReactivationParameters
) -> Integers:
    """Return those of an address's payments that left after a receipt and within the holding time."""
    now = columns.timestamp[received]
    until = now + int(parameters.holding_hours * MS_PER_HOUR)
    moments = np.searchsorted(columns.timestamp, np.array([now, until]), side="right")
    begin, end = np.searchsorted(
        sent, moments
    )  # transfers are in time order, so those of a hub need not be read
    return sent[begin:end]


def _best_fitting(
    columns: Columns, sent: Integers, received: int, parameters: DormantReactivationParameters
) -> int | None:
    """Return the payment whose amount is nearest to one received, None where none passes it on nearly whole."""
    amount, passed = columns.amount[received], columns.amount[sent]
    least, most = 1 - parameters.max_kept_share, 1 + parameters.max_added_share
    fits = sent[(least * amount <= passed) & (passed <= most * amount)]
    if not len(fits):
        return None
    return int(fits[np.argmin(np.abs(columns.amount[fits] - amount))])


def _pattern(
    columns: Columns,
    parameters: DormantReactivationParameters,
    hops: list[int],
    still_days: float,
    share: float,
) -> Pattern:
    transfers = np.array(hops)
    held_hours = float(np.diff(columns.timestamp[transfers]).mean()) / MS_PER_HOUR
    addresses = path_addresses(columns, transfers)
    stillness = min(still_days / parameters.full_still_days, 1.0)
    return Pattern(
        kind=DORMANT_REACTIVATION,
        addresses=addresses,
        roles=("wallet", *["hop"] * (len(addresses) - 2), "exit"),
        transfers=transfers,
        risk=0.4 * stillness + 0.4 * (1 - held_hours / parameters.holding_hours) + 0.2 * share,
        detection_method=_METHOD,
        facts={
            "hops": len(hops),
            "still_days": round(still_days, 1),
            "emptied_share": round(share, 4),
            "mean_held_hours": round(held_hours, 2),
        },
    )
