"""Without the compiler a function is what it was; what the compiler loads for others waits until it is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

from aml_miner.utils.compiled import compiled, start_compiler

_KEPT = """
import numba, sys
from aml_miner.utils.compiled import start_compiler
start_compiler()
@numba.njit(cache=True)
def twice(value):
    return 2.0 * value
print(twice(21.0), *{"pycparser", "scipy.linalg"} & sys.modules.keys())
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
_DECLARED_IN_C = """
import cffi, numba
from aml_miner.utils.compiled import start_compiler
start_compiler()
declared = cffi.FFI()
declared.cdef("double fabs(double value);")
fabs = declared.dlopen(None).fabs
@numba.njit
def absolute(value):
    return fabs(value)
print(absolute(-3.5))
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
    start_compiler.__wrapped__()


def test_what_no_function_here_uses_is_not_loaded_to_run_code_that_is_kept(tmp_path: Path) -> None:
    program = tmp_path / "kept.py"
    program.write_text(_KEPT, "utf-8")
    _run(str(program))  # which compiles
    assert _run(str(program)) == "42.0"


@pytest.mark.parametrize(
    ("program", "printed"),
    [(_LINEAR_ALGEBRA, "11.0 11.0"), (_DECLARED_IN_C, "3.5")],
    ids=["linear algebra", "functions declared in C"],
)
def test_what_no_function_here_uses_is_there_for_others(program: str, printed: str) -> None:
    assert _run("-c", program) == printed


def _run(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()
