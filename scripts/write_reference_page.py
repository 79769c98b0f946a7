#!/usr/bin/env python3
"""Write ``docs/reference.md`` from the program itself: commands, routes, figures, settings, errors."""

import inspect
import re
from pathlib import Path

import click
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from typer.main import get_group

from aml_miner import errors
from aml_miner.api.app import create_app
from aml_miner.api.metrics import Metrics
from aml_miner.cli.commands import app
from aml_miner.cli.surroundings import exit_code
from aml_miner.config.daily_settings import DailySettings
from aml_miner.config.settings import SHIPPED_MODELS, Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"
_SUFFIXES = {"counter": "_total", "info": "_info"}
"""What Prometheus appends to the names of a kind."""


def reference_page() -> str:
    """Return the page's text."""
    parts = [
        "# Reference",
        "Written by `scripts/write_reference_page.py`; do not edit it.",
        "## Commands",
    ]
    parts += [_command(name, command) for name, command in get_group(app).commands.items()]
    parts += [
        "## Routes",
        "Of `aml-miner serve`; [HTTP interface](api.md) says what is sent and answered.",
        _routes(),
        "## Figures",
        "Of `GET /metrics`; [Operations](operations.md) says what to be woken for.",
        _figures(),
    ]
    parts += ["## Settings", "Variables of the environment, or lines of `.env`.", _settings()]
    parts += [
        "## Errors",
        "A command leaves with the exit code; the server names the class.",
        _errors(),
    ]
    return "\n\n".join(parts) + "\n"


def _command(name: str, command: click.Command) -> str:
    rows = [_parameter(parameter) for parameter in command.params if parameter.name != "help"]
    told = inspect.cleandoc(command.help or "")
    return "\n\n".join([f"### {name}", told, _table(("argument or option", "meaning"), rows)])


def _parameter(parameter: click.Parameter) -> tuple[str, str]:
    names = ", ".join(f"`{name}`" for name in parameter.opts if name.startswith("-"))
    return names or f"`{(parameter.name or '').upper()}`", str(getattr(parameter, "help", "") or "")


def _routes() -> str:
    """Return a table of what the server publishes of itself, as models and a token are of no account for it."""
    published = create_app(Settings(models_dir=PAGE.parent)).openapi()["paths"]
    rows = []
    for path, methods in published.items():
        for method, told in methods.items():
            does = (
                inspect.cleandoc(told.get("description", told["summary"]))
                .partition("\n")[0]
                .replace("``", "`")
            )
            asked = [f"`{each['name']}`" for each in told.get("parameters", [])]
            codes = ", ".join(sorted(told["responses"]))
            rows.append((f"`{method.upper()} {path}`", does, ", ".join(asked), codes))
    return _table(("route", "what it does", "parameters", "codes"), rows)


def _figures() -> str:
    metrics = Metrics(lambda: 0, lambda: 0, dict)
    families = text_string_to_metric_families(metrics.exposition().decode())
    rows = [
        (f"`{family.name}{_SUFFIXES.get(family.type, '')}`", family.type, family.documentation)
        for family in families
        if not family.name.endswith("_created")
    ]
    return _table(("figure", "kind", "counts"), sorted(rows))


def _settings() -> str:
    meanings = _comments() | _attributes(DailySettings) | _attributes(Settings)
    rows = []
    for name, field in Settings.model_fields.items():
        rows.append((f"`{name.upper()}`", _default(field.default), meanings[name]))
    return _table(("setting", "default", "meaning"), rows)


def _default(value: object) -> str:
    if value == SHIPPED_MODELS:
        return "those that come along"
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "not set" if value is None else f"`{value}`" if value != "" else "empty"


def _attributes(kind: type) -> dict[str, str]:
    """Return what a class's docstring says of its attributes; of several named together each has the same words."""
    _, _, section = (inspect.getdoc(kind) or "").partition("Attributes\n----------\n")
    found = {}
    for names, told in re.findall(r"^(\w[\w, ]*)\n((?: {4}.+\n?)+)", section, re.MULTILINE):
        words = " ".join(told.split()).replace("``", "`")
        found |= dict.fromkeys(names.split(", "), words)
    return found


def _comments() -> dict[str, str]:
    """Return what ``.env.example`` says above each setting."""
    text = (PAGE.parents[1] / ".env.example").read_text(encoding="utf-8")
    pairs = re.findall(r"^# (.+)\n(?:# )?([A-Z_]+)=", text, re.MULTILINE)
    return {name.lower(): told for told, name in pairs}


def _errors() -> str:
    rows = []
    for name, kind in sorted(vars(errors).items()):
        if isinstance(kind, type) and issubclass(kind, errors.AmlMinerError):
            rows.append((f"`{name}`", str(exit_code(kind(""))), inspect.getdoc(kind) or ""))
    return _table(("class", "exit code", "meaning"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines
    )


if __name__ == "__main__":
    PAGE.write_text(reference_page(), encoding="utf-8")
