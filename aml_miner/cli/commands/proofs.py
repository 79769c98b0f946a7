"""Commands that prove that bits are the same: ``audit``, ``doctor`` and ``digest``."""

from pathlib import Path
from typing import Annotated

import typer

from aml_miner.cli.options import AllowUnverified, Json, ModelsFolder, Seed
from aml_miner.cli.printing import print_json


def audit(
    results: Annotated[
        Path, typer.Argument(help="A results folder, a package, or a Parquet file of scores.")
    ],
    batch: Annotated[Path, typer.Option(help="The batch that was scored.")],
    models: ModelsFolder = None,
    share: Annotated[
        float, typer.Option(help="Share of the alerts and clusters to score again, up to 1.")
    ] = 0.05,
    seed: Seed = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Score a part of RESULTS again, each row alone and all together, and compare every bit.

    Exits with 9 when anything differs.
    """
    from aml_miner.cli.auditing import run_audit
    from aml_miner.config.settings import load_settings

    run_audit(
        results,
        batch,
        models,
        share=share,
        seed=load_settings().random_seed if seed is None else seed,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


def doctor(
    models: ModelsFolder = None,
    batch: Annotated[
        Path | None,
        typer.Option(help="The batch the laws are tried on; a small one of the package if none."),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=0, help="Random draws of shuffle, split, threads and process.")
    ] = 20,
    seed: Seed = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer rows, no process of its own, nothing measured.")
    ] = False,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Examine machine, models and features: is every score the same to the bit, whatever happens around it.

    Exits with 13 when any check fails; a warning or a check that was skipped is no failure.
    """
    from aml_miner.cli.examining import run_doctor
    from aml_miner.config.settings import load_settings

    run_doctor(
        models,
        batch,
        draws,
        load_settings().random_seed if seed is None else seed,
        quick=quick,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


def digest(
    folder: Annotated[Path, typer.Argument(help="A folder with Parquet tables.")],
    as_json: Json = False,
) -> None:
    """Print one SHA-256 over the values of FOLDER's tables, whatever their encoding; run times are no part."""
    from aml_miner.batch.digests import digest_folder

    value = digest_folder(folder)
    if as_json:
        print_json({"folder": str(folder), "sha256": value})
        return
    typer.echo(value)
