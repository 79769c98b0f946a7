"""Structural typologies: every address of a risky pattern is alerted, each with the transfers it took part in."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.groups import Integers
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.pattern import Pattern
from aml_miner.monitoring.typologies.finding import Finding


class StructuralParameters(Parameters):
    """When a pattern becomes alerts."""

    min_risk: float = Field(ge=0, le=1)
    min_volume: float = Field(ge=0)
    max_alerts: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class StructuralFindings:
    """What patterns say of addresses, and for how many addresses there was more of it than a bound lets through."""

    findings: list[Finding]
    cut_off: int


def detect_structural(
    activity: Activity, patterns: Sequence[Pattern], parameters: StructuralParameters
) -> StructuralFindings:
    """Turn patterns of enough risk into one finding per address that it alerts, as sure as the pattern is.

    Where less than `min_volume` USD moved nothing was laundered: transfers of nothing, and of assets without a price,
    make fans and groups by the thousand.

    Of one typology an address has at most `max_alerts` findings, those of the riskiest patterns, of equally risky ones
    those of the smaller: where everybody pays everybody, thousands of patterns say the same of each.
    """
    risky = [
        (pattern, volume)
        for pattern in patterns
        if pattern.risk >= parameters.min_risk
        and (volume := _volume(activity, pattern)) >= parameters.min_volume
    ]
    risky.sort(key=lambda pair: _order(pair[0]))
    alerts: Counter[tuple[str, int]] = Counter()
    findings: list[Finding] = []
    for pattern, volume in risky:
        typology = pattern.kind.typology
        alerted = _alerted(pattern)
        room = {a for a in alerted if alerts[typology, a] < parameters.max_alerts}
        findings += _findings(activity, pattern, volume, room)
        alerts.update((typology, address) for address in alerted)
    full = {address for (_, address), times in alerts.items() if times > parameters.max_alerts}
    return StructuralFindings(findings, len(full))


def _alerted(pattern: Pattern) -> list[int]:
    """Return the addresses of a pattern that its alerts are on."""
    parts = zip(pattern.addresses, pattern.roles, strict=True)
    return [address for address, role in parts if role not in pattern.kind.unalerted_parts]


def _order(pattern: Pattern) -> tuple[float, int, str, Sequence[int]]:
    """Return what patterns are sorted by: the riskiest first, of equally risky ones the smaller."""
    return -pattern.risk, len(pattern.addresses), pattern.kind.pattern_type, pattern.addresses


def _findings(
    activity: Activity, pattern: Pattern, volume: float, room: Set[int]
) -> Iterator[Finding]:
    """Yield a finding for each address of a pattern, which moved a volume in USD, that there is room for."""
    own = _own_transfers(activity, pattern)
    for address, role, transfers in zip(pattern.addresses, pattern.roles, own, strict=True):
        if address not in room:
            continue
        yield Finding(
            typology=pattern.kind.typology,
            address=address,
            confidence=pattern.confidence,
            transfers=transfers,
            description=pattern.kind.description.format(
                part=pattern.kind.parts[role],
                members=len(pattern.addresses),
                volume=volume,
                **pattern.facts,
            ),
            indicators=(pattern.kind.pattern_type, role),
            facts={"role": role, **pattern.facts},
            pattern=pattern,
        )


def _volume(activity: Activity, pattern: Pattern) -> float:
    return float(activity.amount_usd[pattern.transfers].sum())


def _own_transfers(activity: Activity, pattern: Pattern) -> list[Integers]:
    """Return the transfers each address of a pattern took part in; sorted once, for a hub has thousands of them."""
    transfer = np.tile(pattern.transfers, 2)
    end = np.concatenate([activity.source[pattern.transfers], activity.target[pattern.transfers]])
    order = np.lexsort((transfer, end))
    end, transfer = end[order], transfer[order]
    first, last = (np.searchsorted(end, pattern.addresses, side) for side in ("left", "right"))
    return [transfer[i:j] for i, j in zip(first.tolist(), last.tolist(), strict=True)]
