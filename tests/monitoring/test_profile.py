from importlib.resources import files
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
        (
            "fan: {min_degre: 5}",
            r"^mine: there is no parameter 'fan\.min_degre'; did you mean 'fan\.min_degree'\?$",
        ),
        ("fan: {min_degree: 1}", r"mine: fan\.min_degree: Input should be greater than"),
        ("fan: 5", r"mine: fan: Input should be a valid dictionary"),
        ("- 5", r"mine: the document: Input should be a valid dictionary"),
        ("fans: {min_degree: 5}", r"^mine: there is no parameter 'fans'; did you mean 'fan'\?$"),
        (
            "layering_path: {rapid: {holding_hour: 5}}",
            "'layering_path.rapid.holding_hour'; did you mean 'layering_path.rapid.holding_hours'",
        ),
        ("zzz: 5", r"^mine: there is no parameter 'zzz'; see default\.yaml for those there are\.$"),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_profile(text, "mine")


def test_a_profile_of_ones_own_names_only_what_differs(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("fan: {min_degree: 9}\n")
    own, default = read_profile(tmp_path / "mine.yaml"), load_profile()
    assert own.fan == default.fan.model_copy(update={"min_degree": 9})
    assert own.cycle == default.cycle


def test_a_file_named_after_a_network_beside_the_default_is_that_networks_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = files("aml_miner.monitoring") / "profiles" / "default.yaml"
    (tmp_path / "default.yaml").write_text(default.read_text(encoding="utf-8"))
    (tmp_path / "slowchain.yaml").write_text("layering_path: {rapid: {holding_hours: 6}}\n")
    monkeypatch.setattr("aml_miner.monitoring.profile._FOLDER", tmp_path)
    own, other = load_profile("slowchain"), load_profile("another")
    assert own.layering_path.rapid.holding_hours == 6
    assert own.layering_path.rapid.max_counterparties == 16
    assert other == load_profile()
    assert other.layering_path.rapid.holding_hours == 1


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
