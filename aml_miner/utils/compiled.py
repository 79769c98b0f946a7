"""Functions that are compiled where the compiler is installed, and run as they are where it is not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


def compiled[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function of arrays with Numba, keep the code for later processes, and let other threads run meanwhile.

    Without Numba the function is returned as it is: the same results, far slower.
    """
    try:
        from numba import njit
    except ImportError:
        return function
    return njit(nogil=True, cache=True)(function)


@cache
def start_compiler() -> None:
    """Load what Numba loads before the first compiled function runs, but for two things no function here uses.

    Numba imports SciPy's linear algebra and makes a parser of C declarations to know whether they are there: .2 s of
    processor time, two thirds of what it takes to start. Here both wait until a compiled function asks for them.
    """
    if find_spec("numba") is None:
        return
    with _replaced("numba.np.linalg", "ensure_blas", lambda: None), _replaced("cffi", "FFI", _Late):
        import_module("numba.np.arraymath")
        import_module("numba.core.typing.cffi_utils")


class _Late:
    """What stands for a ``cffi.FFI`` made once something is asked of it."""

    @cached_property
    def _made(self) -> object:
        made: object = import_module("cffi").FFI()
        return made

    def __getattr__(self, name: str) -> object:
        return getattr(self._made, name)


@contextmanager
def _replaced(module: str, name: str, value: object) -> Iterator[None]:
    """Give a name of a module another value for a while, where there is such a module and such a name."""
    found = import_module(module) if find_spec(module) else ModuleType(module)
    before = vars(found).get(name)
    if before is not None:
        setattr(found, name, value)
    try:
        yield
    finally:
        if before is not None:
            setattr(found, name, before)
