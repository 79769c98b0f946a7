"""What a build and a composition rest on, as far as it can be seen without building."""

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from aml_miner.cli.surroundings import surrounded
from aml_miner.config.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_every_copied_file_is_there_and_let_into_the_build() -> None:
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    copied = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    names = [name for line in copied for name in line.split()[:-1]]
    assert {"aml_miner", "trained_models", "requirements/runtime.lock"} <= set(names)
    for name in names:
        assert (ROOT / name).exists()
        assert name in allowed or name.partition("/")[0] in allowed


def test_every_package_left_out_is_a_locked_one() -> None:
    lock = (ROOT / "requirements" / "runtime.lock").read_text()
    said = set(re.findall(r'^ARG WITHOUT="(.+)"$', DOCKERFILE, re.MULTILINE))
    assert len(said) == 1
    for name in said.pop().split():
        assert re.search(rf"^{name}==", lock, re.MULTILINE)


def test_the_image_has_a_user_a_health_check_and_no_parser_line() -> None:
    final = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert "/livez" in final
    assert "# syntax" not in DOCKERFILE


@pytest.mark.parametrize("service", ["api", "daily"])
def test_services_are_confined_and_their_variables_are_settings(service: str) -> None:
    described = COMPOSE["services"][service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert {name.lower() for name in described["environment"]} <= set(Settings.model_fields)


def test_a_package_that_lacks_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import typer

    def needing() -> None:
        __import__("scipi")

    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(surrounded(needing))
    ran = CliRunner().invoke(app)
    assert (ran.exit_code, "needs scipi, which is not installed here" in ran.output) == (7, True)
