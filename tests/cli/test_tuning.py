"""``aml-miner tune`` writes a configuration that train takes."""

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


def test_model_nobody_has_is_refused(world: Path, run: Run, tmp_path: Path) -> None:
    truth = world / "transfers" / "ground_truth.parquet"
    ran = run("tune", world / "batch", "--truth", truth, "--out", tmp_path / "o", "--model", "odd")
    assert (ran.code, "found 'odd'" in ran.err) == (7, True)
