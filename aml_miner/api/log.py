"""The log of a program: lines on standard error, set up once, when a command or a scoring process starts."""

import logging
import sys
import traceback
from typing import TYPE_CHECKING, Literal

import orjson
from loguru import logger

if TYPE_CHECKING:
    from loguru import Message, Record

type LogFormat = Literal["text", "json"]

_TEXT = "{time:HH:mm:ss} <level>{level: <7}</level> {message}"


def start_log(level: str, form: LogFormat = "text") -> None:
    """Write what the package and its libraries say, from a level on, to standard error.

    Variables are never shown beside a traceback: they hold addresses. In JSON a line is one object, with ``time``,
    ``level`` and ``message``, and beside them what the line is about: ``request_id``, ``route``, ``status``.
    """
    logger.remove()
    if form == "json":
        logger.add(_write_json, level=level, format=_as_text, diagnose=False)
    else:
        colour = sys.stderr.isatty()
        logger.add(_write, level=level, format=_as_text, colorize=colour, diagnose=False)
    logger.enable("aml_miner")


def log_fault(error: BaseException) -> None:
    """Log where a fault of ours comes from: its class and its stack, without its text, which may hold addresses."""
    stack = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    logger.error("a fault of ours: {}\n{}", type(error).__name__, stack)


def hear(*names: str) -> None:
    """Take what libraries say to the standard library's log, warnings and worse, into this one."""
    for name in names:
        library = logging.getLogger(name)
        library.handlers = [_Ear(logging.WARNING)]
        library.propagate = False


class _Ear(logging.Handler):
    """Passes on what is said."""

    def emit(self, record: logging.LogRecord) -> None:
        logger.opt(exception=record.exc_info).log(record.levelname, "{}", record.getMessage())


def _as_text(record: "Record") -> str:
    request = " [{extra[request_id]}]" if "request_id" in record["extra"] else ""
    return f"{_TEXT}{request}\n{{exception}}"


def _write(line: str) -> None:
    """Write to what standard error is now: while a progress bar is shown, that is the bar, which makes room."""
    sys.stderr.write(line)


def _write_json(line: "Message") -> None:
    record = line.record
    document = {
        "time": record["time"].astimezone().isoformat(),
        "level": record["level"].name,
        "message": record["message"],
        **record["extra"],
    }
    if record["exception"]:
        document["traceback"] = str(line).partition("\n")[2]
    sys.stderr.write(orjson.dumps(document, default=str).decode() + "\n")
