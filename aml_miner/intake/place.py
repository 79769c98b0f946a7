"""Which batch is meant: a network, a date and a window, and where that is below any root."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from aml_miner.errors import ConfigurationError

_NETWORK: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""A name that is one step of a path and of a URL, and leads nowhere else."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A batch by its network, processing date and window in days.

    Raises
    ------
    ConfigurationError
        If the network's name could lead out of a folder, or the window has no days.

    Examples
    --------
    >>> Place("torus", date(2025, 11, 20), 30).path
    'torus/2025-11-20/30'
    """

    network: str
    day: date
    window_days: int

    def __post_init__(self) -> None:
        """Check that the parts make a path below a root."""
        if not _NETWORK.fullmatch(self.network):
            raise ConfigurationError(
                f"network: expected letters, digits, '.', '_' and '-', a letter or digit first; found {self.network!r}."
            )
        if self.window_days < 1:
            raise ConfigurationError(f"window: expected 1 or more days; found {self.window_days}.")

    @property
    def path(self) -> str:
        """Where the batch is below a root, with slashes."""
        return f"{self.network}/{self.day.isoformat()}/{self.window_days}"


def places_between(network: str, first: date, last: date, windows: Sequence[int]) -> list[Place]:
    """Return a place for every date of a range, both ends included, and every window.

    Raises
    ------
    ConfigurationError
        If the range ends before it begins, or there is no window.
    """
    if last < first:
        raise ConfigurationError(
            f"dates: the last, {last}, is before the first, {first}; turn them round."
        )
    if not windows:
        raise ConfigurationError("windows: expected one or more; name one, as 30.")
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    return [Place(network, day, window) for day in days for window in sorted(set(windows))]
