"""What ``serve`` does: settings from everywhere, and a server with them."""

from collections.abc import Mapping
from pathlib import Path

from aml_miner.api import serving
from aml_miner.api.log import start_log
from aml_miner.cli.collecting import collect_as_usual
from aml_miner.config.settings import load_settings


def run_serve(file: Path | None, given: Mapping[str, object]) -> None:
    """Serve; what was given with the command outweighs every other setting."""
    collect_as_usual()
    settings = load_settings(file).model_copy(update=dict(given))
    start_log(settings.log_level, settings.log_format)
    serving.serve(settings)
