"""What ``fetch`` and ``run-daily`` do: settings and options into a source and places, progress, and what came out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer

from aml_miner.cli.printing import print_json
from aml_miner.cli.progress import shown_bytes
from aml_miner.config.settings import Settings, load_settings
from aml_miner.errors import ConfigurationError, SourceError
from aml_miner.intake import (
    Access,
    Fetched,
    Place,
    fetch_batches,
    open_source,
    places_between,
    remove_older,
)
from aml_miner.intake.clickhouse import Login
from aml_miner.intake.effort import Effort
from aml_miner.intake.fetching import Source
from aml_miner.intake.s3 import S3Key


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which batches, and where from; what is None is as the settings say."""

    source: str | None
    network: str | None
    first: date
    last: date
    windows: Sequence[int] | None
    allow_unverified: bool

    def places(self, settings: Settings) -> list[Place]:
        """Return the batches that are meant."""
        network = self.network or settings.network
        if not network:  # an empty variable sets nothing
            raise ConfigurationError("NETWORK is not set: name whose batches with --network.")
        return places_between(network, self.first, self.last, self.windows or settings.windows)

    def open(self, settings: Settings) -> Source:
        """Open the source that is meant."""
        url = self.source or settings.source_url
        if not url:
            raise ConfigurationError("SOURCE_URL is not set: name where batches are with --source.")
        return open_source(
            url, _access(settings), _effort(settings), allow_unverified=self.allow_unverified
        )


def run_fetch(wanted: Wanted, out: Path | None, retention: int | None, *, as_json: bool) -> None:
    """Fetch batches, remove those that are too old, and print what became of each."""
    settings = load_settings()
    folder = out or batches_folder(settings)
    places, source = wanted.places(settings), wanted.open(settings)
    with shown_bytes(len(places)) as shown:
        fetched = fetch_batches(
            source,
            places,
            folder,
            settings.fetch_workers,
            told=shown.arrived,
            done=lambda each: shown.ended(f"{each.status} {each.place.path}"),
        )
    _raise_failures(fetched)
    keep = retention or settings.retention_days
    removed = remove_older(folder, places[0].network, wanted.last, keep) if keep else []
    _print(fetched, removed, folder, as_json=as_json)


def batches_folder(settings: Settings) -> Path:
    """Return where batches are kept."""
    if settings.batches_dir is None:
        raise ConfigurationError("BATCHES_DIR is not set: name where batches go with --out.")
    return settings.batches_dir


def _access(settings: Settings) -> Access:
    return Access(
        token=settings.source_token.get_secret_value() if settings.source_token else None,
        s3_endpoint=settings.aws_endpoint_url,
        s3_region=settings.aws_region,
        s3_key=_key(settings),
        login=Login(settings.clickhouse_user, settings.clickhouse_password.get_secret_value()),
    )


def _key(settings: Settings) -> S3Key | None:
    key_id, secret, lent = (
        settings.aws_access_key_id,
        settings.aws_secret_access_key,
        settings.aws_session_token,
    )
    if bool(key_id) != bool(secret and secret.get_secret_value()):
        message = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together: set both, or neither to be anonymous."
        raise ConfigurationError(message)
    if not key_id or secret is None:
        return None
    return S3Key(key_id, secret.get_secret_value(), (lent and lent.get_secret_value()) or None)


def _effort(settings: Settings) -> Effort:
    return Effort(settings.fetch_workers, settings.fetch_tries, settings.fetch_stall_seconds)


def _raise_failures(fetched: Sequence[Fetched]) -> None:
    """Tell the first failure, and how many there are; all absent is one too."""
    failed = [each for each in fetched if each.error is not None]
    if failed and failed[0].error is not None:
        first = failed[0].error
        raise type(first)(
            f"{len(failed)} of {len(fetched)} batches could not be fetched, the others are done; first {first}"
        )
    if all(each.status == "absent" for each in fetched):
        first_place, last_place = fetched[0].place, fetched[-1].place
        raise SourceError(
            f"the source has none of the {len(fetched)} batches from {first_place.path} to {last_place.path}; "
            "see to the network, dates and windows."
        )


def _print(
    fetched: Sequence[Fetched], removed: Sequence[Path], out: Path, *, as_json: bool
) -> None:
    if as_json:
        rows = [
            {"batch": each.place.path, "folder": str(each.folder), "status": each.status}
            for each in fetched
        ]
        print_json(
            {"batches": str(out), "fetched": rows, "removed": [str(path) for path in removed]}
        )
        return
    for each in fetched:
        typer.echo(f"{each.status} {each.place.path}")
    for path in removed:
        typer.echo(f"removed {path}")
    counts = Counter(each.status for each in fetched)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    typer.echo(f"Batches: {told}. They are in {out}.")
