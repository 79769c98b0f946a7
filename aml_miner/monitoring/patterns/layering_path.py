"""Layering paths: money that goes from hand to hand, soon and nearly whole, to hide where it came from."""

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.patterns.columns import Columns
from aml_miner.monitoring.patterns.overlaps import keep_riskiest
from aml_miner.monitoring.patterns.passages import PassageParameters, Passages, find_passages
from aml_miner.monitoring.patterns.paths import (
    PathLimits,
    find_paths,
    merge_repeated,
    path_addresses,
    path_roles,
)
from aml_miner.monitoring.patterns.pattern import Detected, Pattern, PatternKind
from aml_miner.monitoring.transfers import MS_PER_HOUR

_WHOLE, _HASTY = "best_fitting_passages", "rapid_passages"

LAYERING_PATH = PatternKind(
    pattern_type="layering_path",
    typology="LAYERING_PATH",
    parts={
        "source": "First sender",
        "intermediary": "Intermediary",
        "destination": "Last recipient",
    },
    description=(
        "{part} of a layering path: money passes from hand to hand {hops} times, {volume:,.2f} USD of transfers in "
        "all, and rests {mean_held_hours} hours on average: follow the path and ask what each payment was for."
    ),
    ordered=True,
)


class RapidPassageParameters(PassageParameters):
    """How an amount is passed on in haste, though not whole, and by whom."""

    max_counterparties: int = Field(ge=2)


class LayeringPathParameters(PassageParameters):
    """What makes a chain of transfers a layering path."""

    rapid: RapidPassageParameters
    min_hops: int = Field(ge=2)
    min_volume: float = Field(ge=0)
    max_patterns: int = Field(ge=1)
    max_variation: float = Field(gt=0)
    full_difference: float = Field(gt=0)
    full_hops: int = Field(ge=3)
    full_volume: float = Field(gt=0)


def detect_layering_paths(activity: Activity, parameters: LayeringPathParameters) -> Detected:
    """Find chains of transfers along which the same money is passed on.

    Each hop leaves later than the one before arrived and within the holding time, and carries nearly its amount; of all
    amounts of a path the standard deviation over the mean is below `max_variation`. Each transfer is passed on by at
    most one other and passes on at most one, the best fitting pairs first, so that paths are as long as they can be and
    share no transfer. No address is in a path twice: money that comes back ends it. Volume is the sum of the hops.
    Money that goes the same way again, or a part of it, belongs to the same pattern. An address is in at most
    `max_patterns` of them, the riskiest; where there are more, it is counted.

    Risk is .4·(1 − mean difference of consecutive amounts / `full_difference`) + .3·(1 − mean time held / holding time)
    + .15·min((hops − 2) / (`full_hops` − 2), 1) + .15·min(volume / `full_volume`, 1), no term below 0, our choice:
    money lent on, or paid on to a supplier, leaves more behind and rests longer.

    Money that is passed on in haste is followed too where its amount changes on the way, within the bounds of `rapid`
    and through addresses of at most so many counterparties: a busy one passes something on at any time. The risk of
    such a path is .7·(1 − mean time held / holding time of `rapid`) + .15·length + .15·volume, as above: who spends
    what they were just paid does not, as a rule, pay somebody who does the same. The larger of the two risks counts.
    """
    rapid = parameters.rapid
    few = activity.by_counterparty.count <= rapid.max_counterparties
    whole, hasty = find_passages(activity, parameters), find_passages(activity, rapid, few)
    patterns = [
        *_along(activity, parameters, whole, _WHOLE),
        *_along(activity, parameters, hasty, _HASTY),
    ]
    riskiest, full = keep_riskiest(merge_repeated(_once(patterns)), parameters.max_patterns)
    return Detected(riskiest, whole.cut_off + hasty.cut_off + full)


def _along(
    activity: Activity, parameters: LayeringPathParameters, passages: Passages, method: str
) -> Iterator[Pattern]:
    """Yield the paths along some passages."""
    columns = Columns.of(activity)
    limits = PathLimits(parameters.min_hops, parameters.min_volume, parameters.max_variation)
    pairs = passages.received, passages.sent
    for hops in find_paths(columns, pairs, activity.count, limits):
        yield _pattern(columns, parameters, hops, method)


def _once(patterns: Sequence[Pattern]) -> list[Pattern]:
    """Keep of patterns of the same transfers the riskiest."""
    best: dict[bytes, Pattern] = {}
    for pattern in patterns:
        key = pattern.transfers.tobytes()
        if key not in best or pattern.risk > best[key].risk:
            best[key] = pattern
    return list(best.values())


def _pattern(
    columns: Columns, parameters: LayeringPathParameters, hops: Integers, method: str
) -> Pattern:
    amounts = columns.amount[hops]
    larger, smaller = np.maximum(amounts[1:], amounts[:-1]), np.minimum(amounts[1:], amounts[:-1])
    difference = float((1 - smaller / larger).mean())
    held_hours = float(np.diff(columns.timestamp[hops]).mean()) / MS_PER_HOUR
    length = min((len(hops) - 2) / (parameters.full_hops - 2), 1.0)
    volume = min(float(amounts.sum()) / parameters.full_volume, 1.0)
    if method == _HASTY:
        manner = 0.7 * (1 - held_hours / parameters.rapid.holding_hours)
    else:
        alike = max(0.0, 1 - difference / parameters.full_difference)
        manner = 0.4 * alike + 0.3 * (1 - held_hours / parameters.holding_hours)
    addresses = path_addresses(columns, hops)
    return Pattern(
        kind=LAYERING_PATH,
        addresses=addresses,
        roles=path_roles("intermediary", len(addresses)),
        transfers=hops,
        risk=manner + 0.15 * length + 0.15 * volume,
        detection_method=method,
        facts={
            "hops": len(hops),
            "mean_difference_of_amounts": round(difference, 4),
            "amount_variation": round(float(amounts.std() / amounts.mean()), 4),
            "mean_held_hours": round(held_hours, 2),
        },
    )
