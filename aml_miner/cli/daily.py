"""What ``run-daily`` does: the settings of the job, every window of a date, and what came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import typer

from aml_miner.cli.fetching import Wanted, batches_folder
from aml_miner.cli.printing import print_json
from aml_miner.cli.progress import shown_stages
from aml_miner.client import AmlMinerClient, Patience
from aml_miner.config.settings import Settings, load_settings
from aml_miner.daily import Packing, RanPlace, Stores, run_place
from aml_miner.errors import ConfigurationError, OutputError
from aml_miner.intake import remove_older
from aml_miner.validator.package import Origin
from aml_miner.validator.signing import read_key


@dataclass(frozen=True, slots=True)
class Daily:
    """Folders of the job, where they are not as the settings say, and a server to be told."""

    batches: Path | None
    results: Path | None
    models: Path | None
    refresh: str | None

    def stores(self, settings: Settings) -> Stores:
        """Return the folders that are meant."""
        results = self.results or settings.results_dir
        if results is None:
            raise ConfigurationError(
                "RESULTS_DIR is not set: name where results go with --results."
            )
        return Stores(
            self.batches or batches_folder(settings), results, self.models or settings.models_dir
        )


def run_run_daily(wanted: Wanted, daily: Daily, *, as_json: bool) -> None:
    """Run a date, every window of it, and print what was done and what was kept."""
    settings = load_settings()
    stores, packing = daily.stores(settings), _packing(settings)
    places, source = wanted.places(settings), wanted.open(settings)
    with shown_stages(None) as begin:
        ran = [
            run_place(
                source,
                place,
                stores,
                packing,
                allow_unverified=wanted.allow_unverified,
                begin=begin,
            )
            for place in places
        ]
    if settings.retention_days:
        remove_older(stores.batches, places[0].network, wanted.last, settings.retention_days)
    if daily.refresh:
        _tell(daily.refresh, settings)
    _print(ran, as_json=as_json)


def _tell(url: str, settings: Settings) -> None:
    """Tell a server that there are new results."""
    token = settings.api_token.get_secret_value() if settings.api_token else None
    try:
        with AmlMinerClient(url, token=token, patience=Patience(tries=3)) as client:
            client.refresh()
    except httpx.TransportError as error:
        message = f"{url}: the server is not reached: {error}; the results are stored, tell it with POST /refresh."
        raise OutputError(message) from error


def _packing(settings: Settings) -> Packing | None:
    """Return what packages are made with; None where none are wanted."""
    if settings.packages_dir is None:
        return None
    if settings.package_key is None:
        raise ConfigurationError(
            "PACKAGE_KEY is not set, and PACKAGES_DIR is: make a key with aml-miner keygen."
        )
    origin = Origin(settings.model_github_url, settings.model_commit)
    return Packing(settings.packages_dir, read_key(settings.package_key), origin)


def _print(ran: Sequence[RanPlace], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"batch": each.place.path, "results": str(each.results), "steps": each.steps}
            for each in ran
        ]
        print_json({"ran": rows})
        return
    for each in ran:
        steps = ", ".join(f"{step} {status}" for step, status in each.steps.items())
        typer.echo(f"{each.place.path}: {steps}. Results are in {each.results}.")
