"""Logarithms and powers have the bits of the C library, and nothing in the package takes them from elsewhere."""

import ast
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import aml_miner
from aml_miner.utils import elementary

ROOT = Path(aml_miner.__file__).parent
POSITIVE = st.floats(min_value=1e-300, max_value=1e300)
OF_THE_PROCESSOR = {
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "logaddexp2", "cbrt"),
    *("power", "float_power", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "logspace", "geomspace"),
    *("dot", "vdot", "inner", "matmul", "einsum", "tensordot", "linalg", "cov", "corrcoef"),
    *("polyfit", "convolve", "correlate"),
}
"""What NumPy takes from a library that is another, or rounds otherwise, on another kind of processor."""
MODULES = {"numpy.linalg", "scipy.special", "scipy.linalg"}
POWERS_OF_NUMBERS = {
    "api/bodies.py",
    "client/calls.py",
    "evaluation/budget.py",
    "evaluation/ranked.py",
    "features/numbers.py",
    "intake/effort.py",
    "models/leaf_cuts.py",
    "monitoring/graph/sketches.py",
    "simulation/groups.py",
    "simulation/payments.py",
    "simulation/schemes/sketch.py",
    "training/calibration.py",
}
"""Where a power that is not written out as a number is of numbers or of whole numbers, not of an array of floats."""
PRODUCTS_OF_SPARSE = {"monitoring/graph/pagerank.py"}


@pytest.mark.parametrize(
    ("ours", "of_the_c_library"),
    [
        (elementary.log, math.log),
        (elementary.log1p, math.log1p),
        (elementary.log2, math.log2),
        (elementary.cbrt, math.cbrt),
    ],
)
@given(values=st.lists(POSITIVE, min_size=1, max_size=20))
def test_every_value_is_the_c_librarys(
    ours: Callable[[object], np.ndarray],
    of_the_c_library: Callable[[float], float],
    values: list[float],
) -> None:
    assert ours(np.array(values)).tolist() == [of_the_c_library(value) for value in values]


@given(st.lists(st.floats(min_value=-745.0, max_value=700.0), min_size=1, max_size=20))
def test_exponentials_are_the_c_librarys(values: list[float]) -> None:
    assert elementary.exp(np.array(values)).tolist() == [math.exp(value) for value in values]


@given(
    base=st.floats(min_value=0.1, max_value=100.0),
    exponents=st.lists(st.floats(min_value=-50.0, max_value=50.0), min_size=1, max_size=20),
)
def test_powers_are_the_c_librarys(base: float, exponents: list[float]) -> None:
    expected = [math.pow(base, exponent) for exponent in exponents]
    assert elementary.power(base, np.array(exponents)).tolist() == expected


def test_whole_numbers_tables_columns_and_nothing_are_taken() -> None:
    assert elementary.log2(np.array([[1, 2], [4, 8]])).tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert elementary.log2(np.array([[1.0, 2.0], [4.0, 8.0]])[:, 1]).tolist() == [1.0, 3.0]
    assert elementary.power(np.array([4.0, 9.0]), 0.5).tolist() == [2.0, 3.0]
    assert elementary.log(np.zeros(0)).tolist() == []


def test_what_has_no_value_is_said_as_numpy_says_it() -> None:
    found = elementary.log2(np.array([0.0, -1.0]))
    assert found[0] == -math.inf
    assert math.isnan(found[1])


def _squares(power: ast.expr) -> bool:
    """Whether NumPy multiplies an array, or takes its roots, instead of asking a library."""
    return isinstance(power, ast.Constant) and power.value in {0.5, 1, 2}


def _is_of_an_array(base: ast.expr, power: ast.expr) -> bool:
    both_written_out = isinstance(base, ast.Constant) and isinstance(power, ast.Constant)
    return not both_written_out and not _squares(power)


def _names_in(node: ast.AST) -> set[str]:
    match node:
        case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name):
            return {name} & OF_THE_PROCESSOR
        case ast.ImportFrom(module="numpy"):
            return {each.name for each in node.names} & OF_THE_PROCESSOR
        case ast.ImportFrom(module=module) if module in MODULES:
            return {module}
        case ast.Import():
            return {each.name for each in node.names} & MODULES
        case _:
            return set()


def _operators_in(node: ast.AST) -> set[str]:
    match node:
        case ast.BinOp(op=ast.Pow(), left=left, right=right) if _is_of_an_array(left, right):
            return {"**"}
        case ast.AugAssign(op=ast.Pow(), value=right) if not _squares(right):
            return {"**"}
        case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
            return {"@"}
        case _:
            return set()


def _methods_in(node: ast.AST) -> set[str]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call() as of, attr=name)):
            called = name in {"log", "log1p", "exp", "pow", "dot"}
            return {"a method"} if called and not ast.unparse(of).startswith("logger.") else set()
        case _:
            return set()


def found_in(source: str) -> set[str]:
    """Name what a source uses that may have other bits on another processor."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        found |= _names_in(node) | _operators_in(node) | _methods_in(node)
    return found


@pytest.mark.parametrize(
    "path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_nothing_else_in_the_package_takes_them(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    found = found_in(path.read_text("utf-8"))
    if name == "utils/elementary.py":  # compiled, its cube root is the C library's
        found -= {"cbrt"}
    if name in POWERS_OF_NUMBERS:
        found -= {"**"}
    if name in PRODUCTS_OF_SPARSE:
        found -= {"@"}
    assert not found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = np.linalg.solve(a, b) + np.log2(c) - np.sqrt(d)", {"linalg", "log2"}),
        ("from numpy import array, exp", {"exp"}),
        ("scores = 2.0**-mean", {"**"}),
        ("square = x**2 + 2**31 + x**0.5", set()),
        ("cube = x**3", {"**"}),
        ("x **= 3", {"**"}),
        ("x @= y", {"@"}),
        ("from numpy.linalg import solve", {"numpy.linalg"}),
        ("from scipy.special import expit", {"scipy.special"}),
        ("import scipy.special", {"scipy.special"}),
        ("y = a @ b", {"@"}),
        ('frame.select(pl.col("x").log1p())', {"a method"}),
        ("math.log(x)", set()),
    ],
)
def test_a_use_would_be_found(source: str, found: set[str]) -> None:
    assert found_in(source) == found
