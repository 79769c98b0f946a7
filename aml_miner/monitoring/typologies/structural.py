"""Structural typologies: every address of a risky pattern is alerted, each with the transfers it took part in."""

from collections.abc import Iterator, Sequence

import numpy as np

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.patterns.pattern import Pattern
from aml_miner.monitoring.profile import StructuralParameters
from aml_miner.monitoring.typologies.finding import Finding

_TYPOLOGIES = {
    "cycle": "CYCLE_DETECTION",
    "fan_in": "MOTIF_FANIN",
    "fan_out": "MOTIF_FANOUT",
}

_DESCRIPTIONS = {
    "cycle": (
        "One of {members} addresses that pass alike amounts round in a circle, {volume:,.2f} USD in all: "
        "follow the path and check what the payments were for."
    ),
    "fan_in": (
        "{part} of a fan-in: {spokes} senders pay one address, {volume:,.2f} USD in all, and little goes back: "
        "check whether the senders know of each other and where the money goes next."
    ),
    "fan_out": (
        "{part} of a fan-out: one address pays {spokes} recipients, {volume:,.2f} USD in all, and little comes back: "
        "check where the money came from and whether the recipients belong together."
    ),
}

_PARTS = {"hub": "Centre", "source": "Sender", "recipient": "Recipient", "cycle_member": "Member"}


def detect_structural(
    activity: Activity, patterns: Sequence[Pattern], parameters: StructuralParameters
) -> Iterator[Finding]:
    """Turn patterns of enough risk into one finding per address involved; the confidence is the pattern's risk."""
    for pattern in patterns:
        if pattern.risk >= parameters.min_risk:
            yield from _findings(activity, pattern)


def _findings(activity: Activity, pattern: Pattern) -> Iterator[Finding]:
    source, target = activity.source[pattern.transfers], activity.target[pattern.transfers]
    volume = float(activity.amount_usd[pattern.transfers].sum())
    for address, role in zip(pattern.addresses, pattern.roles, strict=True):
        own = pattern.transfers[(source == address) | (target == address)]
        yield Finding(
            typology=_TYPOLOGIES[pattern.pattern_type],
            address=address,
            confidence=min(pattern.risk, 1.0),
            transfers=np.asarray(own),
            description=_DESCRIPTIONS[pattern.pattern_type].format(
                members=len(pattern.addresses),
                spokes=len(pattern.addresses) - 1,
                part=_PARTS[role],
                volume=volume,
            ),
            indicators=(pattern.pattern_type, role),
            facts={"role": role, **pattern.facts},
            pattern=pattern,
        )
