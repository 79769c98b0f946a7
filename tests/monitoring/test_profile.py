from pathlib import Path

import pytest

from aml_miner.errors import ConfigurationError
from aml_miner.monitoring.profile import load_profile, parse_profile, read_profile


def test_a_network_without_a_profile_of_its_own_has_the_default() -> None:
    assert load_profile("nowhere") == load_profile() == load_profile("../other")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fan: [", "mine: not valid YAML"),
        ("{}", r"mine: cycle: Field required \(\d+ problem"),
        ("fan: {min_degre: 5}", "mine: cycle: Field required"),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_profile(text, "mine")


def test_a_misspelt_parameter_is_refused(tmp_path: Path) -> None:
    default = Path("aml_miner/monitoring/profiles/default.yaml")
    text = (Path(__file__).parents[2] / default).read_text().replace("min_risk", "minimum_risk")
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"structural\.min_risk: Field required"):
        read_profile(tmp_path / "mine.yaml")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"mine\.yaml: the monitoring profile cannot be read"
    ):
        read_profile(tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    ("confidence", "severity"),
    [(0.95, "critical"), (0.9, "critical"), (0.75, "high"), (0.6, "medium"), (0.59, "low")],
)
def test_severity_follows_confidence(confidence: float, severity: str) -> None:
    assert load_profile().severity.severity(confidence) == severity
