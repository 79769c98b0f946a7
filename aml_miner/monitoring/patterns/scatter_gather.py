"""Scatter-gather: one source pays many middlemen, and all of them pay the same sink."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
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
    full_middlemen: int = Field(ge=2)


def detect_scatter_gather(activity: Activity, parameters: ScatterGatherParameters) -> Detected:
    """Find sources whose money comes together again at one sink after it passed through many hands.

    Each middleman receives first and sends on afterwards, within the holding time; of several passages of one middleman
    the best fitting counts. Volume is what the source paid. Of patterns that share more than `max_overlap` of their
    middlemen the one with most middlemen is kept, of equally many the riskiest. The source comes first, the sink last,
    the middlemen between them in the order in which they were paid.

    Risk is .2·min(middlemen / `full_middlemen`, 1) + .4·mean of (what the source paid to them / all it sent) and (what
    they paid to the sink / all it received) + .2·(1 − mean difference of the amounts / the largest allowed)
    + .2·(1 − mean time held / holding time), our choice: an exchange and a popular shop have many common customers, who
    are a small part of what both do.
    """
    passages = find_passages(activity, parameters)
    usd = activity.amount_usd
    sent, received = (np.bincount(end, usd) for end in (activity.source, activity.target))
    patterns = []
    for group in _groups(activity, passages, parameters.min_middlemen):
        source = activity.source[passages.received[group[0]]]
        sink = activity.target[passages.sent[group[0]]]
        paid, gathered = (
            float(usd[each[group]].sum()) for each in (passages.received, passages.sent)
        )
        if paid >= parameters.min_volume:
            share = float(paid / sent[source] + gathered / received[sink]) / 2
            patterns.append(_pattern(activity, parameters, passages, group, share))
    return Detected(list(_widest(patterns, parameters.max_overlap)), passages.cut_off)


def _groups(activity: Activity, passages: Passages, min_middlemen: int) -> Iterable[Integers]:
    """Yield the passages, the best of each middleman, that have source and sink in common."""
    middleman = activity.target[passages.received]
    ends = activity.source[passages.received] * activity.count + activity.target[passages.sent]
    order = np.lexsort((middleman, ends))  # stable: the best fitting stays first
    best = np.ones(len(order), dtype=bool)
    best[1:] = (np.diff(ends[order]) != 0) | (np.diff(middleman[order]) != 0)
    order = order[best]
    _, first, count = np.unique(ends[order], return_index=True, return_counts=True)
    many = count >= min_middlemen
    return (
        order[start : start + length]
        for start, length in zip(first[many], count[many], strict=True)
    )


def _pattern(
    activity: Activity,
    parameters: ScatterGatherParameters,
    passages: Passages,
    group: Integers,
    share: float,
) -> Pattern:
    group = group[np.argsort(passages.received[group])]
    received, sent = passages.received[group], passages.sent[group]
    difference = float(passages.difference[group].mean())
    largest = max(parameters.max_kept_share, 1 - 1 / (1 + parameters.max_added_share))
    held_hours = float(passages.held_ms[group].mean()) / MS_PER_HOUR
    return Pattern(
        kind=SCATTER_GATHER,
        addresses=(
            int(activity.source[received[0]]),
            *(int(middleman) for middleman in activity.target[received]),
            int(activity.target[sent[0]]),
        ),
        roles=("source", *["middleman"] * len(group), "sink"),
        transfers=np.union1d(received, sent),
        risk=0.2 * min(len(group) / parameters.full_middlemen, 1.0)
        + 0.4 * share
        + 0.2 * (1 - difference / largest)
        + 0.2 * (1 - held_hours / parameters.holding_hours),
        detection_method=_METHOD,
        facts={
            "middlemen": len(group),
            "paid_by_source_usd": round(float(activity.amount_usd[received].sum()), 2),
            "gathered_by_sink_usd": round(float(activity.amount_usd[sent].sum()), 2),
            "share_of_all_the_ends_sent_and_received": round(share, 4),
            "mean_difference_of_amounts": round(difference, 4),
            "mean_held_hours": round(held_hours, 2),
        },
    )


def _widest(patterns: Iterable[Pattern], max_overlap: float) -> Iterator[Pattern]:
    """Leave out patterns whose middlemen are for the larger part those of one pattern that is wider."""
    of_middleman: dict[int, list[int]] = defaultdict(list)
    order = sorted(patterns, key=lambda p: (-len(p.addresses), -p.risk, p.addresses))
    for number, pattern in enumerate(order):
        middlemen = pattern.addresses[1:-1]
        shared = Counter(other for m in middlemen for other in of_middleman[m])
        if max(shared.values(), default=0) > max_overlap * len(middlemen):
            continue
        for m in middlemen:
            of_middleman[m].append(number)
        yield pattern
