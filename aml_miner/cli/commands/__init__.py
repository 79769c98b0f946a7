"""Every command as a function: arguments in, one call of the library, what came out printed.

The library is imported inside the commands: LightGBM brings scikit-learn along, and pandas where it is installed,
seconds that ``--help``, ``monitor`` and ``digest`` need not wait for.
"""

from collections.abc import Callable
from typing import Annotated, Final

import typer

import aml_miner
from aml_miner.cli.commands.intake import fetch, run_daily
from aml_miner.cli.commands.learning import cross_validate, train, tune
from aml_miner.cli.commands.proofs import audit, digest, doctor
from aml_miner.cli.commands.running import demo, serve, validate_api
from aml_miner.cli.commands.scores import evaluate, explain, score
from aml_miner.cli.commands.submissions import ensemble, keygen, submit_package, validate, verify
from aml_miner.cli.commands.transfers import check, monitor, simulate
from aml_miner.cli.given_once import GivenOnce
from aml_miner.cli.surroundings import surrounded

COMMANDS: Final[tuple[Callable[..., None], ...]] = (
    simulate,
    monitor,
    fetch,
    check,
    train,
    cross_validate,
    tune,
    score,
    explain,
    evaluate,
    validate,
    ensemble,
    keygen,
    submit_package,
    run_daily,
    verify,
    audit,
    doctor,
    digest,
    serve,
    validate_api,
    demo,
)
"""In the order ``--help`` lists them."""

app = typer.Typer(
    help="Score, rank and explain anti-money-laundering alerts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(aml_miner.__version__)
        raise typer.Exit


@app.callback()
def version(
    show: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Score, rank and explain anti-money-laundering alerts."""
    del show


for _command in COMMANDS:
    app.command(cls=GivenOnce)(surrounded(_command))
