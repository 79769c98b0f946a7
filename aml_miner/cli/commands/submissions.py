"""Commands around a submission: ``validate``, ``ensemble``, ``keygen``, ``submit-package`` and ``verify``."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from aml_miner.cli.options import DAY, AllowUnverified, Json, ModelsFolder, day


def validate(
    results: Annotated[
        Path, typer.Argument(help="A results folder, or a Parquet file of a submission.")
    ],
    batch: Annotated[Path, typer.Option(help="The batch that was scored.")],
    profile: Annotated[
        str, typer.Option(help="Rules of a validator: a profile's name, or a YAML file.")
    ],
    labels: Annotated[
        Path | None, typer.Option(help="Address labels; the batch's own when not given.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="What turned out, per alert or per address.")
    ] = None,
    traps: Annotated[
        Path | None, typer.Option(help="Outcomes known beforehand, per alert or per address.")
    ] = None,
    features_later: Annotated[
        Path | None, typer.Option(help="A later batch, or a Parquet file of its features.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Your own results of the latest earlier date.")
    ] = None,
    others: Annotated[
        list[Path] | None, typer.Option(help="Results of another miner, once or more.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Results whose order is compared with.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=[DAY], help="Today; the processing date when not given."),
    ] = None,
    model_github_url: Annotated[
        str | None, typer.Option(help="The URL you hand in beside the scores.")
    ] = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Judge RESULTS as a validator would: checks, warnings, and the reward today and later.

    Exits with 8 when a gate is missed, and the submission would be rejected.
    """
    from aml_miner.cli.validating import Files, run_validate

    files = Files(
        results, batch, labels, truth, traps, features_later, previous, others or (), baseline
    )
    run_validate(
        files,
        profile,
        on=day(on),
        model_github_url=model_github_url,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


def ensemble(
    results: Annotated[list[Path], typer.Argument(help="Results of several models or miners.")],
    performance: Annotated[
        list[float], typer.Option(help="How good each of them is, in their order.")
    ],
    profile: Annotated[
        str, typer.Option(help="Rules of a validator: a profile's name, or a YAML file.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    as_json: Json = False,
) -> None:
    """Join several RESULTS into one score per alert, and say how far they agree."""
    from aml_miner.cli.validating import run_ensemble

    run_ensemble(results, performance, profile, out, as_json=as_json)


def keygen(
    out: Annotated[Path, typer.Option(help="The file of the secret key to write.")],
    as_json: Json = False,
) -> None:
    """Make a key to sign packages with, readable by you alone, and print its public part."""
    from aml_miner.cli.packaging import run_keygen

    run_keygen(out, as_json=as_json)


def submit_package(
    results: Annotated[Path, typer.Argument(help="A results folder.")],
    batch: Annotated[Path, typer.Option(help="The batch that was scored.")],
    key: Annotated[Path, typer.Option(help="A secret key, as keygen writes it.")],
    model_github_url: Annotated[str, typer.Option(help="The URL of the models' repository.")],
    commit: Annotated[str, typer.Option(help="The commit of that repository.")],
    out: Annotated[Path, typer.Option(help="The package folder to write.")],
    models: ModelsFolder = None,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Pack RESULTS with a manifest of what made them and a signed receipt."""
    from aml_miner.cli.packaging import run_submit_package
    from aml_miner.validator.package import Origin

    run_submit_package(
        results,
        batch,
        models,
        out,
        key=key,
        origin=Origin(model_github_url, commit),
        allow_unverified=allow_unverified,
        as_json=as_json,
    )


def verify(
    package: Annotated[Path, typer.Argument(help="A folder submit-package wrote.")],
    batch: Annotated[Path, typer.Option(help="The batch that was scored.")],
    models: ModelsFolder = None,
    public_key: Annotated[
        str | None, typer.Option(help="The public key that must have signed it.")
    ] = None,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Score again, and compare every bit.")
    ] = False,
    allow_unverified: AllowUnverified = False,
    as_json: Json = False,
) -> None:
    """Check a PACKAGE: its signature, that scores, manifest, batch and models are those signed, and who signed.

    Exits with 9 when anything does not hold.
    """
    from aml_miner.cli.packaging import run_verify

    run_verify(
        package,
        batch,
        models,
        public_key,
        rescore=rescore,
        allow_unverified=allow_unverified,
        as_json=as_json,
    )
