"""``aml-miner score`` of a folder of batches."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.running import Run


@pytest.fixture
def many(world: Path, tmp_path: Path) -> Path:
    """The same batch twice, at two places."""
    for place in ("first", "second"):
        shutil.copytree(world / "batch", tmp_path / "many" / place)
    return tmp_path / "many"


def test_each_batch_has_its_results_and_a_second_run_keeps_them(
    run: Run, world: Path, many: Path, tmp_path: Path
) -> None:
    arguments = (
        "score",
        many,
        "--models",
        world / "models",
        "--out",
        tmp_path / "results",
        "--workers",
        1,
    )
    first, again = run(*arguments), run(*arguments, "--json")
    assert "2 batches scored, 0 kept as they were" in first.out
    assert [day["status"] for day in json.loads(again.out)["days"]] == ["kept", "kept"]
    assert (tmp_path / "results" / "second" / "alert_scores.parquet").is_file()


def test_a_batch_that_cannot_be_scored_is_named_and_the_exit_code_says_so(
    run: Run, world: Path, many: Path, tmp_path: Path
) -> None:
    (many / "first" / "alerts.parquet").write_bytes(b"no")
    done = run("score", many, "--models", world / "models", "--out", tmp_path / "r", "--workers", 1)
    assert done.code == 3
    assert "1 of 2 batches could not be scored, the others are done; first" in done.err
    assert (tmp_path / "r" / "second" / "alert_scores.parquet").is_file()
