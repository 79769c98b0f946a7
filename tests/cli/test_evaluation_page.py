"""What docs/evaluation.md says to type works as it stands, and it leaves out nothing there is."""

import inspect
from pathlib import Path

import pytest

from aml_miner.cli.commands.scores import evaluate
from aml_miner.config.model_config import DEFAULT_CONFIG
from tests.cli.pages import blocks_of, read_page, run_commands
from tests.cli.running import Run

PAGE = read_page("evaluation.md")


@pytest.fixture
def demo_output(world: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the demo leaves it, with one smaller world as past and today, judged on few resamples."""
    out = tmp_path / "demo-output"
    for name in ("past", "today"):
        for folder, source in (("transfers", world / "transfers"), ("batches", world / "batch")):
            (out / folder).mkdir(parents=True, exist_ok=True)
            (out / folder / name).symlink_to(source)
    (out / "models").symlink_to(world / "models")
    run("score", world / "batch", "--models", world / "models", "--out", out / "results")
    few = tmp_path / "model_config.yaml"
    default = DEFAULT_CONFIG.read_text(encoding="utf-8")
    few.write_text(default.replace("bootstrap_resamples: 1000", "bootstrap_resamples: 10"))
    monkeypatch.setattr("aml_miner.config.model_config.DEFAULT_CONFIG", few)
    monkeypatch.chdir(out)
    return out


def test_every_command_of_the_page_runs(demo_output: Path, run: Run) -> None:
    del demo_output
    (block,) = blocks_of(PAGE, "sh")
    assert run_commands(run, block) == 4


def test_library_example_prints_every_scoring(
    demo_output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo_output.parent)
    (code,) = blocks_of(PAGE, "python")
    exec(compile(code, "evaluation.md", "exec"), {})  # noqa: S102
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == [
        "alert_scorer", "alert_ranker", "severity", "alert_confidence", "volume",
        "logistic_regression_out_of_fold",
    ]  # fmt: skip


def test_every_option_is_on_the_page() -> None:
    left_out = {"results", "as_json", "allow_unverified"}
    for name in inspect.signature(evaluate).parameters.keys() - left_out:
        assert f"`--{name.replace('_', '-')}`" in PAGE
