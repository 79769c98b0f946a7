"""What ``aml-miner keygen``, ``submit-package`` and ``verify`` do: keys, packages, and checks of them."""

from dataclasses import asdict
from pathlib import Path

import typer

from aml_miner.batch.reading import read_batch
from aml_miner.batch.schemas import SCORED_TABLES
from aml_miner.cli.printing import print_json
from aml_miner.config.settings import load_settings
from aml_miner.models import load_models
from aml_miner.utils.folders import check_replaceable
from aml_miner.validator.package import Origin, write_package
from aml_miner.validator.signing import make_key, read_key
from aml_miner.validator.submission import read_submission
from aml_miner.validator.verification import verify_package

UNSOUND = 9
"""Exit code of a package that is not what it should be: nothing is wrong with the command."""


def run_keygen(out: Path, *, as_json: bool) -> None:
    """Write a secret key and print its public part."""
    public = make_key(out)
    if as_json:
        print_json({"key": str(out), "public_key": public})
        return
    typer.echo(f"The secret key is in {out}; keep it to yourself. Its public part:")
    typer.echo(public)


def run_submit_package(
    results: Path,
    batch: Path,
    models: Path | None,
    out: Path,
    *,
    key: Path,
    origin: Origin,
    allow_unverified: bool,
    as_json: bool,
) -> None:
    """Write a package and print its receipt."""
    check_replaceable(out, "package")
    receipt = write_package(
        read_submission(results),
        read_batch(batch, SCORED_TABLES, allow_unverified=allow_unverified),
        load_models(models or load_settings().models_dir),
        out,
        key=read_key(key),
        origin=origin,
    )
    if as_json:
        print_json({"package": str(out), "receipt": asdict(receipt)})
        return
    typer.echo(f"The package is in {out}, signed by {receipt.public_key}.")


def run_verify(
    package: Path,
    batch: Path,
    models: Path | None,
    public_key: str | None,
    *,
    rescore: bool,
    allow_unverified: bool,
    as_json: bool,
) -> None:
    """Print what each check of a package found, and leave with `UNSOUND` when one failed."""
    answers = verify_package(
        package,
        read_batch(batch, SCORED_TABLES, allow_unverified=allow_unverified),
        models=load_models(models or load_settings().models_dir),
        signer=public_key,
        rescore=rescore,
    )
    sound = all(answer.holds for answer in answers)
    if as_json:
        print_json({"sound": sound, "checks": [asdict(answer) for answer in answers]})
    else:
        for answer in answers:
            found = "holds" if answer.holds else f"FAILS: {answer.detail}"
            typer.echo(f"{answer.name:<10} {found}")
    if not sound:
        raise typer.Exit(UNSOUND)
