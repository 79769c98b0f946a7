import re
from pathlib import Path

import pytest

from aml_miner.config.settings import Settings, load_settings
from aml_miner.errors import ConfigurationError


def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_PORT", "9000")
    monkeypatch.setenv("MODELS_DIR", "elsewhere")
    settings = load_settings()
    assert (settings.api_port, settings.models_dir) == (9000, Path("elsewhere"))


def test_an_impossible_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_PORT", "eighty")
    with pytest.raises(ConfigurationError, match=r"setting API_PORT: .*found 'eighty'"):
        load_settings()


def test_a_file_that_is_not_utf_8_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes("MODELS_DIR=modèles".encode("latin-1"))
    with pytest.raises(
        ConfigurationError, match=r"^\.env: cannot be read: 'utf-8' .*; write it as"
    ):
        load_settings()


def test_the_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    defaults = load_settings()
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    (tmp_path / ".env").write_text(example)
    assert load_settings() == defaults
    assert all(
        re.search(rf"^#? ?{name.upper()}=", example, re.MULTILINE) for name in Settings.model_fields
    )


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "settings.yaml"


def test_a_file_gives_what_the_environment_does_not(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("api_port: 7000\napi_queue_limit: 7\napi_cors_origins: [https://a.example]\n")
    monkeypatch.setenv("API_PORT", "9000")
    settings = load_settings(file)
    assert (settings.api_port, settings.api_queue_limit) == (9000, 7)
    assert settings.api_cors_origins == ("https://a.example",)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("api_prot: 1", r"there is no setting 'api_prot'; did you mean 'api_port'\?$"),
        ("API_PORT: 1", r"there is no setting 'API_PORT'; did you mean 'api_port'\?$"),
        ("zzz: 1", r"there is no setting 'zzz'; see \.env\.example for those there are\.$"),
        ("- a", "expected settings as name: value; found list"),
        ("a: [", "cannot be read as YAML"),
        ("api_port: 0", "setting API_PORT: Input should be greater than or equal to 1; found 0"),
    ],
)
def test_a_file_that_is_wrong_is_told(file: Path, content: str, complaint: str) -> None:
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=complaint):
        load_settings(file)


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(file)


@pytest.mark.usefixtures("file")
def test_origins_may_stand_in_one_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_CORS_ORIGINS", "https://a.example, https://b.example")
    assert load_settings().api_cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.usefixtures("file")
def test_a_token_that_is_too_short_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "hunter2")
    with pytest.raises(ConfigurationError, match="setting API_TOKEN: ") as raised:
        load_settings()
    assert "hunter2" not in str(raised.value)
