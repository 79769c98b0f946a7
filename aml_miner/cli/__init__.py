"""The command line: each command decodes its arguments, calls the library and prints what came out.

What a program needs is imported once it runs, and Ctrl-C ends it without a word until a command minds it by itself.
"""

import atexit
import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_OBJECTS_BETWEEN_COLLECTIONS: Final = 50_000
"""Our choice: the modules of a command are five times as many objects."""


def main() -> None:
    """Run ``aml-miner``."""
    with _few_collections():
        with _quietly_stopped():
            from aml_miner.cli import programs
        programs.run_all()


def train_main() -> None:
    """Run ``aml-miner-train``, the same as ``aml-miner train``."""
    with _few_collections():
        with _quietly_stopped():
            from aml_miner.cli import programs
        programs.run_train()


def serve_main() -> None:
    """Run ``aml-miner-serve``, the same as ``aml-miner serve``."""
    with _few_collections():
        with _quietly_stopped():
            from aml_miner.cli import programs
        programs.run_serve()


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage in cycles more rarely than Python does, and not at the end of the process.

    Most of what a command makes are modules, which stay. To look through them took .3 s of a day's 2.9, mostly after
    the results were written.
    """
    atexit.register(gc.freeze)  # the end of Python collects too, but leaves alone what is frozen
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _quietly_stopped() -> Iterator[None]:
    """Let Ctrl-C end the process as it ends any other, where Python would show how far it had come with imports."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


__all__ = ["main", "serve_main", "train_main"]
