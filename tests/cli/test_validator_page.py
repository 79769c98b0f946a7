"""What docs/validator.md says to type works as it stands, and it leaves out nothing there is."""

import inspect
import re
from pathlib import Path

import pytest

from aml_miner.batch.reading import read_batch
from aml_miner.cli.commands.submissions import validate
from aml_miner.models import load_models
from aml_miner.scoring import score_batch, write_results
from aml_miner.simulation import SimulationConfig, simulate_economy, write_economy
from aml_miner.validator import faults, judging, suspicions
from aml_miner.validator.profile import load_profile, profile_names
from tests.cli.pages import blocks_of, read_page, run_commands
from tests.cli.running import Run

PAGE = read_page("validator.md")


@pytest.fixture
def demo_output(world: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the demo leaves it, with a smaller world of as many days in it."""
    out = tmp_path / "demo-output"
    today = out / "transfers" / "today"
    write_economy(simulate_economy(SimulationConfig(accounts=800, seed=43, base_rate=0.06)), today)
    run("monitor", today, "--out", out / "batches" / "today", "--network", "simulated")
    (out / "models").symlink_to(world / "models")
    batch, models = read_batch(out / "batches" / "today"), load_models(out / "models")
    write_results(score_batch(batch, models), out / "results")
    monkeypatch.chdir(out)
    return out


def test_every_command_of_the_page_runs(demo_output: Path, run: Run) -> None:
    for block in blocks_of(PAGE, "sh"):
        assert run_commands(run, block) > 0
    assert (demo_output / "joined" / "ensemble.parquet").is_file()
    assert (demo_output / "january" / "alert_scores.parquet").is_file()


def test_library_example_prints_the_reward_by_day(
    demo_output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo_output.parent)
    (code,) = blocks_of(PAGE, "python")
    exec(compile(code, "validator.md", "exec"), {})  # noqa: S102
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0 0.1 flat before day 29"
    assert [line.split()[0] for line in lines] == ["0", "29", "30"]


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_and_check_is_on_the_page(name: str) -> None:
    assert f"### {name}\n" in PAGE
    for check in load_profile(name).checks:
        assert f"`{check.check}`" in PAGE


def test_every_warning_is_on_the_page() -> None:
    names = {
        name
        for module in (suspicions, judging)
        for name in re.findall(r'Caution\(\s*"(\w+)"', inspect.getsource(module))
    }
    assert len(names) == 9
    assert all(f"`{name}`" in PAGE for name in names)
    assert all(
        name in inspect.getsource(faults)
        for name in load_profile("risk-assessment-2025-11").known_faults
    )


def test_every_option_is_on_the_page() -> None:
    left_out = {"results", "as_json", "allow_unverified"}
    for name in inspect.signature(validate).parameters.keys() - left_out:
        assert f"`--{name.replace('_', '-')}`" in PAGE
