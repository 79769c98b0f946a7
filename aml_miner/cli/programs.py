"""The commands ``aml-miner``, ``aml-miner-train`` and ``aml-miner-serve``."""

import io
import sys
from collections.abc import Callable

import typer

from aml_miner.cli.commands import app
from aml_miner.cli.commands.learning import train
from aml_miner.cli.commands.running import serve
from aml_miner.cli.given_once import GivenOnce
from aml_miner.cli.surroundings import surrounded


def run_all() -> None:
    """Run the program with all commands."""
    _print_anywhere()
    app()


def run_train() -> None:
    """Run the program that is the command ``train`` alone."""
    _single(train)()


def run_serve() -> None:
    """Run the program that is the command ``serve`` alone."""
    _single(serve)()


def _single(command: Callable[..., None]) -> typer.Typer:
    _print_anywhere()
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    single.command(cls=GivenOnce)(surrounded(command))
    return single


def _print_anywhere() -> None:
    """Show as a question mark what the encoding of a terminal or file lacks: a command that did its work must not fail.

    JSON is not concerned: it leaves as UTF-8.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
