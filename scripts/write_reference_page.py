#!/usr/bin/env python3
"""Write ``docs/reference.md`` from the program itself: every command with its options, every setting, every error."""

import inspect
from pathlib import Path

import click
from typer.main import get_group

from aml_miner import errors
from aml_miner.cli.commands import app
from aml_miner.cli.surroundings import exit_code
from aml_miner.config.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"


def reference_page() -> str:
    """Return the page's text."""
    parts = [
        "# Reference",
        "Written by `scripts/write_reference_page.py`; do not edit it.",
        "## Commands",
    ]
    parts += [_command(name, command) for name, command in get_group(app).commands.items()]
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


def _settings() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        is_text = isinstance(default, str | int | float) and default != ""
        rows.append((f"`{name.upper()}`", f"`{default}`" if is_text else "see `.env.example`"))
    return _table(("setting", "default"), rows)


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
