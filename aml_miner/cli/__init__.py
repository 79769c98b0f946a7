"""The command line: each command decodes its arguments, calls the library and prints what came out.

What a program needs is imported once it runs, and Ctrl-C ends it without a word until a command minds it by itself.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from aml_miner.cli.collecting import collecting_rarely


def main() -> None:
    """Run ``aml-miner``."""
    with collecting_rarely():
        with _quietly_stopped():
            from aml_miner.cli import programs
        programs.run_all()


def train_main() -> None:
    """Run ``aml-miner-train``, the same as ``aml-miner train``."""
    with collecting_rarely():
        with _quietly_stopped():
            from aml_miner.cli import programs
        programs.run_train()


def serve_main() -> None:
    """Run ``aml-miner-serve``, the same as ``aml-miner serve``."""
    with _quietly_stopped():
        from aml_miner.cli import programs
    programs.run_serve()


@contextmanager
def _quietly_stopped() -> Iterator[None]:
    """Let Ctrl-C end the process as it ends any other, where Python would show how far it had come with imports."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


__all__ = ["main", "serve_main", "train_main"]
