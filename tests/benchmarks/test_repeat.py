import subprocess
import sys

from benchmarks.repeat import surroundings

PROGRAM = """
import os, numba, polars
threads = (os.process_cpu_count(), numba.config.NUMBA_NUM_THREADS, polars.thread_pool_size())
print(*threads, hash("a"))
"""


def told_by(run: int) -> list[str]:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        command, env=surroundings(run), capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_runs_differ_in_hashes_and_in_the_threads_every_library_takes() -> None:
    """LightGBM is told Python's count of processors; a variable of its own would change nothing."""
    first, second = told_by(0), told_by(1)
    assert (first[:3], second[:3]) == (["1"] * 3, ["2"] * 3)
    assert first[3] != second[3]
