"""Help fits a terminal of 80 columns, and cuts nothing off."""

import click
import pytest
from typer.main import get_group

from aml_miner.cli.commands import app
from tests.cli.running import Run

COMMANDS: dict[str, click.Command] = dict(get_group(app).commands)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_whole_in_80_columns(
    name: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    shown = run(name, "--help").out
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "…" not in shown
    options = [name for parameter in COMMANDS[name].params for name in parameter.opts]
    assert [option for option in options if option[:2] == "--" and option not in shown] == []


def test_every_command_is_whole_in_80_columns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    shown = run("--help").out
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert [name for name in COMMANDS if f" {name} " not in shown] == []
