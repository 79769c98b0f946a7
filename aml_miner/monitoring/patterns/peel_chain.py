"""Peel chains: a large amount goes from hand to hand, and each hand peels a small share off to somebody else.

The address rule PEEL_CHAIN looks at one address alone; this detector follows the chain, and its alerts are of the
typology PEEL_CHAIN_PATH.
"""

from typing import NamedTuple

import numba
import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.columns import ByAddress, Columns, as_array, outgoing
from aml_miner.monitoring.patterns.overlaps import keep_riskiest
from aml_miner.monitoring.patterns.paths import (
    PathLimits,
    find_paths,
    merge_repeated,
    path_addresses,
    path_roles,
)
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_HOUR

_METHOD = "largest_onward_transfer"

PEEL_CHAIN = PatternKind(
    pattern_type="peel_chain",
    typology="PEEL_CHAIN_PATH",
    parts={"source": "First sender", "carrier": "Carrier", "destination": "Last recipient"},
    description=(
        "{part} of a peel chain: {first_amount_usd:,.2f} USD pass from hand to hand {hops} times, and {peels} small "
        "parts, {peeled_usd:,.2f} USD together, are peeled off on the way: follow the large amount to its end and see "
        "who gets the small ones."
    ),
    ordered=True,
)


class PeelChainPathParameters(Parameters):
    """What makes a chain of transfers a peel chain."""

    holding_hours: float = Field(gt=0)
    min_peeled_share: float = Field(gt=0, lt=1)
    max_peeled_share: float = Field(gt=0, lt=1)
    min_explained_share: float = Field(gt=0, le=1)
    max_added_share: float = Field(ge=0)
    max_onward: int = Field(ge=1)
    min_hops: int = Field(ge=3)
    min_volume: float = Field(ge=0)
    max_patterns: int = Field(ge=1)
    full_hops: int = Field(ge=4)


def detect_peel_chains(activity: Activity, parameters: PeelChainPathParameters) -> Detected:
    """Find chains along which a large amount is passed on and a small share goes elsewhere at every hop.

    After it received an amount, within the holding time, an address sends the larger part on: the largest transfer
    that leaves between `min_peeled_share` and `max_peeled_share` of it behind. Other transfers, taken in time order as
    long as they fit into what is left, are the peels; they make up at least `min_peeled_share` of what was received and
    `min_explained_share` of what was not passed on. Neither goes back to the sender, nor a peel to the next carrier. Of
    the transfers after a receipt only the first `max_onward` are looked at; where there were more, the address is
    counted.

    The pattern's addresses are those of the chain, in order. Who got the peels is named by its transfers only: often it
    is a shop or an exchange that knows nothing of the chain. The peels of the first sender are not looked for, because
    what it received is not known. Volume is the sum of the hops. Money that goes the same way again, or a part of it,
    belongs to the same pattern. An address is in at most
    `max_patterns` of them, the riskiest; where there are more, it is counted.

    Risk is .4·min((hops − 2) / (`full_hops` − 2), 1) + .3·share of what was not passed on that the peels explain
    + .3·(1 − mean time held / holding time), our choice: a household that receives money and spends a part of it makes
    one hop, seldom several.
    """
    columns = Columns.of(activity)
    carried, peels, cut_off = search_carriers(columns, outgoing(activity), _limits(parameters))
    received = np.flatnonzero(carried >= 0)
    left = columns.amount[received] - columns.amount[carried[received]]
    closest = received[np.lexsort((-received, left))]
    limits = PathLimits(parameters.min_hops, parameters.min_volume, np.inf)
    chains = find_paths(columns, (closest, carried[closest]), activity.count, limits)
    patterns = [
        _pattern(columns, parameters, hops, [peels.of(hop) for hop in hops[:-1]]) for hops in chains
    ]
    riskiest, full = keep_riskiest(merge_repeated(patterns), parameters.max_patterns)
    return Detected(riskiest, cut_off + full)


def _pattern(
    columns: Columns, parameters: PeelChainPathParameters, hops: Integers, peels: list[Integers]
) -> Pattern:
    amounts = columns.amount[hops]
    peeled = np.array([columns.amount[each].sum() for each in peels])
    explained = float(np.minimum(peeled / (amounts[:-1] - amounts[1:]), 1).mean())
    held_hours = float(np.diff(columns.timestamp[hops]).mean()) / MS_PER_HOUR
    length = min((len(hops) - 2) / (parameters.full_hops - 2), 1.0)
    addresses = path_addresses(columns, hops)
    return Pattern(
        kind=PEEL_CHAIN,
        addresses=addresses,
        roles=path_roles("carrier", len(addresses)),
        transfers=np.unique(np.concatenate([hops, *peels])),
        risk=0.4 * length + 0.3 * explained + 0.3 * (1 - held_hours / parameters.holding_hours),
        detection_method=_METHOD,
        facts={
            "hops": len(hops),
            "first_amount_usd": round(float(amounts[0]), 2),
            "last_amount_usd": round(float(amounts[-1]), 2),
            "peels": sum(len(each) for each in peels),
            "peeled_usd": round(float(peeled.sum()), 2),
            "explained_share_of_what_was_left": round(explained, 4),
            "mean_held_hours": round(held_hours, 2),
        },
    )


class PeelLimits(NamedTuple):
    """What the search for carriers allows; shares are of the amount received."""

    holding_ms: float
    min_peeled: float
    max_peeled: float
    min_explained: float
    max_added: float
    max_onward: int


def _limits(parameters: PeelChainPathParameters) -> PeelLimits:
    return PeelLimits(
        holding_ms=parameters.holding_hours * MS_PER_HOUR,
        min_peeled=parameters.min_peeled_share,
        max_peeled=parameters.max_peeled_share,
        min_explained=parameters.min_explained_share,
        max_added=parameters.max_added_share,
        max_onward=parameters.max_onward,
    )


@numba.njit(cache=True)
def search_carriers(  # noqa: C901, PLR0915 - a compiled kernel runs in one piece
    columns: Columns, outgoing: ByAddress, limits: PeelLimits
) -> tuple[Integers, ByAddress, int]:
    """Search for each transfer the one that carries its larger part on, and the peels beside it.

    Returns the carrying transfer of each transfer, −1 for none; the peels grouped by the transfer they are peeled off;
    and how many addresses were cut off.
    """
    count = len(columns.source)
    carried = np.full(count, -1, np.int64)
    start = np.zeros(count + 1, np.int64)
    peels = numba.typed.List.empty_list(numba.int64)
    later = outgoing.start[
        :-1
    ].copy()  # the first transfer that leaves an address after the one at hand
    cut_off = np.zeros(len(later), np.bool_)
    for i in range(count):
        start[i] = len(peels)
        here, now, amount = columns.target[i], columns.timestamp[i], columns.amount[i]
        end = outgoing.start[here + 1]
        while later[here] < end and columns.timestamp[outgoing.transfer[later[here]]] <= now:
            later[here] += 1
        stop = later[here]
        carrier, carries = -1, 0.0
        while stop < end and columns.timestamp[outgoing.transfer[stop]] <= now + limits.holding_ms:
            if stop - later[here] >= limits.max_onward:
                cut_off[here] = True
                break
            onward = outgoing.transfer[stop]
            larger_part = max((1 - limits.max_peeled) * amount, carries)
            if (
                larger_part < columns.amount[onward] <= (1 - limits.min_peeled) * amount
                and columns.target[onward] != columns.source[i]
            ):
                carrier, carries = onward, columns.amount[onward]
            stop += 1
        left = amount - carries
        peeled = 0.0
        for place in range(later[here], stop if carrier >= 0 else 0):
            onward = outgoing.transfer[place]
            small = columns.amount[onward]
            elsewhere = (
                columns.target[onward] != columns.target[carrier]
                and columns.target[onward] != columns.source[i]
            )
            if elsewhere and 0 < small <= left + limits.max_added * amount - peeled:
                peeled += small
                peels.append(onward)
        if carrier >= 0 and peeled >= max(limits.min_peeled * amount, limits.min_explained * left):
            carried[i] = carrier
        else:
            while len(peels) > start[i]:
                peels.pop()
    start[count] = len(peels)
    return carried, ByAddress(start, as_array(peels)), int(cut_off.sum())
