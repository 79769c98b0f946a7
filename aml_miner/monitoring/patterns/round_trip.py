"""Round trips: money that goes from hand to hand, shrinks a little at each, and comes back to where it began."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.patterns.columns import Columns
from aml_miner.monitoring.patterns.overlaps import keep_riskiest
from aml_miner.monitoring.patterns.passages import PassageParameters, find_passages
from aml_miner.monitoring.patterns.paths import pair_up
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_HOUR

ROUND_TRIP = PatternKind(
    pattern_type="round_trip",
    typology="CYCLE_DETECTION",
    parts={"cycle_member": "Member"},
    description=(
        "One of {length} addresses along which money is passed on until it comes back to where it began, {volume:,.2f} "
        "USD of transfers in all: follow the path and check what the payments were for."
    ),
    ordered=True,
)

_METHOD = "passages_back_to_the_source"
_SHORTEST = 3


class RoundTripParameters(PassageParameters):
    """How money is passed on round a circle, and how far."""

    max_length: int = Field(ge=3)
    max_counterparties: int = Field(ge=2)
    min_ratio: float = Field(ge=1)
    min_volume: float = Field(ge=0)
    max_patterns: int = Field(ge=1)
    full_volume: float = Field(gt=0)


def detect_round_trips(activity: Activity, parameters: RoundTripParameters) -> Detected:
    """Find paths of three transfers and more that end at the address they began at.

    Each hop leaves later than the one before arrived and within the holding time, and carries nearly its amount, as
    `find_passages` has it; each transfer is passed on by at most one other and passes on at most one, the best fitting
    first. Its addresses have at most `max_counterparties`: by way of an exchange money comes back to anybody.
    No address is in a round trip twice, of at most `max_length`, and the USD of its hops add up to `min_volume` or
    more. Where the largest amount is at most `min_ratio` times the smallest they are alike, and `cycle` finds them.
    Rounds along the same addresses are one pattern, which begins at its lowest-numbered address; those are counted that
    come one after the other. An address is in at most `max_patterns`, the riskiest; where there are more, it is
    counted.

    Risk is .6 + .3·(1 − mean time held / holding time) + .1·min(volume / `full_volume`, 1) of the riskiest round, our
    choice: that money comes back by chance is rare, however it shrinks on the way.
    """
    few = activity.by_counterparty.count <= parameters.max_counterparties
    passages = find_passages(activity, parameters, few)
    following, _ = pair_up(passages.received, passages.sent, len(activity.source))
    columns = Columns.of(activity)
    first = np.flatnonzero((following >= 0) & few[columns.source])
    rounds: dict[tuple[int, ...], list[Pattern]] = {}
    for hops in _closed(columns, following, first, parameters.max_length):
        pattern = _pattern(columns, parameters, hops)
        if pattern is not None:
            rounds.setdefault(pattern.addresses, []).append(pattern)
    riskiest, full = keep_riskiest(
        [_one(each) for each in rounds.values()], parameters.max_patterns
    )
    return Detected(riskiest, passages.cut_off + full)


def _closed(
    columns: Columns, following: Integers, first: Integers, longest: int
) -> Iterator[Integers]:
    """Yield the transfers of each way from some first ones that comes back to where it began, and nowhere else."""
    ways = first[:, None]
    for length in range(2, longest + 1):
        onward = following[ways[:, -1]]
        ways = np.column_stack([ways, onward])[onward >= 0]
        back = columns.target[ways[:, -1]] == columns.source[ways[:, 0]]
        for hops in ways[back & (length >= _SHORTEST)]:
            if len(np.unique(columns.target[hops])) == length:
                yield hops
        ways = ways[~back]


def _pattern(columns: Columns, parameters: RoundTripParameters, hops: Integers) -> Pattern | None:
    amounts = columns.amount[hops]
    ratio, total = float(amounts.max() / amounts.min()), float(amounts.sum())
    if ratio <= parameters.min_ratio or total < parameters.min_volume:
        return None
    held_hours = float(np.diff(columns.timestamp[hops]).mean()) / MS_PER_HOUR
    source = columns.source[hops]
    lowest = int(np.argmin(source))
    return Pattern(
        kind=ROUND_TRIP,
        addresses=tuple(np.roll(source, -lowest).tolist()),
        roles=("cycle_member",) * len(hops),
        transfers=hops,
        risk=0.6
        + 0.3 * (1 - held_hours / parameters.holding_hours)
        + 0.1 * min(total / parameters.full_volume, 1.0),
        detection_method=_METHOD,
        facts={
            "length": len(hops),
            "largest_over_smallest_amount": round(ratio, 4),
            "mean_held_hours": round(held_hours, 2),
        },
    )


def _one(rounds: list[Pattern]) -> Pattern:
    """Make one pattern of all rounds along the same addresses, with the facts of the riskiest."""
    first = max(rounds, key=lambda each: each.risk)
    transfers = np.unique(np.concatenate([each.transfers for each in rounds]))
    facts = {**first.facts, "rounds": _apart(rounds)}
    return replace(first, transfers=transfers, facts=facts)


def _apart(rounds: list[Pattern]) -> int:
    """Count the rounds that come one after the other: as many as fit, the earliest to end first."""
    ended, count = -1, 0
    for each in sorted(rounds, key=lambda each: int(each.transfers[-1])):
        if each.transfers[0] > ended:
            ended, count = int(each.transfers[-1]), count + 1
    return count
