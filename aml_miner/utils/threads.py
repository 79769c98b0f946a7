"""The same work on many things, on several threads."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor


def in_threads[A, B](work: Callable[[A], B], things: Iterable[A], threads: int) -> list[B]:
    """Return the results in the order of the things; one thread, or one thing, needs no pool."""
    listed = list(things)
    if threads == 1 or len(listed) < 2:
        return [work(thing) for thing in listed]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, listed))


def processors() -> int:
    """Return how many threads a program of its own may use; no result depends on it."""
    return os.process_cpu_count() or 1
