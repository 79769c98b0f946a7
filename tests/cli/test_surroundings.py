"""A failure is one sentence and an exit code, and with ``--json`` one object; as a user and a script meet it."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from aml_miner import cli, errors
from aml_miner.batch import digests
from aml_miner.batch.digests import digest_folder
from aml_miner.cli.examining import UNFIT
from aml_miner.cli.packaging import UNSOUND
from aml_miner.cli.surroundings import exit_code
from aml_miner.cli.validating import REJECTED
from aml_miner.errors import (
    AmlMinerError,
    IntegrityError,
    ModelRejectedError,
    OutputError,
    RequestRefusedError,
)
from tests.cli.running import Run

NO_MODELS = (
    "trained_models: expected a folder of models, but there is no such folder; "
    "make one with 'aml-miner train BATCH --truth FILE --out trained_models'"
)
FAILURES = [
    (["monitor", "nowhere.parquet", "--out", "b"], 3, "InvalidBatchError", "there is no such file"),
    (["train", "nowhere", "--truth", "t", "--out", "m"], 3, "InvalidBatchError", "there is no such folder"),
    (["score", "nowhere", "--out", "r"], 3, "InvalidBatchError", "there is no such folder"),
    (["digest", "."], 3, "InvalidBatchError", "no Parquet file"),
    (["demo", "nowhere"], 7, "ConfigurationError", "takes a folder that holds transfers.parquet"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("arguments", "code", "name", "message"), FAILURES)
def test_an_error_is_one_sentence_on_standard_error_and_an_exit_code(
    arguments: list[str], code: int, name: str, message: str, run: Run, empty_folder: Path
) -> None:
    del name
    ran = run(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("error: ")
    assert message in ran.err
    assert list(empty_folder.iterdir()) == []


@pytest.mark.parametrize(("arguments", "code", "name", "message"), FAILURES)
def test_an_error_with_json_is_one_object_on_standard_output_too(
    arguments: list[str], code: int, name: str, message: str, run: Run
) -> None:
    ran = run(*arguments, "--json")
    told = json.loads(ran.out)
    assert ran.code == code
    assert told.keys() == {"error", "detail"}
    assert told["error"] == name
    assert message in told["detail"]
    assert ran.err == f"error: {told['detail']}\n"


def test_missing_models_say_how_to_make_some(run: Run, world: Path, empty_folder: Path) -> None:
    ran = run("score", world / "batch", "--models", "trained_models", "--out", "r", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["error"]) == (4, "ModelNotLoadedError")
    assert told["detail"].startswith(NO_MODELS)
    assert list(empty_folder.iterdir()) == []


def test_wrong_arguments_are_told_on_standard_error_alone(run: Run) -> None:
    ran = run("score", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert "Missing argument" in ran.err


@pytest.mark.parametrize(
    ("program", "arguments", "code"),
    [
        (cli.serve_main, ["--settings", "nowhere"], 7),
        (cli.train_main, ["nowhere", "--truth", "t", "--out", "m"], 3),
    ],
)
def test_the_single_commands_fail_as_the_program_does(
    program: object, arguments: list[str], code: int, run: Run
) -> None:
    ran = run(*arguments, program=program)
    assert ran.code == code
    assert ran.err.startswith("error: nowhere: ")


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "CHATTY")
    ran = run("digest", ".")
    assert ran.code == 7
    assert ran.err.startswith("error: setting LOG_LEVEL: ")


def test_a_full_disk_is_said_and_leaves_earlier_results_as_they_were(
    run: Run, world: Path, empty_folder: Path
) -> None:
    arguments = ("score", world / "batch", "--models", world / "models", "--out", "r", "--json")
    run(*arguments)
    before = digest_folder(Path("r"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        ran = run(*arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    told = json.loads(ran.out)
    assert (ran.code, told["error"]) == (6, "OutputError")
    assert "cannot be written" in told["detail"]
    assert digest_folder(Path("r")) == before
    assert [path.name for path in empty_folder.iterdir()] == ["r"]


def test_a_failure_of_the_system_elsewhere_is_told_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path) -> str:
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(digests, "digest_folder", full)
    ran = run("digest", "cache", "--json")
    detail = "[Errno 28] No space left on device: 'cache'"
    assert (ran.code, ran.err) == (1, f"error: {detail}\n")
    assert json.loads(ran.out) == {"error": "OSError", "detail": detail}


def test_settings_that_are_not_utf_8_are_named(run: Run, empty_folder: Path) -> None:
    (empty_folder / ".env").write_bytes(b"MODELS_DIR=\xe8")
    ran = run("digest", ".")
    assert ran.code == 7
    assert ran.err.startswith("error: .env: cannot be read: ")


def test_what_a_command_found_is_never_taken_for_an_error() -> None:
    """A submission that is rejected, a package that is not sound and a doctor's finding have codes of their own."""
    codes = {exit_code(kind("")) for kind in vars(errors).values() if isinstance(kind, type)}
    assert len({REJECTED, UNSOUND, UNFIT}) == 3
    assert codes.isdisjoint({REJECTED, UNSOUND, UNFIT})


def test_an_error_has_the_code_of_the_nearest_error_above_it() -> None:
    assert exit_code(IntegrityError()) == 3
    assert exit_code(ModelRejectedError()) == 4
    assert exit_code(OutputError()) == 6


def test_every_error_but_the_base_of_all_has_a_code_of_its_own_kind() -> None:
    """1 is the code of a crash, and must stay one; what a server answers is no command's to raise."""
    known = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    raised = {kind for kind in known if not issubclass(kind, RequestRefusedError)}
    assert {kind for kind in raised if exit_code(kind()) == 1} == {AmlMinerError}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_narrow_encoding_fails_no_command_and_json_is_utf_8_all_the_same(
    world: Path, empty_folder: Path, encoding: str
) -> None:
    command = [sys.executable, "-m", "aml_miner", "score", str(world / "batch")]
    command += ["--models", str(world / "models"), "--out", str(empty_folder / "é")]
    surroundings = {**os.environ, "PYTHONIOENCODING": encoding}
    subprocess.run(command, capture_output=True, check=True, env=surroundings)
    done = subprocess.run([*command, "--json"], capture_output=True, check=True, env=surroundings)
    assert json.loads(done.stdout.decode())["results"] == str(empty_folder / "é")
