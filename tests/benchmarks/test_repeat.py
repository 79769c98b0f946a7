import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.repeat import main, surroundings
from tests.monitoring.graphs import draw

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


def test_a_folder_of_transfers_is_monitored_once_for_each_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(("a", "b", 10, 0), ("b", "c", 9, 1), ("c", "a", 8, 2)).write_parquet(
        tmp_path / "transfers.parquet"
    )
    monkeypatch.setattr(sys, "argv", ["repeat", str(tmp_path), "--runs", "2"])
    main()
    told = capsys.readouterr().out
    assert re.fullmatch(rf"{tmp_path.name}: batch [0-9a-f]{{64}}  2 of 2\n", told)
