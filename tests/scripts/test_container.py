"""What a build and a composition rest on, as far as it can be seen without building."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from aml_miner.cli.surroundings import surrounded
from aml_miner.config.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def _compose_lacks() -> bool:
    asked = ["docker", "compose", "version", "--short"]
    return subprocess.run(asked, check=False, capture_output=True).returncode != 0


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
def test_services_are_confined(service: str) -> None:
    described = COMPOSE["services"][service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert [mount.partition(":")[0] for mount in described["tmpfs"]] == ["/tmp"]  # noqa: S108
    assert (described["mem_limit"], described["cpus"]) == ("8g", 2)  # the offline job's limits
    assert described["pids_limit"] > 0


def reached(service: str, given: dict[str, str]) -> dict[str, str]:
    """Return a container's variables where `given` stands in .env: what the file says outweighs it, as in Compose."""
    described = COMPOSE["services"][service]
    found = dict(given) if described["env_file"] == [{"path": ".env", "required": False}] else {}
    for name, said in described["environment"].items():
        own = re.fullmatch(r"\$\{(\w+):[?-].+\}", str(said))
        found[name] = given[own[1]] if own else str(said)
    return found


@pytest.mark.parametrize("service", ["api", "daily"])
def test_every_setting_of_env_gets_through_but_those_of_the_container(service: str) -> None:
    given = {name.upper(): f"given {name}" for name in Settings.model_fields}
    found = reached(service, given)
    own = {name: value for name, value in found.items() if value != given[name]}
    assert found.keys() == given.keys()
    assert own == {
        "API_HOST": "0.0.0.0",  # noqa: S104 - in the container; the port is opened on this machine alone
        "API_PORT": "8000",
        "BATCHES_DIR": "/data/batches",
        "RESULTS_DIR": "/data/results",
    }
    assert COMPOSE["services"][service]["environment"]["API_TOKEN"].startswith("${API_TOKEN:?")


def test_every_folder_that_is_mounted_is_the_users_in_the_image() -> None:
    (made,) = re.findall(r"mkdir -p (/data.+?) \\", DOCKERFILE)
    for described in COMPOSE["services"].values():
        for volume in described["volumes"]:
            assert re.sub(r"^\$\{.+?\}", "", volume).split(":")[1] in made.split()


def test_the_server_starts_again_and_is_on_this_machine_alone() -> None:
    server = COMPOSE["services"]["api"]
    assert server["restart"] == "unless-stopped"
    assert all(port.startswith("127.0.0.1:") for port in server["ports"])
    assert "profiles" not in server
    drain = Settings.model_fields["api_timeout"].default
    assert int(server["stop_grace_period"].removesuffix("s")) > drain
    assert server["volumes"] == [
        "batches:/data/batches:ro",
        "results:/data/results:ro",
        "${MODELS_VOLUME:-models}:/data/models:ro",
    ]


def test_the_daily_job_is_a_profile_that_writes_what_the_server_reads() -> None:
    daily, server = COMPOSE["services"]["daily"], COMPOSE["services"]["api"]
    assert daily["profiles"] == ["daily"]
    assert daily["command"][0] == "run-daily"
    assert daily["restart"] == "no"
    written = [volume for volume in daily["volumes"] if not volume.endswith(":ro")]
    assert [volume + ":ro" for volume in written[:2]] == server["volumes"][:2]
    assert written[2:] == ["packages:/data/packages"]
    named = {re.sub(r"^\$\{\w+:-(\w+)\}", r"\1", volume) for volume in daily["volumes"]}
    assert {volume.partition(":")[0] for volume in named} == set(COMPOSE["volumes"])
    assert {"api", "daily"} == set(COMPOSE["services"])


def test_compose_itself_takes_the_file() -> None:
    if shutil.which("docker") is None or _compose_lacks():
        pytest.skip("docker compose is not here, and only it can say whether it takes the file.")
    for profile in ([], ["--profile", "daily"]):
        subprocess.run(
            ["docker", "compose", *profile, "config", "--quiet"],
            cwd=ROOT,
            env=os.environ | {"API_TOKEN": "0123456789abcdef"},
            check=True,
        )


def test_a_package_that_lacks_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import typer

    def needing() -> None:
        __import__("scipi")

    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(surrounded(needing))
    ran = CliRunner().invoke(app)
    assert (ran.exit_code, "needs scipi, which is not installed here" in ran.output) == (7, True)
