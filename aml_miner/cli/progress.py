"""Progress on a terminal; silence in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)


@contextmanager
def shown_stages(stages: int | None) -> Iterator[Callable[[str], None]]:
    """Show a bar on standard error, when that is a terminal; without a number of stages it does not say how far it is.

    Yields
    ------
    Callable
        To be called with each stage's name as it begins.
    """
    with _bar() as bar:
        task = bar.add_task("starting", total=stages)
        begun = count()

        def begin(stage: str) -> None:
            bar.update(task, description=stage, completed=next(begun))

        yield begin


@dataclass(slots=True)
class Arriving:
    """A bar of batches and the bytes that came; may be told from any thread."""

    bar: Progress
    task: TaskID
    bytes_arrived: int = 0

    def arrived(self, more: int) -> None:
        """Show bytes that came."""
        self.bytes_arrived += more
        self.bar.update(self.task, description=f"{self.bytes_arrived / 1e6:,.1f} MB")

    def ended(self, what: str) -> None:
        """Show that a batch is done."""
        if not self.bar.disable:
            self.bar.console.print(what, markup=False, highlight=False)
        self.bar.advance(self.task)


@contextmanager
def shown_bytes(batches: int) -> Iterator[Arriving]:
    """Show a bar of batches and the bytes that came, on standard error, when that is a terminal."""
    with _bar() as bar:
        yield Arriving(bar, bar.add_task("0.0 MB", total=batches))


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        BarColumn(bar_width=20),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),  # rich takes FORCE_COLOR for a terminal
    )
