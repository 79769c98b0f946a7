"""What ``validate-api`` does: a server that runs, or one that is started for it, held against the library."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Final

import typer

from aml_miner.cli.printing import print_json
from aml_miner.client import AmlMinerClient
from aml_miner.client.validation import ApiReport, validate_api
from aml_miner.config.settings import load_settings
from aml_miner.errors import ConfigurationError, OutputError
from aml_miner.models import load_models

_REJECTED: Final = 8
_SECONDS_TO_START: Final = 180.0


def run_validate_api(
    url: str | None, models: Path | None, out: Path | None, calls: int, *, as_json: bool
) -> None:
    """Hold a server against the library, print what came out and write it down."""
    settings = load_settings()
    folder = models or settings.models_dir
    loaded = load_models(folder)
    token = settings.api_token.get_secret_value() if settings.api_token else None
    with nullcontext(url) if url else _started(folder, token) as reached:
        report = validate_api(reached, loaded, token=token, calls=calls)
    if out is not None:
        _write(report, out)
    if as_json:
        print_json({**asdict(report), "passed": report.passed})
    else:
        typer.echo(report.to_markdown(), nl=False)
    if not report.passed:
        raise typer.Exit(_REJECTED)


def _write(report: ApiReport, out: Path) -> None:
    try:
        out.write_text(report.to_markdown(), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error}") from error


@contextmanager
def _started(folder: Path, token: str | None) -> Iterator[str]:
    """Run a server on a free port for as long as it is needed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "aml_miner", "serve", "--host", "127.0.0.1"]
    environment = {**os.environ, "LOG_LEVEL": "WARNING"}
    with subprocess.Popen(  # noqa: S603 - this program's own
        [*command, "--port", str(port), "--models", str(folder)], env=environment
    ) as server:
        try:
            _wait(url, token, server)
            yield url
        finally:
            server.terminate()


def _wait(url: str, token: str | None, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    with AmlMinerClient(url, token=token) as client:
        while not client.is_ready():
            if server.poll() is not None or time.monotonic() > until:
                message = (
                    f"{url}: the server that was started is not ready; its log above says why."
                )
                raise ConfigurationError(message)
            time.sleep(0.2)
