"""What docs/explanations.md says to type works as it stands, and it leaves out nothing there is."""

import inspect
import re
import shlex
from pathlib import Path

import polars as pl
import pytest

from aml_miner.cli.commands.scores import explain
from tests.cli.pages import blocks_of, read_page
from tests.cli.running import Run

PAGE = read_page("explanations.md")
PROGRAM = "../.venv/bin/aml-miner "


def blocks(language: str, holds: str) -> list[str]:
    return [text for text in blocks_of(PAGE, language) if holds in text]


@pytest.fixture
def demo_output(world: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the demo leaves it, with a smaller world in it."""
    out = tmp_path / "demo-output"
    (out / "batches").mkdir(parents=True)
    (out / "batches" / "today").symlink_to(world / "batch")
    (out / "models").symlink_to(world / "models")
    run("score", world / "batch", "--models", world / "models", "--out", out / "results")
    monkeypatch.chdir(out)
    return out


def test_command_of_the_page_runs(demo_output: Path, run: Run) -> None:
    scores = pl.read_parquet(demo_output / "results" / "alert_scores.parquet")
    (block,) = blocks("sh", "aml-miner explain")
    first, line = block.splitlines()
    assert (first, line.startswith(PROGRAM)) == ("cd demo-output", True)
    arguments = line.removeprefix(PROGRAM).replace("ALERT_ID", scores["alert_id"][0])
    assert run(*shlex.split(arguments)).code == 0
    assert (demo_output / "why.svg").is_file()


def test_one_alert_has_the_bits_it_has_among_all(
    demo_output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo_output.parent)
    (code,) = blocks("python", "score_alerts")
    exec(compile(code, "explanations.md", "exec"), {})  # noqa: S102
    name, score, explained = capsys.readouterr().out.rstrip("\n").split(" ", 2)
    among_all = pl.read_parquet(demo_output / "results" / "alert_scores.parquet")
    (row,) = among_all.filter(pl.col("alert_id") == name).rows(named=True)
    assert (float(score), explained) == (row["score"], row["explain_json"])


def test_library_example_prints_the_leading_features_and_draws(
    demo_output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo_output.parent)
    (code,) = blocks("python", "make_overview")
    exec(compile(code, "explanations.md", "exec"), {})  # noqa: S102
    assert re.fullmatch(r"(\w+ \d+\.\d\d\n){3}", capsys.readouterr().out)
    assert Path("my-pictures", "importance.svg").is_file()


def test_every_option_is_on_the_page() -> None:
    left_out = {"alert_id", "results", "allow_unverified", "as_json"}
    for name in inspect.signature(explain).parameters.keys() - left_out:
        assert f"`--{name.replace('_', '-')}" in PAGE
    assert "`--json`" in PAGE
