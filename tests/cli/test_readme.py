"""What the README says to type works as it stands."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_group

from aml_miner.api.answering import Answerer
from aml_miner.api.references import Holdings
from aml_miner.api.wire import Question, Route
from aml_miner.batch.batch import Batch
from aml_miner.batch.reading import read_batch
from aml_miner.cli.commands import app
from aml_miner.models import load_models
from aml_miner.scoring import first_alerts, score_batch
from tests.cli.running import Run

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
PROGRAM = "../.venv/bin/aml-miner "


def block(language: str, holds: str) -> str:
    """Return the one code block of a language that holds a text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (found,) = (text for text in blocks if holds in text)
    return str(found)


@pytest.fixture
def demo_output(world: Path, tmp_path: Path) -> Path:
    """A folder as the demo leaves it, with a smaller world in it."""
    out = tmp_path / "demo-output"
    for folder in ("transfers", "batches"):
        (out / folder).mkdir(parents=True)
    (out / "transfers" / "past").symlink_to(world / "transfers")
    (out / "batches" / "today").symlink_to(world / "batch")
    (out / "models").symlink_to(world / "models")
    return out


def test_every_command_of_the_shell_example_runs(
    demo_output: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *lines = block("sh", "aml-miner monitor").splitlines()
    assert first == "cd demo-output"
    monkeypatch.chdir(demo_output)
    for line in lines:
        assert line.startswith(PROGRAM)
        ran = run(*shlex.split(line.removeprefix(PROGRAM)))
        assert (ran.code, line) == (0, line)
    assert {path.name for path in demo_output.iterdir()} > {"my-batch", "my-models", "my-results"}


def test_models_that_come_along_score_as_shown(
    demo_output: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demo_output.parent)
    monkeypatch.delenv("MODELS_DIR", raising=False)
    (line,) = block("sh", "score demo-output").splitlines()
    ran = run(*shlex.split(line.removeprefix(".venv/bin/aml-miner ")))
    assert ran.code == 0
    assert "The 10 alerts to open first" in ran.out


def test_demo_of_a_folder_of_transfers_runs_as_shown(
    demo_output: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demo_output.parent)
    (line,) = block("sh", "demo FOLDER").splitlines()
    words = shlex.split(line.removeprefix(".venv/bin/aml-miner "))
    folder = demo_output / "transfers" / "past"
    ran = run(*(folder if word == "FOLDER" else word for word in words))
    assert ran.code == 0
    assert "alerts to open first" in ran.out
    assert (demo_output.parent / "my-output" / "results" / "alert_scores.parquet").is_file()


def test_library_example_prints_the_alerts_to_open_first(
    demo_output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo_output.parent)
    exec(compile(block("python", "score_batch"), "README.md", "exec"), {})  # noqa: S102
    batch = read_batch(demo_output / "batches" / "today")
    expected = first_alerts(score_batch(batch, load_models(demo_output / "models")), batch)
    out = capsys.readouterr().out
    assert [int(rank) for rank in re.findall(r"^(\d+)$", out, re.MULTILINE)] == [*range(1, 11)]
    assert all(f"  {address}\n" in out for address in expected["address"])
    assert all(f"  {reason}\n" in out for reason in expected["reasons"].explode())


def test_tables_in_memory_are_scored_as_shown(
    demo_output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(demo_output.parent)
    shown: dict[str, object] = {}
    exec(compile(block("python", "make_batch"), "README.md", "exec"), shown)  # noqa: S102
    batch = shown["batch"]
    assert isinstance(batch, Batch)
    assert batch.alerts.equals(read_batch(demo_output / "batches" / "today").alerts)
    assert "alert_id" in capsys.readouterr().out


@pytest.mark.parametrize("route", ["score_alerts", "rank_alerts"])
def test_server_example_is_answered_as_described(route: Route, demo_output: Path) -> None:
    example = shlex.split(block("sh", "curl"))
    program, url, header, content_type, data, body = example
    assert (program, header, data) == ("curl", "-H", "-d")
    assert (url, content_type) == (
        "http://127.0.0.1:8000/score/alerts",
        "Content-Type: application/json",
    )
    answerer = Answerer(load_models(demo_output / "models"), Holdings(None), 1, 2**20)
    answer, content = answerer.answer(Question(route), body.encode(), lambda: True)
    assert answer.status == 200
    (answered,) = json.loads(content)
    described = next(line for line in README.splitlines() if line.startswith("`/score/alerts` and"))
    assert answered["alert_id"] == "alert-1"
    assert all(f"`{name}`" in described for name in answered)


def test_every_command_is_in_the_table() -> None:
    names = list(get_group(app).commands)
    assert {"monitor", "train", "score"} < set(names)
    for name in names:
        assert f"aml-miner {name}" in README
