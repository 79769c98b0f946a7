"""Without the compiler a function is what it was; what the compiler loads for others waits until it is asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aml_miner.utils.compiled import _start_once, compiled, drop_outdated

_KEPT = """
import numba, sys
from aml_miner.utils.compiled import start_compiler
start_compiler()
@numba.njit(cache=True)
def twice(value):
    return 2.0 * value
print(twice(21.0), "scipy.linalg" in sys.modules)
"""
_LINEAR_ALGEBRA = """
import numba, numpy as np
from aml_miner.utils.compiled import start_compiler
start_compiler()
@numba.njit
def both(a, b):
    return np.dot(a, b), np.correlate(a, b)[0]
print(*both(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
"""
_CALLEE = """
import numba
@numba.njit(cache=True)
def times(value):
    return {factor} * value
"""
_CALLER = """
import numba
from package.callee import times
@numba.njit(cache=True)
def call(value):
    return times(value)
"""
_TOGETHER = """
import threading
from aml_miner.utils.compiled import start_compiler
from numba.np import linalg
real, begin = linalg.ensure_blas, threading.Barrier(4)
def start():
    begin.wait()
    start_compiler()
threads = [threading.Thread(target=start) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(linalg.ensure_blas is real)
"""


def test_without_numba_a_function_is_returned_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert compiled(len) is len


def test_with_numba_it_is_compiled() -> None:
    def twice(value: float) -> float:
        return 2.0 * value

    assert hasattr(compiled(twice), "py_func")


def test_without_numba_there_is_nothing_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aml_miner.utils.compiled.find_spec", lambda _: None)
    _start_once.__wrapped__()


def test_linear_algebra_is_not_loaded_to_run_code_that_is_kept(tmp_path: Path) -> None:
    program = tmp_path / "kept.py"
    program.write_text(_KEPT, "utf-8")
    _run(str(program))  # which compiles
    assert _run(str(program)) == "42.0 False"


def test_linear_algebra_is_there_for_a_function_that_asks_for_it() -> None:
    assert _run("-c", _LINEAR_ALGEBRA) == "11.0 11.0"


def test_threads_that_start_the_compiler_together_leave_it_whole() -> None:
    assert _run("-c", _TOGETHER) == "True"


def test_code_compiled_from_a_changed_callee_is_dropped(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    callee, caller = package / "callee.py", package / "caller.py"
    callee.write_text(_CALLEE.format(factor=2.0), "utf-8")
    caller.write_text(_CALLER, "utf-8")
    program = (
        "from pathlib import Path; from aml_miner.utils.compiled import drop_outdated; "
        f"drop_outdated(Path({str(package)!r})); from package.caller import call; print(call(21.0))"
    )
    environment = {"PYTHONPATH": str(tmp_path)}
    assert _run("-c", program, **environment) == "42.0"
    kept = sorted(package.rglob("*.nbi"))
    assert _run("-c", program, **environment) == "42.0"
    assert kept == sorted(package.rglob("*.nbi"))
    callee.write_text(_CALLEE.format(factor=10.0), "utf-8")
    assert _run("-c", program, **environment) == "210.0"


def test_a_package_that_cannot_be_written_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    drop_outdated(tmp_path)
    assert not list(tmp_path.iterdir())


def _run(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    return done.stdout.strip()
