"""Time and peak memory of a command in a process of its own.

A process begins with the peak memory of the one that started it, so that a large one must not start what is measured.
A small process in between does: this file, run as a program.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measured:
    """What a command took, start of the process included, and what it printed.

    Attributes
    ----------
    seconds, processor_seconds
        By the clock on the wall, and what all its threads took of the processors: on a machine that others use as well
        the second says more.
    """

    seconds: float
    processor_seconds: float
    peak_memory_mb: int
    out: str


def measure(*arguments: object) -> Measured:
    """Run Python with these arguments, and say what it took.

    Raises
    ------
    subprocess.CalledProcessError
        If the command fails.
    """
    with tempfile.NamedTemporaryFile() as report:
        between = [sys.executable, "-I", __file__, report.name]
        command = [sys.executable, *map(str, arguments)]
        quiet = {**os.environ, "LOG_LEVEL": "ERROR"}
        done = subprocess.run(
            [*between, *command], check=True, stdout=subprocess.PIPE, text=True, env=quiet
        )
        taken = json.loads(Path(report.name).read_bytes())
    return Measured(out=done.stdout, **taken)


def _main(report: str, *command: str) -> None:
    began = time.perf_counter()
    code = subprocess.run(command, check=False).returncode
    seconds = round(time.perf_counter() - began, 3)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = {
        "seconds": seconds,
        "processor_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_memory_mb": round(used.ru_maxrss / 1024),
    }
    Path(report).write_text(json.dumps(taken))
    sys.exit(code)


if __name__ == "__main__":
    _main(*sys.argv[1:])
