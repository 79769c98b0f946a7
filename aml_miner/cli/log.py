"""The log of a program: lines on standard error, set up once, when a command starts."""

import sys

from loguru import logger

_FORMAT = "{time:HH:mm:ss} <level>{level: <7}</level> {message}"


def start_log(level: str) -> None:
    """Write what the package and its libraries say, from a level on, to standard error.

    Variables are never shown beside a traceback: they hold addresses.
    """
    logger.remove()
    logger.add(_write, level=level, format=_FORMAT, colorize=sys.stderr.isatty(), diagnose=False)
    logger.enable("aml_miner")


def _write(line: str) -> None:
    """Write to what standard error is now: while a progress bar is shown, that is the bar, which makes room."""
    sys.stderr.write(line)
