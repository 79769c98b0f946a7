"""What docs/doctor.md says to type works as it stands, and it leaves out no law and no section."""

from pathlib import Path
from typing import get_args

import pytest

from aml_miner.validator.doctor.examination import Section, Status
from aml_miner.validator.laws import LAWS
from tests.cli.pages import blocks_of, read_page, run_commands
from tests.cli.running import Run

PAGE = read_page("doctor.md")


@pytest.fixture
def demo_output(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    out = tmp_path / "demo-output"
    (out / "batches").mkdir(parents=True)
    (out / "batches" / "today").symlink_to(world / "batch")
    (out / "models").symlink_to(world / "models")
    monkeypatch.chdir(out)
    return out


def test_every_command_of_the_page_runs(demo_output: Path, run: Run) -> None:
    assert demo_output.is_dir()
    block, make = blocks_of(PAGE, "sh")
    assert make == "make doctor\n"
    assert run_commands(run, block) == 2


def test_a_law_of_ones_own_is_asked_as_shown(
    demo_output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo_output.parent)
    (code,) = blocks_of(PAGE, "python")
    exec(compile(code, "doctor.md", "exec"), {})  # noqa: S102
    lines = capsys.readouterr().out.splitlines()
    assert "pass scores as when saved" in lines
    assert "fail scores that tell" in lines  # the golden batch, over and over, has nine scores


def test_every_law_section_and_status_is_on_the_page() -> None:
    assert all(f"\n| {law.name} |" in PAGE for law in LAWS)
    for name in (*get_args(Section.__value__), *get_args(Status.__value__)):
        assert f"\n| `{name}` |" in PAGE
