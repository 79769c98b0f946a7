from pathlib import Path

import pytest

from tests.cli.pages import blocks_of, read_page, run_commands
from tests.cli.running import Run


def test_every_command_runs(
    world: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo-output" / "batches").mkdir(parents=True)
    (tmp_path / "demo-output" / "batches" / "today").symlink_to(world / "batch")
    monkeypatch.chdir(tmp_path)
    make, mine = blocks_of(read_page("index.md"), "sh")
    assert make == "make demo\n"
    assert run_commands(run, mine, after="") == 3
