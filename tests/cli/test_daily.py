"""The daily job as a program: done once, kept after, finished after a kill."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aml_miner.batch.meta import Meta, read_meta
from aml_miner.scoring.results import METADATA_FILE
from aml_miner.utils.folders import MARKER
from aml_miner.validator.package import check_receipt
from tests.cli.running import Run


@pytest.fixture
def job(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Meta:
    """A source with the world's batch, and settings for everything the job needs."""
    meta = read_meta(world / "batch")
    assert meta is not None
    assert meta.processing_date is not None
    published = (
        tmp_path / "published" / "simulated" / str(meta.processing_date) / str(meta.window_days)
    )
    published.mkdir(parents=True)
    for path in (world / "batch").iterdir():
        if path.name != MARKER:
            (published / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    settings = {
        "SOURCE_URL": "published", "NETWORK": "simulated", "WINDOWS": meta.window_days,
        "BATCHES_DIR": "batches", "RESULTS_DIR": "results", "MODELS_DIR": world / "models",
        "PACKAGES_DIR": "packages", "PACKAGE_KEY": "miner.key", "RETENTION_DAYS": 1,
        "MODEL_GITHUB_URL": "https://github.com/example/models", "MODEL_COMMIT": "0" * 40,
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    assert run("keygen", "--out", "miner.key").code == 0
    return meta


def steps(run: Run, job: Meta, *more: object) -> dict[str, str]:
    ran = run("run-daily", "--date", job.processing_date, "--json", *more)
    assert ran.code == 0, ran.err
    (told,) = json.loads(ran.out)["ran"]
    assert isinstance(told["steps"], dict)
    return told["steps"]


def files(root: Path) -> dict[str, bytes]:
    """Return every file but the one that says when."""
    found = (path for path in root.rglob("*") if path.is_file() and path.name != METADATA_FILE)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def test_a_date_is_done_once_and_kept_after(run: Run, job: Meta, tmp_path: Path) -> None:
    assert steps(run, job) == {"fetch": "done", "score": "done", "package": "done"}
    made = files(tmp_path)
    (package,) = (tmp_path / "packages").rglob("receipt.json")
    assert check_receipt(package.parent).signature_valid
    assert steps(run, job) == {"fetch": "kept", "score": "kept", "package": "kept"}
    assert files(tmp_path) == made
    text = run("run-daily", "--date", job.processing_date)
    assert "fetch kept, score kept, package kept. Results are in results/simulated" in text.out


def test_another_origin_makes_another_package(
    run: Run, job: Meta, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps(run, job)
    monkeypatch.setenv("MODEL_COMMIT", "1" * 40)
    assert steps(run, job) == {"fetch": "kept", "score": "kept", "package": "done"}
    monkeypatch.delenv("PACKAGES_DIR")
    assert steps(run, job) == {"fetch": "kept", "score": "kept"}


def test_models_calibrated_anew_make_other_scores_and_another_package(
    world: Path, run: Run, job: Meta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version is that of the trees, and stays."""
    models = Path(shutil.copytree(world / "models", tmp_path / "models"))
    monkeypatch.setenv("MODELS_DIR", str(models))
    steps(run, job)
    path = models / "alert_scorer" / "metadata.json"
    metadata = json.loads(path.read_text())
    metadata["calibration"]["share"][0] /= 2
    path.write_text(json.dumps(metadata))
    assert steps(run, job) == {"fetch": "kept", "score": "done", "package": "done"}
    (receipt,) = (tmp_path / "packages").rglob("receipt.json")
    (batch,) = (meta.parent for meta in (tmp_path / "batches").rglob("META.json"))
    ran = run("verify", receipt.parent, "--batch", batch, "--rescore")
    assert ran.code == 0, ran.out
    monkeypatch.setenv("MODELS_DIR", str(world / "models"))
    assert (
        "models.alert_scorer.decisive_sha256" in run("verify", receipt.parent, "--batch", batch).out
    )


def test_a_job_that_is_killed_is_finished_by_the_next(run: Run, job: Meta, tmp_path: Path) -> None:
    """Killed as soon as each of its folders is there, and a last time left alone."""
    command = [sys.executable, "-m", "aml_miner", "run-daily", "--date", str(job.processing_date)]
    for folder, marker in (("batches", "META.json"), ("results", METADATA_FILE)):
        with subprocess.Popen(command, env=os.environ) as killed:
            until = time.monotonic() + 60
            while not list((tmp_path / folder / "simulated").rglob(marker)):
                assert time.monotonic() < until
                time.sleep(0.005)
            killed.send_signal(signal.SIGKILL)
    last = steps(run, job)
    assert last["fetch"] == "kept"
    (package,) = (tmp_path / "packages").rglob("receipt.json")
    assert check_receipt(package.parent).hash_matches
    for folder in ("batches", "results"):  # a package tells how long scoring took
        (tmp_path / folder).rename(tmp_path / f"{folder}-killed")
    steps(run, job)
    for folder in ("batches", "results"):
        assert files(tmp_path / folder) == files(tmp_path / f"{folder}-killed")


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--date", "1999-01-01"], 12, "the source has no such batch"),
        (["--date", "1999-01-01", "--source", "nowhere"], 12, "nowhere: there is no such folder"),
        (["--date", "1999-01-01", "--network", "../up"], 7, "network: expected letters"),
    ],
)
def test_what_cannot_be_done_is_told(
    run: Run, job: Meta, arguments: list[str], code: int, complaint: str
) -> None:
    del job
    ran = run("run-daily", *arguments)
    assert (ran.code, complaint in ran.err) == (code, True)


@pytest.mark.parametrize(
    "name", ["SOURCE_URL", "NETWORK", "BATCHES_DIR", "RESULTS_DIR", "PACKAGE_KEY"]
)
def test_a_setting_that_lacks_is_named(
    run: Run, job: Meta, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    ran = run("run-daily", "--date", job.processing_date)
    assert (ran.code, f"{name} is not set" in ran.err) == (7, True)


def test_a_server_that_is_not_there_is_told_after_the_work(run: Run, job: Meta) -> None:
    url = "http://127.0.0.1:1"
    ran = run("run-daily", "--date", job.processing_date, "--refresh", url)
    assert (ran.code, "the results are stored" in ran.err) == (6, True)
    assert steps(run, job)["package"] == "kept"


def test_fetch_tells_what_became_of_each_batch(run: Run, job: Meta) -> None:
    day = job.processing_date
    ran = run("fetch", "--from", "2024-01-01", "--to", day, "--out", "fetched", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["fetched"][-1]["status"], told["removed"]) == (0, "fetched", [])
    assert told["fetched"][0]["status"] == "absent"
    again = run("fetch", "--from", day, "--to", day, "--out", "fetched", "--retention-days", 1)
    assert "1 kept. They are in fetched." in again.out
    none = run("fetch", "--from", "1999-01-01", "--to", "1999-01-02", "--out", "fetched")
    assert (none.code, "none of the 2 batches" in none.err) == (12, True)


def test_half_a_key_is_told(run: Run, job: Meta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "alone")
    ran = run("run-daily", "--date", job.processing_date)
    assert (ran.code, "belong together" in ran.err) == (7, True)
