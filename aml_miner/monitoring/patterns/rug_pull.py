"""Rug pulls: many pay into one address, for weeks perhaps, until it is emptied at once and nobody pays it any more."""

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.columns import Columns
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_DAY, MS_PER_HOUR

RUG_PULL = PatternKind(
    pattern_type="rug_pull",
    typology="RUG_PULL",
    parts={"project": "Project", "backer": "Payer", "exit": "Recipient"},
    description=(
        "{part} of a rug pull: {backers} addresses paid {gathered_usd:,.2f} USD into one address over "
        "{gathered_days} days, which was then emptied within days and has got nothing of the kind for {quiet_days}: "
        "check what the payers were promised and who took the money."
    ),
    unalerted_parts=frozenset({"backer"}),
)

_METHOD = "emptied_for_good"


class RugPullParameters(Parameters):
    """What makes an address a project that was emptied for good."""

    min_backers: int = Field(ge=2)
    min_paid: float = Field(gt=0)
    max_returned_share: float = Field(ge=0, lt=1)
    min_gathering_hours: float = Field(gt=0)
    emptying_hours: float = Field(gt=0)
    min_emptied_share: float = Field(gt=0, le=1)
    max_early_share: float = Field(ge=0, lt=1)
    max_late_share: float = Field(ge=0, lt=0.5)
    max_exits: float = Field(ge=1)
    min_part: float = Field(ge=0, le=1)
    min_volume: float = Field(ge=0)
    full_backers: int = Field(ge=1)


def detect_rug_pulls(activity: Activity, parameters: RugPullParameters) -> Detected:
    """Find addresses that many pay into until they are emptied at once, and that hardly anybody pays after that.

    A backer pays the address `min_paid` USD or more and gets at most `max_returned_share` of it back; there are at
    least `min_backers`, latecomers included, and what they pay is `min_volume` or more. What the address pays to others
    is theirs already as far as they paid it in themselves before; the rest is the backers' money. It is gathered from
    when `max_late_share` of it has come until all but as much has, `min_gathering_hours` at least, for what is passed
    on sooner other patterns show. Of the `emptying_hours` after that those count in which most leaves:
    `min_emptied_share` of what was gathered or more, to at most `max_exits` others, counted as 1 / sum of squared
    shares. At most `max_early_share` has left before. The project comes first, then its backers by their first payment,
    then whom it pays `min_part` of the largest part or more. Backers are shown and not alerted: they are the victims.

    Risk is stillness · (.6·min(share emptied, 1) + .4·min(backers / `full_backers`, 1)), our choice. Stillness is
    1 - exp(-time from the end of gathering to the window's last transfer / (time of gathering / (backers - 1))): how
    unlikely it is that nobody pays an address that goes on for so long. A landlord whose rents leave at once is paid
    again.
    """
    columns, by_event, event = Columns.of(activity), activity.by_event, activity.event
    incoming = columns.target[event] == by_event.owner
    moved, backers = backers_money(
        by_event.start,
        activity.other_ends(by_event.owner, event),
        columns.amount[event],
        incoming,
        (parameters.min_paid, parameters.max_returned_share),
    )
    within = int(parameters.emptying_hours * MS_PER_HOUR)
    many = np.flatnonzero(backers >= parameters.min_backers)
    patterns = []
    for project in many.tolist():
        own = slice(by_event.start[project], by_event.start[project + 1])
        time = columns.timestamp[event[own]]
        found = find_emptying(time, moved[own], parameters.max_late_share, within)
        pattern = _pattern(activity, parameters, project, moved[own], found)
        if pattern is not None:
            patterns.append(pattern)
    return Detected(patterns)


@numba.njit(cache=True)
def backers_money(
    start: Integers,
    other: Integers,
    amount: Floats,
    incoming: NDArray[np.bool_],
    limits: tuple[float, float],
) -> tuple[Floats, Integers]:
    """Tell for each transfer of each address how much of its backers' money came by it, and left by it (negative).

    The transfers are in time order within each address. The limits are what a backer pays at least, and the share of it
    that it gets back at most.

    Returns
    -------
    tuple
        The money of each transfer, and how many backers each address has.
    """
    least, returned = limits
    moved = np.zeros(len(amount))
    backers = np.zeros(len(start) - 1, np.int64)
    for address in range(len(start) - 1):
        first, last = start[address], start[address + 1]
        order = first + np.argsort(other[first:last], kind="mergesort")
        begin = 0
        while begin < len(order):
            end, came, went = begin, 0.0, 0.0
            while end < len(order) and other[order[end]] == other[order[begin]]:
                if incoming[order[end]]:
                    came += amount[order[end]]
                else:
                    went += amount[order[end]]
                end += 1
            backs = came >= least and went <= returned * came
            backers[address] += backs
            own = 0.0
            for i in order[begin:end]:
                if backs:
                    moved[i] = amount[i] if incoming[i] else 0.0
                elif incoming[i]:
                    own += amount[i]
                else:
                    theirs = min(own, amount[i])
                    own -= theirs
                    moved[i] = theirs - amount[i]
            begin = end
    return moved, backers


class _Emptying(NamedTuple):
    """When an address gathered and was emptied, in milliseconds since 1970, and how much, in USD."""

    gathered_from: int
    gathered_to: int
    emptied_from: int
    gathered: float
    early: float
    emptied: float


@numba.njit(cache=True)
def find_emptying(time: Integers, moved: Floats, late: float, within: int) -> _Emptying:
    """Find when an address gathers its backers' money, and in which time so long after that most of it leaves.

    `moved` is the backers' money that comes and leaves (negative) at each time, ascending; what comes at the very
    moment of a payment comes too late for it. Of stretches in which as much leaves the earliest is taken.
    """
    gathered = 0.0
    for each in moved:
        gathered += max(each, 0.0)
    since, until = when_gathered(time, moved, late * gathered, (1 - late) * gathered)
    emptied_from, emptied = busiest_leaving(time, moved, until, within)
    early = 0.0
    for i in range(len(time)):
        early -= min(moved[i], 0.0) if time[i] < emptied_from else 0.0
    return _Emptying(since, until, emptied_from, gathered, early, emptied)


@numba.njit(cache=True)
def when_gathered(time: Integers, moved: Floats, first: float, all_but: float) -> tuple[int, int]:
    """Return when more than a first part of what is gathered has come, and when all but a last part has."""
    since, came = time[0], 0.0
    for i in range(len(time)):
        if moved[i] > 0:
            since = time[i] if came <= first else since
            came += moved[i]
            if came >= all_but:
                return since, time[i]
    return since, time[-1]


@numba.njit(cache=True)
def busiest_leaving(time: Integers, moved: Floats, after: int, within: int) -> tuple[int, float]:
    """Return when after a moment the stretch begins in which most leaves, and how much; 0 where nothing does."""
    begin = np.searchsorted(time, after, side="right")
    first, most, leaving = after, 0.0, 0.0
    for end in range(begin, len(time)):
        leaving -= min(moved[end], 0.0)
        while time[begin] < time[end] - within:
            leaving += min(moved[begin], 0.0)
            begin += 1
        if leaving > most:
            most, first = leaving, time[begin]
    return first, most


def _is_rug_pull(found: _Emptying, parameters: RugPullParameters) -> bool:
    gathering = found.gathered_to - found.gathered_from
    return (
        found.gathered >= parameters.min_volume
        and gathering >= parameters.min_gathering_hours * MS_PER_HOUR
        and found.early <= parameters.max_early_share * found.gathered
        and found.emptied >= parameters.min_emptied_share * found.gathered
    )


def _pattern(
    activity: Activity,
    parameters: RugPullParameters,
    project: int,
    moved: Floats,
    found: _Emptying,
) -> Pattern | None:
    if not _is_rug_pull(found, parameters):
        return None
    columns, every = Columns.of(activity), activity.events_of(project)
    time, until = columns.timestamp[every], found.emptied_from
    gathered = every[(moved > 0) & (time < until)]
    leaves = (moved < 0) & (time >= until)
    leaves &= time <= until + int(parameters.emptying_hours * MS_PER_HOUR)
    _, which = np.unique(columns.target[every[leaves]], return_inverse=True)
    parts = np.bincount(which, -moved[leaves])
    if parts.sum() ** 2 > parameters.max_exits * (parts**2).sum():
        return None
    taken = every[leaves][parts[which] >= parameters.min_part * parts.max()]
    backers = dict.fromkeys(columns.source[gathered].tolist())
    exits = dict.fromkeys(columns.target[taken].tolist())
    share, stillness = (
        min(found.emptied / found.gathered, 1.0),
        _stillness(activity, found, len(backers)),
    )
    size = min(len(backers) / parameters.full_backers, 1.0)
    return Pattern(
        kind=RUG_PULL,
        addresses=(project, *backers, *exits),
        roles=("project", *["backer"] * len(backers), *["exit"] * len(exits)),
        transfers=np.union1d(gathered, taken),
        risk=stillness * (0.6 * share + 0.4 * size),
        detection_method=_METHOD,
        facts={
            "backers": len(backers),
            "gathered_usd": round(float(columns.amount[gathered].sum()), 2),
            "gathered_days": round((found.gathered_to - found.gathered_from) / MS_PER_DAY, 1),
            "emptied_share": round(share, 4),
            "quiet_days": round((int(activity.timestamp[-1]) - found.gathered_to) / MS_PER_DAY, 1),
            "stillness": round(stillness, 4),
        },
    )


def _stillness(activity: Activity, found: _Emptying, backers: int) -> float:
    """How unlikely it is that nobody has paid since, had the address gone on to be paid as often."""
    quiet = int(activity.timestamp[-1]) - found.gathered_to
    gathering = found.gathered_to - found.gathered_from
    return 1 - math.exp(-quiet * (backers - 1) / gathering)
