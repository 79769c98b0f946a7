"""``aml-miner tune`` writes a configuration that train takes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from tests.cli.running import Run


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    path = tmp_path / "quick.yaml"
    path.write_text(
        "cluster: {n_estimators: 5, early_stopping_rounds: 0}\n"
        "evaluation: {cv_folds: 2, bootstrap_resamples: 10}\n"
        "tuning: {trials: 2}\n"
    )
    return path


def test_search_is_written_resumed_and_never_overwrites(
    world: Path, quick: Path, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "tuned.yaml"
    arguments = (
        "tune", world / "batch", "--truth", world / "transfers" / "ground_truth.parquet",
        "--out", out, "--model", "cluster_scorer", "--config", quick,
    )  # fmt: skip
    ran = run(*arguments)
    assert ran.code == 0
    assert ran.out.startswith("cluster_scorer: average precision ")
    assert f"The configuration is in {out}" in ran.out
    storage = out.with_name("tuned.yaml.trials")
    assert len(storage.read_bytes().splitlines()) == 4
    more = run(*arguments, "--trials", 3, "--json")
    found = orjson.loads(more.out)["models"]["cluster_scorer"]
    assert found["trials"] == 3
    assert found["score"] >= found["score_as_it_was"]
    assert len(storage.read_bytes().splitlines()) == 5
    storage.unlink()
    refused = run(*arguments)
    assert (refused.code, "exists; name a new file" in refused.err) == (6, True)


def test_search_that_was_killed_goes_on_to_the_same_bytes(
    world: Path, quick: Path, run: Run, tmp_path: Path
) -> None:
    """A process that is killed, which it cannot prepare for, has kept every trial it had finished."""
    truth = world / "transfers" / "ground_truth.parquet"

    def asked(out: Path, trials: int) -> list[object]:
        return [
            "tune", world / "batch", "--truth", truth, "--out", out, "--model", "cluster_scorer",
            "--config", quick, "--trials", trials,
        ]  # fmt: skip

    killed, storage = tmp_path / "killed.yaml", tmp_path / "killed.yaml.trials"
    command = [sys.executable, "-m", "aml_miner", *map(str, asked(killed, 10_000))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(600):  # subject, the configuration as it is, a trial
            if storage.exists() and storage.read_bytes().count(b"\n") > 2:
                break
            assert process.poll() is None
            time.sleep(0.1)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    kept = storage.read_bytes()
    done = kept.count(b"\n") - 2
    assert 0 < done < 10_000
    assert not killed.exists()
    assert run(*asked(killed, done + 1)).code == 0
    whole = tmp_path / "whole.yaml"
    assert run(*asked(whole, done + 1)).code == 0
    assert killed.read_bytes() == whole.read_bytes()
    assert storage.read_bytes() == (tmp_path / "whole.yaml.trials").read_bytes()
    assert storage.read_bytes().startswith(kept[: kept.rindex(b"\n") + 1])


def test_model_nobody_has_is_refused(world: Path, run: Run, tmp_path: Path) -> None:
    truth = world / "transfers" / "ground_truth.parquet"
    ran = run("tune", world / "batch", "--truth", truth, "--out", tmp_path / "o", "--model", "odd")
    assert (ran.code, "found 'odd'" in ran.err) == (7, True)
