"""What a command left behind, for the tests of the commands."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ran:
    """Exit code, standard output and standard error."""

    code: int
    out: str
    err: str


type Run = Callable[..., Ran]
