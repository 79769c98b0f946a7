"""Commands that run something whole: ``serve``, ``validate-api`` and ``demo``."""

from pathlib import Path
from typing import Annotated

import typer

from aml_miner.cli.options import Json, ModelsFolder, Network, Seed
from aml_miner.utils.threads import processors


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; API_HOST when not given.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port; API_PORT when not given.")
    ] = None,
    models: ModelsFolder = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Scoring processes; API_WORKERS when not given."),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="More settings, a YAML file; the environment outweighs it.")
    ] = None,
) -> None:
    """Serve the models over HTTP, until told to stop."""
    from aml_miner.cli.serving import run_serve

    given = {"api_host": host, "api_port": port, "models_dir": models, "api_workers": workers}
    run_serve(settings, {name: value for name, value in given.items() if value is not None})


def validate_api(
    url: Annotated[
        str | None,
        typer.Argument(help="Where the server is; one is started when not given."),
    ] = None,
    models: ModelsFolder = None,
    out: Annotated[Path | None, typer.Option(help="A file for the report, in Markdown.")] = None,
    calls: Annotated[int, typer.Option(min=1, help="How often the same is asked.")] = 100,
    as_json: Json = False,
) -> None:
    """Hold the server at URL against the library: every route, bit for bit, and how fast it is.

    Exits with 8 when anything does not hold. API_TOKEN is shown to the server where it is set.
    """
    from aml_miner.cli.validating_api import run_validate_api

    run_validate_api(url, models, out, calls, as_json=as_json)


def demo(
    transfers: Annotated[
        Path | None,
        typer.Argument(help="A folder with transfers.parquet; a simulated economy when not given."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where everything is written.")] = Path("demo-output"),
    network: Network = "simulated",
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Go the whole way: monitor, train, score, and show the ten alerts to open first.

    Without TRANSFERS, one simulated economy is learned from and another one, never seen, is scored. A folder of
    transfers with a ground_truth.parquet is learned from and scored; one without is scored by models that learned
    from the simulated economy.
    """
    from aml_miner.cli.demo import run_demo
    from aml_miner.config.settings import load_settings

    chosen = load_settings().random_seed if seed is None else seed
    run_demo(transfers, out, network, chosen, processors(), as_json=as_json)
