"""What surrounds every command: the log is started before it, and an error of ours becomes a sentence and an exit code.

Exit codes: 0 done; 2 wrong arguments; 3 a table or batch is invalid; 4 no usable model; 5 training refused;
6 the output cannot be written; 7 a setting or configuration file is wrong; 8 a submission would be rejected,
or a server answers otherwise; 9 a package is not sound, or an audit finds other bits; 10 a feature, score or metric
cannot be computed; 11 no alert or cluster has the id asked for; 12 a source has not what was asked for;
13 the doctor finds something that does not hold; 130 stopped by Ctrl-C, 143 by SIGTERM; 1 any other error.

A failure of the system that no table or folder of ours met (compiled code that cannot be kept on a full disk) is told
in the system's words, and has the code 1.

The sentence goes to standard error. With ``--json`` standard output holds one object whatever happens: the result, or
``{"error": "<class>", "detail": "<sentence>"}``, the shape the server gives too. Wrong arguments are told on standard
error alone, because without the right ones nobody knows that JSON was asked for.
"""

from collections.abc import Callable
from functools import wraps
from typing import NoReturn

import typer

from aml_miner.cli.printing import print_json
from aml_miner.cli.stopping import stoppable
from aml_miner.errors import (
    AmlMinerError,
    ConfigurationError,
    FeatureComputationError,
    InvalidBatchError,
    ModelNotLoadedError,
    OutputError,
    PredictionError,
    SourceError,
    TrainingRefusedError,
    UndefinedMetricError,
    UnknownAlertError,
)

_EXIT_CODES: dict[type[AmlMinerError], int] = {
    InvalidBatchError: 3,
    ModelNotLoadedError: 4,
    TrainingRefusedError: 5,
    OutputError: 6,
    ConfigurationError: 7,
    FeatureComputationError: 10,
    PredictionError: 10,
    UndefinedMetricError: 10,
    UnknownAlertError: 11,
    SourceError: 12,
}


def surrounded[**Arguments](command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Return a command with its log started and its errors told."""

    @wraps(command)
    def run(*arguments: Arguments.args, **options: Arguments.kwargs) -> None:
        try:
            _start_log()
            with stoppable(as_json=bool(options.get("as_json"))):
                command(*arguments, **options)
        except ModuleNotFoundError as error:  # an image without SciPy, a set-up without an extra
            if (error.name or "").startswith("aml_miner"):
                raise  # a fault of ours, to be seen as one
            told = f"this command needs {error.name}, which is not installed here: install it, or use a full set-up"
            _tell(ConfigurationError(f"{told}."), as_json=bool(options.get("as_json")))
        except BrokenPipeError:  # whoever read us has enough: click leaves quietly
            raise
        except (AmlMinerError, OSError) as error:
            _tell(error, as_json=bool(options.get("as_json")))

    return run


def _tell(error: Exception, *, as_json: bool) -> NoReturn:
    """Say what went wrong, and leave with its exit code."""
    if as_json:
        print_json({"error": type(error).__name__, "detail": str(error)})
    typer.echo(f"error: {error}", err=True)
    raise typer.Exit(exit_code(error)) from error


def exit_code(error: Exception) -> int:
    """Return the exit code of an error; its own, or that of the nearest error above it."""
    return next((_EXIT_CODES[c] for c in type(error).__mro__ if c in _EXIT_CODES), 1)


def _start_log() -> None:
    from aml_miner.api.log import start_log
    from aml_miner.config.settings import load_settings

    start_log(load_settings().log_level)
