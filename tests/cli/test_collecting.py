"""A command does not look for garbage over and over, nor at its end; a process that stays does."""

import gc
import subprocess
import sys

from aml_miner.cli.collecting import collect_as_usual, collecting_rarely

PROGRAM = """
import atexit, gc
usual = gc.get_threshold()
atexit.register(lambda: print(gc.get_freeze_count() > 0, gc.get_threshold() == usual))
from aml_miner import cli
from aml_miner.cli import programs
programs.run_all = lambda: print(gc.get_threshold()[0] > usual[0])
cli.main()
"""


def test_a_command_collects_rarely_and_ends_without() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["True", "True True"]


def test_a_process_that_stays_collects_as_python_does() -> None:
    usual = gc.get_threshold()
    with collecting_rarely():
        assert gc.get_threshold() != usual
        collect_as_usual()
        assert gc.get_threshold() == usual
    assert gc.get_threshold() == usual
