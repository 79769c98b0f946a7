"""The bill of materials names what the runtime lock pins, all of it, and is the same each time."""

import json
import re
import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

import aml_miner

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "write_sbom.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements" / "runtime.lock").read_text(encoding="utf-8")


@pytest.fixture
def document() -> dict[str, Any]:
    made: dict[str, Any] = SCRIPT["bill_of_materials"](LOCK, PROJECT)
    return made


def test_every_locked_package_is_named_with_version_and_hashes(document: dict[str, Any]) -> None:
    pinned = re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK, re.MULTILINE)
    assert len(pinned) > 40
    assert [(each["name"], each["version"]) for each in document["components"]] == pinned
    found = [item["content"] for each in document["components"] for item in each["hashes"]]
    assert sorted(found) == sorted(re.findall("sha256:([0-9a-f]{64})", LOCK))


def test_what_depends_on_the_platform_says_so(document: dict[str, Any]) -> None:
    numpy = [each["properties"] for each in document["components"] if each["name"] == "numpy"]
    assert len(numpy) == 2
    assert all("sys_platform" in marker["value"] for (marker,) in numpy)


def test_the_package_itself_needs_what_pyproject_names(document: dict[str, Any]) -> None:
    (own,) = document["dependencies"]
    assert own["ref"] == f"pkg:pypi/aml-miner-template@{aml_miner.__version__}"
    named = {re.split(r"[<>=;\[ ]", need)[0].lower() for need in PROJECT["dependencies"]}
    assert {ref.removeprefix("pkg:pypi/").partition("@")[0] for ref in own["dependsOn"]} == named
    assert len({each["bom-ref"] for each in document["components"]}) == len(document["components"])


def test_it_is_the_same_each_time_and_has_no_time_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("once", "again"):
        monkeypatch.setattr("sys.argv", ["write_sbom.py", "--out", str(tmp_path / name)])
        SCRIPT["main"]()
    once = (tmp_path / "once").read_bytes()
    assert once == (tmp_path / "again").read_bytes()
    made = json.loads(once)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert "timestamp" not in made["metadata"]
    assert "serialNumber" not in made


def test_a_line_that_pins_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must pin one version, found 'numpy>=2'"):
        SCRIPT["bill_of_materials"]("numpy>=2", PROJECT)
