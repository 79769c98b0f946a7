"""The commands ``aml-miner``, ``aml-miner-train`` and ``aml-miner-serve``.

Exit codes: 0 done; 2 wrong arguments; 3 a table or batch is invalid; 4 no usable model; 5 training refused;
6 the output cannot be written; 7 a setting or configuration file is wrong; 1 any other error of ours.
"""

import sys
from collections.abc import Callable

import typer

from aml_miner.cli.commands import app, serve, train
from aml_miner.errors import (
    AmlMinerError,
    ConfigurationError,
    InvalidBatchError,
    ModelNotLoadedError,
    OutputError,
    TrainingRefusedError,
)

_EXIT_CODES: dict[type[AmlMinerError], int] = {
    InvalidBatchError: 3,
    ModelNotLoadedError: 4,
    TrainingRefusedError: 5,
    OutputError: 6,
    ConfigurationError: 7,
}


def main() -> None:
    """Run ``aml-miner``."""
    _run(app)


def train_main() -> None:
    """Run ``aml-miner-train``, the same as ``aml-miner train``."""
    _run(_single(train))


def serve_main() -> None:
    """Run ``aml-miner-serve``, the same as ``aml-miner serve``."""
    _run(_single(serve))


def _single(command: Callable[..., None]) -> typer.Typer:
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    single.command()(command)
    return single


def _run(command: typer.Typer) -> None:
    try:
        command()
    except AmlMinerError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(exit_code(error))


def exit_code(error: AmlMinerError) -> int:
    """Return the exit code of an error; its own, or that of the nearest error above it."""
    return next((_EXIT_CODES[c] for c in type(error).__mro__ if c in _EXIT_CODES), 1)
