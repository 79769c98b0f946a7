"""Scatter-gather: one source pays many middlemen, and all of them pay the same sink."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Floats, Integers, expand
from aml_miner.monitoring.patterns.overlaps import keep_apart
from aml_miner.monitoring.patterns.passages import PassageParameters, Passages, find_passages
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_HOUR

_METHOD = "passages_with_common_ends"

SCATTER_GATHER = PatternKind(
    pattern_type="scatter_gather",
    typology="SCATTER_GATHER",
    parts={"source": "Source", "middleman": "Middleman", "sink": "Sink"},
    description=(
        "{part} of a scatter-gather: one address pays {middlemen} others, and each passes the money on to the same "
        "recipient, {volume:,.2f} USD of transfers in all: check whether source and recipient are one and the same, "
        "and who controls the addresses between them."
    ),
)


class ScatterGatherParameters(PassageParameters):
    """What makes passages with common ends a scatter-gather."""

    min_middlemen: int = Field(ge=2)
    min_volume: float = Field(ge=0)
    max_overlap: float = Field(ge=0, le=1)
    max_patterns: int = Field(ge=1)
    full_middlemen: int = Field(ge=2)


def detect_scatter_gather(activity: Activity, parameters: ScatterGatherParameters) -> Detected:
    """Find sources whose money comes together again at one sink after it passed through many hands.

    Each middleman receives first and sends on afterwards, within the holding time; of several passages of one middleman
    the best fitting counts. Volume is what the source paid. Of patterns that share more than `max_overlap` of their
    middlemen the one with most middlemen is kept, of equally many the riskiest; a middleman is in at most
    `max_patterns` of them, and is counted where that keeps one out. The source comes first, the sink last, the
    middlemen between them in the order in which they were paid.

    Risk is .2·min(middlemen / `full_middlemen`, 1) + .4·mean of (what the source paid to them / all it sent) and (what
    they paid to the sink / all it received) + .2·(1 − mean difference of the amounts / the largest allowed)
    + .2·(1 − mean time held / holding time), our choice: an exchange and a popular shop have many common customers, who
    are a small part of what both do.
    """
    passages = find_passages(activity, parameters)
    groups = _Groups.of(activity, passages, parameters.min_middlemen)
    measures = _Measures.of(activity, passages, groups, parameters)
    order = np.lexsort((groups.sink, groups.source, -measures.risk, -groups.count))
    order = order[measures.paid[order] >= parameters.min_volume]
    groups, measures = groups.take(order), measures.take(order)
    kept, full = keep_apart(
        groups.start,
        activity.target[passages.received[groups.passage]],
        max_overlap=parameters.max_overlap,
        max_groups=parameters.max_patterns,
    )
    patterns = [
        _pattern(activity, passages, groups.of_group(group), measures.take(group))
        for group in np.flatnonzero(kept).tolist()
    ]
    return Detected(patterns, passages.cut_off + full)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Passages, the best of each middleman, that have source and sink in common.

    Attributes
    ----------
    start
        Place of each group's first passage, and one past the last at the end.
    passage
        Places of the passages of all groups, one group after the other, as the middlemen were paid.
    source, sink
        Addresses at the ends of each group.
    """

    start: Integers
    passage: Integers
    source: Integers
    sink: Integers

    @classmethod
    def of(cls, activity: Activity, passages: Passages, min_middlemen: int) -> "_Groups":
        middleman = activity.target[passages.received]
        ends = activity.source[passages.received] * activity.count + activity.target[passages.sent]
        order = np.lexsort((middleman, ends))  # stable: the best fitting stays first
        best = _new(ends[order]) | _new(middleman[order])
        order = order[best]
        order = order[np.lexsort((passages.received[order], ends[order]))]
        first = np.flatnonzero(_new(ends[order]))
        count = np.diff(first, append=len(order))
        every = cls(
            np.append(first, len(order)),
            order,
            ends[order[first]] // activity.count,
            ends[order[first]] % activity.count,
        )
        return every.take(np.flatnonzero(count >= min_middlemen))

    @property
    def count(self) -> Integers:
        """Number of middlemen of each group."""
        return np.diff(self.start)

    def of_group(self, group: int) -> Integers:
        """Return the passages of one group."""
        return self.passage[self.start[group] : self.start[group + 1]]

    def take(self, groups: Integers) -> "_Groups":
        """Return some groups, in their order."""
        start = np.concatenate([[0], np.cumsum(self.count[groups])])
        _, place = expand(self.start, groups)
        return _Groups(start, self.passage[place], self.source[groups], self.sink[groups])


def _new(values: Integers) -> NDArray[np.bool_]:
    """Whether each value differs from the one before."""
    new = np.ones(len(values), dtype=bool)
    new[1:] = values[1:] != values[:-1]
    return new


@dataclass(frozen=True, slots=True)
class _Measures:
    """What is measured of groups: USD paid and gathered, shares, differences, hours, and the risk that follows."""

    paid: Floats
    gathered: Floats
    share: Floats
    difference: Floats
    held_hours: Floats
    risk: Floats

    @classmethod
    def of(
        cls,
        activity: Activity,
        passages: Passages,
        groups: _Groups,
        parameters: ScatterGatherParameters,
    ) -> "_Measures":
        usd, place = activity.amount_usd, groups.passage
        sent, received = (np.bincount(end, usd) for end in (activity.source, activity.target))
        owner = np.repeat(np.arange(len(groups.source)), groups.count)
        paid, gathered, difference, held = (
            np.bincount(owner, values, len(groups.source))
            for values in (
                usd[passages.received[place]],
                usd[passages.sent[place]],
                passages.difference[place],
                passages.held_ms[place] / MS_PER_HOUR,
            )
        )
        share = (paid / sent[groups.source] + gathered / received[groups.sink]) / 2
        difference, held = difference / groups.count, held / groups.count
        largest = max(parameters.max_kept_share, 1 - 1 / (1 + parameters.max_added_share))
        risk = (
            0.2 * np.minimum(groups.count / parameters.full_middlemen, 1.0)
            + 0.4 * share
            + 0.2 * (1 - difference / largest)
            + 0.2 * (1 - held / parameters.holding_hours)
        )
        return cls(paid, gathered, share, difference, held, risk)

    def take(self, groups: Integers | int) -> "_Measures":
        """Return those of some groups."""
        return _Measures(*(getattr(self, name)[groups] for name in self.__slots__))


def _pattern(
    activity: Activity, passages: Passages, group: Integers, measures: _Measures
) -> Pattern:
    received, sent = passages.received[group], passages.sent[group]
    return Pattern(
        kind=SCATTER_GATHER,
        addresses=(
            int(activity.source[received[0]]),
            *activity.target[received].tolist(),
            int(activity.target[sent[0]]),
        ),
        roles=("source", *["middleman"] * len(group), "sink"),
        transfers=np.union1d(received, sent),
        risk=float(measures.risk),
        detection_method=_METHOD,
        facts={
            "middlemen": len(group),
            "paid_by_source_usd": round(float(measures.paid), 2),
            "gathered_by_sink_usd": round(float(measures.gathered), 2),
            "share_of_all_the_ends_sent_and_received": round(float(measures.share), 4),
            "mean_difference_of_amounts": round(float(measures.difference), 4),
            "mean_held_hours": round(float(measures.held_hours), 2),
        },
    )
