"""The commands ``aml-miner``, ``aml-miner-train`` and ``aml-miner-serve``."""

from collections.abc import Callable

import typer

from aml_miner.cli.commands import app, serve, train
from aml_miner.cli.surroundings import surrounded


def main() -> None:
    """Run ``aml-miner``."""
    app()


def train_main() -> None:
    """Run ``aml-miner-train``, the same as ``aml-miner train``."""
    _single(train)()


def serve_main() -> None:
    """Run ``aml-miner-serve``, the same as ``aml-miner serve``."""
    _single(serve)()


def _single(command: Callable[..., None]) -> typer.Typer:
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    single.command()(surrounded(command))
    return single
