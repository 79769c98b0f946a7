"""Progress on a terminal; silence in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def shown_stages(stages: int | None) -> Iterator[Callable[[str], None]]:
    """Show a bar on standard error, when that is a terminal; without a number of stages it does not say how far it is.

    Yields
    ------
    Callable
        To be called with each stage's name as it begins.
    """
    console = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        BarColumn(bar_width=20),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not sys.stderr.isatty(),  # rich takes FORCE_COLOR for a terminal
    )
    with bar:
        task = bar.add_task("starting", total=stages)
        begun = count()

        def begin(stage: str) -> None:
            bar.update(task, description=stage, completed=next(begun))

        yield begin
