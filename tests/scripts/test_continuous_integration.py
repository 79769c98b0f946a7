"""Continuous integration calls make targets that are there, and all of those that it should."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
LOCAL = {
    "help",
    "setup",
    "demo",
    "format",
    "bench",
    "repeat",
    "pretrained",
    "sbom",
    "lock",
    "clean",
}
"""Targets for a person: they show, measure or change something; `build` makes the bill of materials too."""


def steps() -> list[str]:
    """Return every command of every job of every workflow."""
    jobs = [job for path in WORKFLOWS for job in yaml.safe_load(path.read_text())["jobs"].values()]
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_job_has_a_machine_a_limit_and_named_actions(path: Path) -> None:
    jobs = yaml.safe_load(path.read_text())["jobs"]
    assert jobs
    for job in jobs.values():
        assert job["runs-on"].startswith("ubuntu-")
        assert job["timeout-minutes"] <= 60
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert used
        assert all(re.fullmatch(r"actions/[\w-]+@v\d+", name) for name in used)


def test_every_step_is_one_make_target_and_every_target_has_its_step() -> None:
    called = [re.fullmatch(r"make ([a-z]+)", step) for step in steps()]
    assert all(called)
    assert {match[1] for match in called if match} == TARGETS - LOCAL


def test_every_target_is_phony_and_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.M)
    assert phony
    assert set(phony[1].split()) == TARGETS
    assert set(re.findall(r"^([a-z]+):[^\n]* ## \S", makefile, re.M)) == TARGETS


def test_what_runs_without_github_is_part_of_it() -> None:
    ours = re.findall(r"^make ([a-z]+)$", (ROOT / ".ci" / "run").read_text(), re.M)
    assert [f"make {name}" for name in ours] == steps()[: len(ours)]
