"""How often a command looks for garbage in cycles.

Most of what a command makes are modules, which stay. To look through them as often as Python does, and three times at
its end, took .3 s of a day's 2.9, mostly after the results were written.
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_USUAL: Final = gc.get_threshold()
_OBJECTS: Final = 50_000
"""Between two collections. Our choice: the modules of a command are five times as many objects."""


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Collect rarely meanwhile, and at the end of the process not at all."""
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)  # what is frozen is not looked through
    gc.set_threshold(_OBJECTS, *_USUAL[1:])
    try:
        yield
    finally:
        collect_as_usual()


def collect_as_usual() -> None:
    """Collect as often as Python does, as a process must that stays: garbage may hold a whole request."""
    gc.set_threshold(*_USUAL)
