"""The log: on standard error, as loud as it is told to be, beside progress bars, and never in the way of JSON."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from loguru import logger

from aml_miner.api.log import start_log
from aml_miner.cli.progress import shown_stages
from tests.cli.running import Run

ABSENT = re.compile(r"INFO +features: \d+ column\(s\) absent, so unknown: ")


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True

    def shown(self) -> str:
        """Return what stands there in the end: a line that was cleared is gone, and colours are left out."""
        *cleared, last = self.getvalue().split("\x1b[2K")
        kept = "".join(text[: text.rfind("\n") + 1] for text in cleared) + last
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", kept).replace("\r", "")


def test_log_goes_to_standard_error_and_leaves_json_whole(
    world: Path, run: Run, tmp_path: Path
) -> None:
    scored = ("score", world / "batch", "--models", world / "models", "--out", tmp_path / "r")
    ran = run(*scored, "--json")
    assert json.loads(ran.out)["results"] == str(tmp_path / "r")
    assert len(ABSENT.findall(ran.err)) == 1  # once per batch
    assert "is_new_address" in ran.err  # the economy has no transfers before its window


def test_log_of_scoring_holds_no_address(world: Path, run: Run, tmp_path: Path) -> None:
    scored = ("score", world / "batch", "--models", world / "models", "--out", tmp_path / "r")
    ran = run(*scored)
    assert "0x" in ran.out
    assert "0x" not in ran.err


@pytest.mark.parametrize(("level", "lines"), [("DEBUG", 1), ("INFO", 1), ("WARNING", 0)])
def test_log_is_as_loud_as_the_setting_says(
    level: str, lines: int, world: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOG_LEVEL", level)
    ran = run("score", world / "batch", "--models", world / "models", "--out", tmp_path / "r")
    assert len(ABSENT.findall(ran.err)) == lines


def test_starting_twice_does_not_say_things_twice(
    capsys: pytest.CaptureFixture[str], quiet_after: None
) -> None:
    del quiet_after
    start_log("INFO")
    start_log("INFO")
    logger.info("heard {}", "once")
    assert capsys.readouterr().err.count("heard once\n") == 1


def test_log_lines_stand_whole_beside_a_progress_bar(
    monkeypatch: pytest.MonkeyPatch, quiet_after: None
) -> None:
    del quiet_after
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    start_log("INFO")
    with shown_stages(2) as begin:
        begin("first stage")
        logger.info("a line [of] the log")
        begin("second stage")
    (line,) = (line for line in terminal.shown().splitlines() if "log" in line)
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO    a line \[of\] the log", line)
    assert "second stage" in terminal.getvalue()
    assert sys.stderr is terminal  # the bar has given it back


def test_log_without_a_terminal_has_no_colours(
    capsys: pytest.CaptureFixture[str], quiet_after: None
) -> None:
    del quiet_after
    start_log("INFO")
    logger.warning("plain")
    assert "\x1b" not in capsys.readouterr().err


def test_a_logged_error_does_not_show_the_variables_it_met(
    capsys: pytest.CaptureFixture[str], quiet_after: None
) -> None:
    del quiet_after
    start_log("INFO")
    address = "0xfeed"
    try:
        address.index("z")
    except ValueError:
        logger.exception("a fault")
    told = capsys.readouterr().err
    assert "ValueError: substring not found" in told
    assert "0xfeed" not in told.replace('address = "0xfeed"', "")


def test_library_is_silent_until_it_is_asked_to_speak() -> None:
    program = (
        "import aml_miner\n"
        "from loguru import logger\n"
        "def speak(word):\n"
        "    exec('logger.warning(word)', {'__name__': 'aml_miner.batch', 'logger': logger, 'word': word})\n"
        "speak('before')\n"
        "logger.enable('aml_miner')\n"
        "speak('after')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "before" not in done.stderr
    assert "after" in done.stderr
