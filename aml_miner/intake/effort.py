"""How hard a source is tried: how many at once, how often, how long, and what is worth trying again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from aml_miner.errors import SourceError


@dataclass(frozen=True, slots=True)
class Effort:
    """Bounds of the work on a source.

    Attributes
    ----------
    workers
        Files that are fetched at once.
    tries
        Tries per file in all; what arrived before a failure is kept, and the next try goes on behind it.
    stall_seconds
        Seconds to wait for a connection, and for the next bytes of a file.
    first_pause, longest_pause
        Seconds before the second try, doubled each time; half of it is drawn by chance, so that many who were refused
        together do not come back together.
    """

    workers: int = 4
    tries: int = 5
    stall_seconds: float = 30.0
    first_pause: float = 0.5
    longest_pause: float = 30.0


class PassingError(Exception):
    """A failure that the next try may not meet: no connection, a cut, a stall, a server that is too busy.

    Parameters
    ----------
    reason
        What happened, in words.
    wait
        Seconds the server asks to wait.
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


def persist[T](work: Callable[[], T], what: str, effort: Effort) -> T:
    """Do something that may fail in passing, as often as the effort allows.

    Parameters
    ----------
    work
        What to do; it raises `PassingError` where it is worth another try.
    what
        What it is done to, for the message.

    Raises
    ------
    SourceError
        If the last try failed too.
    """
    number = 1
    while True:
        try:
            return work()
        except PassingError as error:
            if number == effort.tries:
                message = f"{what}: {error}; tried {number} times: see whether the source is up, then run this again."
                raise SourceError(message) from error
            time.sleep(_pause(number, error.wait, effort))
        number += 1


def _pause(number: int, asked: float, effort: Effort) -> float:
    """Return how long to wait after a try: what the server asks at least, and never longer than the longest pause."""
    pause = min(effort.first_pause * 2.0 ** (number - 1), effort.longest_pause)
    drawn = pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
    return max(drawn, min(asked, effort.longest_pause))
