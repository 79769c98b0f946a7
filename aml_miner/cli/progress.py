"""Progress on a terminal; silence in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def shown_stages(stages: int) -> Iterator[Callable[[str], None]]:
    """Show a bar of a known number of stages on standard error, when that is a terminal.

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
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("starting", total=stages)
        begun = iter(range(stages + 1))

        def begin(stage: str) -> None:
            bar.update(task, description=stage, completed=next(begun, stages))

        yield begin
