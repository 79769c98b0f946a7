"""All pattern detectors, run one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from aml_miner.monitoring.activity import Activity
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.bipartite import BipartiteParameters, detect_bipartite
from aml_miner.monitoring.patterns.burst import BurstParameters, detect_bursts
from aml_miner.monitoring.patterns.cycle import CycleParameters, detect_cycles
from aml_miner.monitoring.patterns.dormant_reactivation import (
    DormantReactivationParameters,
    detect_dormant_reactivations,
)
from aml_miner.monitoring.patterns.fan import FanParameters, detect_fan_in, detect_fan_out
from aml_miner.monitoring.patterns.gather_scatter import (
    GatherScatterParameters,
    detect_gather_scatter,
)
from aml_miner.monitoring.patterns.layering_path import (
    LayeringPathParameters,
    detect_layering_paths,
)
from aml_miner.monitoring.patterns.mule_network import MuleNetworkParameters, detect_mule_networks
from aml_miner.monitoring.patterns.passed_on_fan import PassedOnFanParameters, detect_passed_on_fans
from aml_miner.monitoring.patterns.pattern import Detected, Pattern
from aml_miner.monitoring.patterns.peel_chain import PeelChainPathParameters, detect_peel_chains
from aml_miner.monitoring.patterns.proximity_risk import (
    ProximityRiskParameters,
    detect_proximity_risk,
)
from aml_miner.monitoring.patterns.round_trip import RoundTripParameters, detect_round_trips
from aml_miner.monitoring.patterns.rug_pull import RugPullParameters, detect_rug_pulls
from aml_miner.monitoring.patterns.scatter_gather import (
    ScatterGatherParameters,
    detect_scatter_gather,
)
from aml_miner.monitoring.patterns.smurfing_network import (
    SmurfingNetworkParameters,
    detect_smurfing_networks,
)
from aml_miner.monitoring.patterns.split_payment import (
    SplitPaymentParameters,
    detect_split_payments,
)
from aml_miner.monitoring.patterns.stack import StackParameters, detect_stacks
from aml_miner.monitoring.patterns.sybil_circle import SybilCircleParameters, detect_sybil_circles
from aml_miner.monitoring.patterns.sybil_group import SybilGroupParameters, detect_sybil_groups
from aml_miner.monitoring.patterns.threshold_evasion import (
    ThresholdEvasionParameters,
    detect_threshold_evasion,
)
from aml_miner.monitoring.progress import Progress, silent


class PatternProfile(Parameters):
    """The parameters of every detector: each field is a section of a monitoring profile."""

    cycle: CycleParameters
    round_trip: RoundTripParameters
    fan: FanParameters
    passed_on_fan: PassedOnFanParameters
    layering_path: LayeringPathParameters
    peel_chain_path: PeelChainPathParameters
    dormant_reactivation: DormantReactivationParameters
    mule_network: MuleNetworkParameters
    rug_pull: RugPullParameters
    scatter_gather: ScatterGatherParameters
    gather_scatter: GatherScatterParameters
    stack: StackParameters
    bipartite: BipartiteParameters
    burst: BurstParameters
    threshold_evasion: ThresholdEvasionParameters
    split_payment: SplitPaymentParameters
    proximity_risk: ProximityRiskParameters
    smurfing_network: SmurfingNetworkParameters
    sybil_group: SybilGroupParameters
    sybil_circle: SybilCircleParameters


@dataclass(frozen=True, slots=True)
class FoundPatterns:
    """All patterns of a window, and where a bound kept a search from its end.

    Attributes
    ----------
    cut_off
        Per detector from how many addresses its search was cut off; detectors that searched everything are not named.
    """

    patterns: tuple[Pattern, ...]
    cut_off: Mapping[str, int]


def detect_patterns(
    activity: Activity,
    profile: PatternProfile,
    labels: pl.DataFrame | None = None,
    progress: Progress = silent,
) -> FoundPatterns:
    """Run every detector; labels tell which addresses are risky, and without them none is."""
    searches: dict[str, Callable[[], Detected]] = {
        "fan_in": lambda: detect_fan_in(activity, profile.fan),
        "fan_out": lambda: detect_fan_out(activity, profile.fan),
        "passed_on_fan": lambda: detect_passed_on_fans(activity, profile.passed_on_fan),
        "cycle": lambda: detect_cycles(activity, profile.cycle),
        "round_trip": lambda: detect_round_trips(activity, profile.round_trip),
        "layering_path": lambda: detect_layering_paths(activity, profile.layering_path),
        "peel_chain": lambda: detect_peel_chains(activity, profile.peel_chain_path),
        "dormant_reactivation": lambda: detect_dormant_reactivations(
            activity, profile.dormant_reactivation
        ),
        "mule_network": lambda: detect_mule_networks(activity, profile.mule_network),
        "rug_pull": lambda: detect_rug_pulls(activity, profile.rug_pull),
        "scatter_gather": lambda: detect_scatter_gather(activity, profile.scatter_gather),
        "gather_scatter": lambda: detect_gather_scatter(activity, profile.gather_scatter),
        "stack": lambda: detect_stacks(activity, profile.stack),
        "bipartite": lambda: detect_bipartite(activity, profile.bipartite),
        "temporal_burst": lambda: detect_bursts(activity, profile.burst),
        "threshold_evasion": lambda: detect_threshold_evasion(activity, profile.threshold_evasion),
        "split_payment": lambda: detect_split_payments(activity, profile.split_payment),
        "proximity_risk": lambda: detect_proximity_risk(activity, labels, profile.proximity_risk),
        "smurfing_network": lambda: detect_smurfing_networks(activity, profile.smurfing_network),
        "sybil_group": lambda: detect_sybil_groups(activity, profile.sybil_group),
        "sybil_circle": lambda: detect_sybil_circles(activity, profile.sybil_circle),
    }
    found: dict[str, Detected] = {}
    for name, search in searches.items():
        progress(f"patterns: {name}")
        found[name] = search()
    return FoundPatterns(
        patterns=tuple(pattern for each in found.values() for pattern in each.patterns),
        cut_off={name: each.cut_off for name, each in found.items() if each.cut_off},
    )
