"""Without the compiler a function is what it was."""

import sys

import pytest

from aml_miner.utils.compiled import compiled


def test_without_numba_a_function_is_returned_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert compiled(len) is len


def test_with_numba_it_is_compiled() -> None:
    def twice(value: float) -> float:
        return 2.0 * value

    assert hasattr(compiled(twice), "py_func")
