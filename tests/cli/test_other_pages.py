"""What pages with a few commands say to type works as it stands; pages with many have a file of their own."""

import shlex
from pathlib import Path

import polars as pl
import pytest
import yaml

from aml_miner.batch.digests import digest_folder
from aml_miner.monitoring.profile import parse_profile
from tests.cli.pages import blocks_of, lay_out_demo, read_page, run_commands
from tests.cli.running import Run

MONITORING = read_page("monitoring.md")


@pytest.fixture
def beside_demo_output(
    world: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder a demo was made in, with a smaller world as what it left."""
    out = lay_out_demo(tmp_path, world, "today")
    (out / "models").symlink_to(world / "models")
    run("score", world / "batch", "--models", world / "models", "--out", out / "results")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODELS_DIR", raising=False)
    return tmp_path


def test_every_command_of_the_quickstart_runs(beside_demo_output: Path, run: Run) -> None:
    make, *own = blocks_of(read_page("quickstart.md"), "sh")
    assert make == "make demo\n"
    assert [run_commands(run, block, after="") for block in own] == [3, 2]
    assert (beside_demo_output / "my-other-results" / "alert_scores.parquet").is_file()


def test_every_command_of_the_page_on_models_runs(beside_demo_output: Path, run: Run) -> None:
    (block,) = blocks_of(read_page("models.md"), "sh")
    assert run_commands(run, block, after="") == 1
    assert (beside_demo_output / "my-results" / "alert_scores.parquet").is_file()


def test_scoring_again_gives_the_digest_that_determinism_promises(
    beside_demo_output: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = beside_demo_output / "demo-output"
    monkeypatch.chdir(out)
    (block,) = blocks_of(read_page("determinism.md"), "sh")
    assert run_commands(run, block) == 4
    assert digest_folder(out / "results") == digest_folder(out / "again")


def test_windows_and_backtests_of_the_page_on_monitoring_are_made(
    world: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same commands with dates the small economy has; the loop in Python makes the same windows."""
    pl.read_parquet(world / "transfers" / "transfers.parquet").write_parquet(
        tmp_path / "transfers.parquet"
    )
    monkeypatch.chdir(tmp_path)
    (commands,) = blocks_of(MONITORING, "sh")
    (code,) = blocks_of(MONITORING, "python")
    commands = commands.replace("2025-06-30", "2025-02-27").replace("2025-01-31", "2025-02-13")
    assert run_commands(run, commands, after="") == 2
    batches = tmp_path / "batches"
    made = {str(path.parent.relative_to(batches)) for path in batches.rglob("META.json")}
    dates = ("2025-02-13", "2025-02-20", "2025-02-27")
    assert made == {f"torus/{date}/30" for date in dates} | {"torus/2025-02-27/7"}
    code = code.replace("date(2025, 1, 31)", "date(2025, 2, 13)")
    code = code.replace("date(2025, 6, 30)", "date(2025, 2, 20)").replace('"batches"', '"looped"')
    exec(compile(code, "monitoring.md", "exec"), {})  # noqa: S102
    again = tmp_path / "looped" / "torus" / "2025-02-20" / "30"
    assert digest_folder(again) == digest_folder(batches / "torus" / "2025-02-20" / "30")
    assert (tmp_path / "looped" / "torus" / "2025-02-13" / "7" / "META.json").is_file()


def test_profile_of_the_page_on_monitoring_is_one() -> None:
    (text,) = blocks_of(MONITORING, "yaml")
    changed = parse_profile(text, "monitoring.md").model_dump()
    for family, numbers in yaml.safe_load(text).items():
        assert {name: changed[family][name] for name in numbers} == numbers


def test_what_explained_alerts_are_printed_of_is_made_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same commands with fewer accounts."""
    monkeypatch.chdir(tmp_path)
    (block,) = blocks_of(read_page("explained_alerts.md"), "sh")
    for line in block.replace("--accounts 6000", "--accounts 800").splitlines():
        program, *arguments = shlex.split(line)
        assert (program, run(*arguments).code, line) == ("aml-miner", 0, line)
    assert (tmp_path / "results" / "alert_scores.parquet").is_file()
