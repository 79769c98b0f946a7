"""A command that is told to stop ends at once, with what was there before and nothing half-made."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aml_miner.cli.stopping import stoppable
from aml_miner.utils.folders import whole_folder

SAID = "stopped: nothing half-made is left, and what was finished before stays."

WRITING = """
import sys, time
from pathlib import Path
from aml_miner.cli.surroundings import surrounded
from aml_miner.utils.folders import whole_folder

@surrounded
def command():
    with whole_folder(Path(sys.argv[1]), "batch") as partial:
        (partial / "a.txt").write_text("half")
        print("writing", flush=True)
        time.sleep(60)

command()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_being_written_is_removed_and_what_was_there_stays(
    tmp_path: Path, number: signal.Signals
) -> None:
    with whole_folder(tmp_path / "out", "batch") as partial:
        (partial / "a.txt").write_text("old")
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert said == f"{SAID}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "a.txt").read_text() == "old"


def test_with_json_it_is_told_on_standard_output_too(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "_exit", [].append)
    with stoppable(as_json=True):
        os.kill(os.getpid(), signal.SIGTERM)
    assert json.loads(capfd.readouterr().out) == {"error": "Stopped", "detail": SAID}


IMPORTING = """
import os, signal, sys
from aml_miner import cli

class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupted())
cli.main()
"""


def test_ctrl_c_while_modules_are_imported_shows_no_traceback() -> None:
    program = [sys.executable, "-c", IMPORTING]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


RENAMING = """
import os, signal, sys
from pathlib import Path
from aml_miner.cli.surroundings import surrounded
from aml_miner.utils.folders import whole_folder

rename = Path.rename
def stopped(self, other):
    if ".partial-" in self.name:
        os.kill(os.getpid(), signal.SIGTERM)
    return rename(self, other)
Path.rename = stopped

@surrounded
def command():
    with whole_folder(Path(sys.argv[1]), "batch") as partial:
        (partial / "a.txt").write_text("new")

command()
"""


def test_a_stop_between_the_two_renames_brings_the_old_folder_back(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out", "batch") as partial:
        (partial / "a.txt").write_text("old")
    program = [sys.executable, "-c", RENAMING, str(tmp_path / "out")]
    assert subprocess.run(program, check=False).returncode == 128 + signal.SIGTERM
    assert (tmp_path / "out" / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_terminal_gets_its_cursor_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(os, "_exit", ended.append)
    with stoppable():
        os.kill(os.getpid(), signal.SIGTERM)
    assert ended == [128 + signal.SIGTERM]
    assert capsys.readouterr().err.startswith("\x1b[?25h")


def test_the_handlers_of_before_are_back_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with stoppable():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


IN_WORKERS = """
import sys, time
from pathlib import Path
from aml_miner.cli.stopping import stoppable
from aml_miner.utils.folders import whole_folder
from aml_miner.utils.workers import worker_pool

def work(folder):
    with whole_folder(folder, "batch") as partial:
        (partial / "a.txt").write_text("half")
        print("writing", flush=True)
        time.sleep(60)

if __name__ == "__main__":
    with stoppable(), worker_pool(2) as pool:
        list(pool.map(work, [Path(sys.argv[1]) / "one", Path(sys.argv[1]) / "two"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_workers_end_with_the_command_and_leave_nothing_half_made(
    tmp_path: Path, number: signal.Signals
) -> None:
    program, out = tmp_path / "program.py", tmp_path / "out"
    program.write_text(IN_WORKERS, "utf-8")
    out.mkdir()
    with subprocess.Popen(
        [sys.executable, str(program), str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["writing\n"] * 2
        process.send_signal(number)
        _, said = process.communicate(timeout=60)  # until the last worker has let go of the pipe
    assert process.returncode == 128 + number
    assert said == f"{SAID}\n"
    assert not list(out.iterdir())
