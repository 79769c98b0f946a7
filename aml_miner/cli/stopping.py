"""Ctrl-C and SIGTERM end a command at once, and leave nothing half-made.

The handler ends the process itself instead of raising: compiled code that hands its result over runs a little Python,
and an exception there ends in a crash of the interpreter.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NoReturn

from aml_miner.utils.folders import abandon

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SAID = "stopped: nothing half-made is left, and what was finished before stays."
_SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def stoppable(*, as_json: bool = False) -> Iterator[None]:
    """End the process with 128 + the signal's number when it is told to stop; what was there before stays.

    With ``as_json`` it is told on standard output too, as a failure is.
    """
    stop = partial(_stop, as_json=as_json)
    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: object, *, as_json: bool) -> NoReturn:
    del frame
    if "aml_miner.utils.workers" in sys.modules:  # this is no moment for a needless import
        from aml_miner.utils.workers import stop_workers

        stop_workers()
    abandon()
    cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""  # a bar that was being drawn hid it
    if as_json:
        os.write(1, f'{{\n  "detail": "{_SAID}",\n  "error": "Stopped"\n}}\n'.encode())
    sys.stderr.write(f"{cursor}{_SAID}\n")
    sys.stderr.flush()
    os._exit(128 + number)
