"""Structural typologies: every address of a risky pattern is alerted, each with the transfers it took part in."""

from collections.abc import Iterator, Sequence

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


def detect_structural(
    activity: Activity, patterns: Sequence[Pattern], parameters: StructuralParameters
) -> Iterator[Finding]:
    """Turn patterns of enough risk into one finding per address that no label names, as sure as the pattern is."""
    for pattern in patterns:
        if pattern.risk >= parameters.min_risk:
            yield from _findings(activity, pattern)


def _findings(activity: Activity, pattern: Pattern) -> Iterator[Finding]:
    volume = float(activity.amount_usd[pattern.transfers].sum())
    own = _own_transfers(activity, pattern)
    for address, role, transfers in zip(pattern.addresses, pattern.roles, own, strict=True):
        if role in pattern.kind.known_parts:
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


def _own_transfers(activity: Activity, pattern: Pattern) -> list[Integers]:
    """Return the transfers each address of a pattern took part in; sorted once, for a hub has thousands of them."""
    transfer = np.tile(pattern.transfers, 2)
    end = np.concatenate([activity.source[pattern.transfers], activity.target[pattern.transfers]])
    order = np.lexsort((transfer, end))
    end, transfer = end[order], transfer[order]
    first, last = (np.searchsorted(end, pattern.addresses, side) for side in ("left", "right"))
    return [transfer[i:j] for i, j in zip(first.tolist(), last.tolist(), strict=True)]
