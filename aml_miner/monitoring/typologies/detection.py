"""All alert rules, run one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.pattern import Pattern
from aml_miner.monitoring.typologies.finding import Finding
from aml_miner.monitoring.typologies.fresh_to_exchange import (
    FreshToExchangeParameters,
    detect_fresh_to_exchange,
)
from aml_miner.monitoring.typologies.peel_chain import PeelChainParameters, detect_peel_chain
from aml_miner.monitoring.typologies.ping_pong import PingPongParameters, detect_ping_pong
from aml_miner.monitoring.typologies.rapid_fanout import RapidFanoutParameters, detect_rapid_fanout
from aml_miner.monitoring.typologies.structural import StructuralParameters, detect_structural
from aml_miner.monitoring.typologies.structuring import StructuringParameters, detect_structuring
from aml_miner.monitoring.typologies.velocity_anomaly import (
    VelocityAnomalyParameters,
    detect_velocity_anomaly,
)


class TypologyProfile(Parameters):
    """The parameters of every rule: each field is a section of a monitoring profile."""

    structural: StructuralParameters
    structuring: StructuringParameters
    rapid_fanout: RapidFanoutParameters
    ping_pong: PingPongParameters
    peel_chain: PeelChainParameters
    velocity_anomaly: VelocityAnomalyParameters
    fresh_to_exchange: FreshToExchangeParameters


@dataclass(frozen=True, slots=True)
class FoundTypologies:
    """All findings of a window, and from how many addresses further ones of a typology were kept back."""

    findings: list[Finding]
    kept_back: int


def detect_typologies(
    activity: Activity,
    features: pl.DataFrame,
    patterns: Sequence[Pattern],
    profile: TypologyProfile,
    labels: pl.DataFrame | None = None,
) -> FoundTypologies:
    """Run every rule: on single addresses, then on patterns.

    `features` has one row per address, in the order of the address numbers. `labels` say who is an exchange.
    """
    structural = detect_structural(activity, patterns, profile.structural)
    findings = list(
        chain(
            detect_structuring(activity, features, profile.structuring),
            detect_rapid_fanout(activity, features, profile.rapid_fanout),
            detect_ping_pong(activity, features, profile.ping_pong),
            detect_peel_chain(activity, features, profile.peel_chain),
            detect_velocity_anomaly(activity, features, profile.velocity_anomaly),
            detect_fresh_to_exchange(activity, features, labels, profile.fresh_to_exchange),
            structural.findings,
        )
    )
    return FoundTypologies(findings, structural.cut_off)
