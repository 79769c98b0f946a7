"""The parameters of detectors and alert rules, read from a YAML file per network."""

from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from aml_miner.config.unknown_names import unknown_name
from aml_miner.errors import ConfigurationError
from aml_miner.monitoring.address_features.parameters import AddressFeatureParameters
from aml_miner.monitoring.alerts import EvidenceParameters, SeverityParameters
from aml_miner.monitoring.clusters.network import RelatedNetworkParameters
from aml_miner.monitoring.clusters.time import TimeBasedParameters
from aml_miner.monitoring.graph.parameters import GraphParameters
from aml_miner.monitoring.parameters import Parameters
from aml_miner.monitoring.patterns.bipartite import BipartiteParameters
from aml_miner.monitoring.patterns.burst import BurstParameters
from aml_miner.monitoring.patterns.cycle import CycleParameters
from aml_miner.monitoring.patterns.dormant_reactivation import DormantReactivationParameters
from aml_miner.monitoring.patterns.fan import FanParameters
from aml_miner.monitoring.patterns.gather_scatter import GatherScatterParameters
from aml_miner.monitoring.patterns.layering_path import LayeringPathParameters
from aml_miner.monitoring.patterns.mule_network import MuleNetworkParameters
from aml_miner.monitoring.patterns.passed_on_fan import PassedOnFanParameters
from aml_miner.monitoring.patterns.peel_chain import PeelChainPathParameters
from aml_miner.monitoring.patterns.proximity_risk import ProximityRiskParameters
from aml_miner.monitoring.patterns.round_trip import RoundTripParameters
from aml_miner.monitoring.patterns.rug_pull import RugPullParameters
from aml_miner.monitoring.patterns.scatter_gather import ScatterGatherParameters
from aml_miner.monitoring.patterns.smurfing_network import SmurfingNetworkParameters
from aml_miner.monitoring.patterns.split_payment import SplitPaymentParameters
from aml_miner.monitoring.patterns.stack import StackParameters
from aml_miner.monitoring.patterns.sybil_circle import SybilCircleParameters
from aml_miner.monitoring.patterns.sybil_group import SybilGroupParameters
from aml_miner.monitoring.patterns.threshold_evasion import ThresholdEvasionParameters
from aml_miner.monitoring.typologies.fresh_to_exchange import FreshToExchangeParameters
from aml_miner.monitoring.typologies.peel_chain import PeelChainParameters
from aml_miner.monitoring.typologies.ping_pong import PingPongParameters
from aml_miner.monitoring.typologies.rapid_fanout import RapidFanoutParameters
from aml_miner.monitoring.typologies.structural import StructuralParameters
from aml_miner.monitoring.typologies.structuring import StructuringParameters
from aml_miner.monitoring.typologies.velocity_anomaly import VelocityAnomalyParameters

DEFAULT_PROFILE = "default"
_DEFAULT_FILE = f"{DEFAULT_PROFILE}.yaml"

_FOLDER = files("aml_miner.monitoring") / "profiles"
_Loader = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # compiled where PyYAML is: the same in a tenth of the time


class MonitoringProfile(Parameters):
    """All parameters of monitoring for one network."""

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
    structural: StructuralParameters
    structuring: StructuringParameters
    rapid_fanout: RapidFanoutParameters
    ping_pong: PingPongParameters
    peel_chain: PeelChainParameters
    velocity_anomaly: VelocityAnomalyParameters
    fresh_to_exchange: FreshToExchangeParameters
    graph: GraphParameters
    related_network: RelatedNetworkParameters
    time_based: TimeBasedParameters
    address_features: AddressFeatureParameters
    severity: SeverityParameters
    evidence: EvidenceParameters


def load_profile(network: str | None = None) -> MonitoringProfile:
    """Load a network's profile, or the default one where the network has none.

    Raises
    ------
    ConfigurationError
        If the profile has an unknown or impossible parameter.
    """
    profiles = {each.name.removesuffix(".yaml"): each for each in _FOLDER.iterdir()}
    own = profiles.get(network or DEFAULT_PROFILE)
    if own is not None:
        return parse_profile(own.read_text(encoding="utf-8"), own.name)
    return parse_profile("", _DEFAULT_FILE)


def read_profile(path: Path) -> MonitoringProfile:
    """Read a profile from a file of one's own, which names only what differs from the default.

    Raises
    ------
    ConfigurationError
        If it is not there, not YAML, or has an unknown or impossible parameter.
    """
    try:
        return parse_profile(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: the monitoring profile cannot be read: {error}"
        raise ConfigurationError(message) from error


def parse_profile(text: str, name: str) -> MonitoringProfile:
    """Parse a profile, each parameter it does not name being the default's; `name` is what messages call it.

    Raises
    ------
    ConfigurationError
        If it is not YAML, not a table of tables, or has an unknown or impossible parameter.
    """
    default = yaml.load((_FOLDER / _DEFAULT_FILE).read_text(), _Loader)  # noqa: S506 - a safe one
    try:
        return MonitoringProfile.model_validate(_merged(default, yaml.safe_load(text) or {}))
    except yaml.YAMLError as error:
        message = f"{name}: not valid YAML: {error}"
        raise ConfigurationError(message) from error
    except ValidationError as error:
        unknown = unknown_name("parameter", error, MonitoringProfile, _DEFAULT_FILE)
        if unknown:
            raise ConfigurationError(f"{name}: {unknown}") from error
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        message = f"{name}: {place}: {first['msg']} ({error.error_count()} problem(s) in all)."
        raise ConfigurationError(message) from error


def _merged(default: object, own: object) -> object:
    """Lay a table of one's own over the default's, table by table; anything else replaces the default."""
    if not (isinstance(default, dict) and isinstance(own, dict)):
        return own
    return default | {name: _merged(default.get(name), value) for name, value in own.items()}
