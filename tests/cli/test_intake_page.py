"""What the page on intake says to type works as it stands, and it names every setting of the job."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from aml_miner.batch.meta import read_meta
from aml_miner.config.daily_settings import DailySettings
from tests.cli.pages import DOCS, blocks_of, read_page, run_commands
from tests.cli.running import Run

PAGE = read_page("intake.md")
SCRIPT = DOCS.parent / "scripts" / "download_batch.sh"


@pytest.fixture
def here(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the page's commands name: a source, and the demo's models."""
    meta = read_meta(world / "batch")
    assert meta is not None
    place = tmp_path / "published" / "simulated" / str(meta.processing_date)
    place.mkdir(parents=True)
    (place / str(meta.window_days)).symlink_to(world / "batch")
    (tmp_path / "demo-output").mkdir()
    (tmp_path / "demo-output" / "models").symlink_to(world / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_runs(here: Path, run: Run) -> None:
    ran = [run_commands(run, block, after="") for block in blocks_of(PAGE, "sh")]
    assert ran == [1, 1]
    assert (
        here / "my-results" / "simulated" / "2025-03-01" / "60" / "alert_scores.parquet"
    ).is_file()


def test_the_script_takes_two_dates_and_a_folder(here: Path) -> None:
    words = shlex.split(
        "2025-03-01 2025-03-01 fetched --source published --network simulated --window 60"
    )
    ran = subprocess.run([SCRIPT, *words], check=True, capture_output=True, env=os.environ)
    assert b"1 fetched" in ran.stdout
    assert (here / "fetched" / "simulated" / "2025-03-01" / "60" / "META.json").is_file()
    wrong = subprocess.run([SCRIPT, "2025-03-01"], check=False, capture_output=True)
    assert (wrong.returncode, b"usage:" in wrong.stderr) == (2, True)


def test_every_setting_is_named() -> None:
    pages = PAGE + (DOCS.parent / ".env.example").read_text()
    for name in DailySettings.model_fields:
        assert name.upper() in pages
