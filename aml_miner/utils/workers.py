"""Processes that work for this one, and end with it: each whole, with nothing half-made left."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context, util
from types import FrameType
from typing import Final

from aml_miner.utils.folders import abandon

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SECONDS: Final = 10.0
"""How long a worker may take to end: compiled code is not interrupted."""


def worker_pool(workers: int) -> ProcessPoolExecutor:
    """Return a pool of processes that give up what they are writing when they are told to stop.

    Spawned, never forked: a forked process that scores with threads hangs.
    """
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_end_when_told)


def stop_workers() -> None:
    """End all worker processes of this one, as its last deed but one."""
    workers = active_children()
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(_SECONDS)
        worker.kill()
    give_back: Callable[[], None] = vars(util)["_exit_function"]  # as at the end of a process
    give_back()


def _end_when_told() -> None:
    for number in _SIGNALS:
        signal.signal(number, _end)


def _end(number: int, _: FrameType | None) -> None:
    abandon()
    os._exit(128 + number)
