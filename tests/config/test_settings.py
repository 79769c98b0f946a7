from pathlib import Path

import pytest

from aml_miner.config.settings import load_settings
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
    for name in ("API_HOST", "API_PORT", "LOG_LEVEL", "RANDOM_SEED", "MODELS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    defaults = load_settings()
    example = Path(__file__).parents[2] / ".env.example"
    (tmp_path / ".env").write_text(example.read_text())
    assert load_settings() == defaults
