"""Functions that are compiled where the compiler is installed, and run as they are where it is not."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

_STARTING: Final = Lock()
_STAMP: Final = Path("__pycache__", "compiled.sha256")


def compiled[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function of arrays with Numba, keep the code for later processes, and let other threads run meanwhile.

    Without Numba the function is returned as it is: the same results, far slower.
    """
    try:
        from numba import njit
    except ImportError:
        return function
    return njit(nogil=True, cache=True)(function)


def start_compiler() -> None:
    """Do what is to be done once before compiled functions run; without it they run too, a moment later.

    Code that was compiled from other sources is dropped. And Numba is loaded without SciPy's linear algebra, which it
    imports only to know whether it is there, .1 s of processor time: it still finds it when a function asks for it.
    """
    with _STARTING:
        _start_once()


@cache
def _start_once() -> None:
    if find_spec("numba") is None:
        return
    drop_outdated(Path(__file__).parents[1])
    linear_algebra: Any = import_module("numba.np.linalg")
    look_for_blas = linear_algebra.ensure_blas
    linear_algebra.ensure_blas = lambda: None
    try:
        import_module("numba.np.arraymath")
    finally:
        linear_algebra.ensure_blas = look_for_blas


def drop_outdated(package: Path) -> None:
    """Delete the compiled code kept beside the modules of a package whose compiled functions were changed since.

    Numba sees that the file of a function was changed, but not that of another compiled function it calls: after an
    update of a clone it would run half of the old code. Where files come from an installer, all of them are new.
    """
    stamp = package / _STAMP
    if not os.access(package, os.W_OK):
        return
    found = _digest_sources(package)
    if stamp.is_file() and stamp.read_text("ascii") == found:
        return
    for kept in package.rglob("*.nb[ic]"):
        kept.unlink(missing_ok=True)
    stamp.parent.mkdir(exist_ok=True)
    beside = stamp.with_suffix(f".{os.getpid()}")
    beside.write_text(found, "ascii")
    beside.replace(stamp)


def _digest_sources(package: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        if b"numba" in content or b"@compiled" in content:
            digest.update(f"{path.relative_to(package)} {len(content)} ".encode() + content)
    return digest.hexdigest()
