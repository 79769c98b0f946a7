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
from aml_miner.monitoring.patterns.detection import PatternProfile
from aml_miner.monitoring.typologies.detection import TypologyProfile

DEFAULT_PROFILE = "default"
_DEFAULT_FILE = f"{DEFAULT_PROFILE}.yaml"

_FOLDER = files("aml_miner.monitoring") / "profiles"
_Loader = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # compiled where PyYAML is: the same in a tenth of the time


class MonitoringProfile(TypologyProfile, PatternProfile):
    """All parameters of monitoring for one network: those of rules and detectors, and what is left."""

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
