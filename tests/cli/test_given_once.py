"""An option of one value is given once, to every command; the last of two would count, and nobody be told."""

from pathlib import Path

import pytest
from typer.core import TyperOption
from typer.main import get_group

from aml_miner import cli
from aml_miner.cli.commands import app
from aml_miner.cli.given_once import GivenOnce
from tests.cli.running import Run

_COMMANDS = get_group(app).commands
_SINGLE = [
    (name, option.opts[0])
    for name, command in _COMMANDS.items()
    for option in command.params
    if isinstance(option, TyperOption) and not (option.multiple or option.is_flag)
]


def test_every_command_is_of_this_kind() -> None:
    assert {type(command) for command in _COMMANDS.values()} == {GivenOnce}
    assert ("score", "--models") in _SINGLE


@pytest.mark.parametrize(("name", "option"), _SINGLE)
def test_an_option_given_twice_is_refused(name: str, option: str, run: Run) -> None:
    ran = run(name, option, "1", f"{option}=1")
    assert (ran.code, ran.out) == (2, "")
    assert f"{option} is given 2 times and takes one value" in _words(ran.err)


@pytest.mark.parametrize(
    ("arguments", "program"),
    [
        (("train",), cli.main),
        ((), cli.train_main),
        (("tune",), cli.main),
        (("evaluate",), cli.main),
    ],
)
def test_how_to_give_two_truths_is_told(
    arguments: tuple[str, ...], program: object, run: Run
) -> None:
    ran = run(*arguments, "b1", "b2", "--truth", "a", "--truth", "b", program=program)
    assert ran.code == 2
    assert "put the rows of both into one file" in _words(ran.err)


def test_lists_and_flags_may_be_given_twice(world: Path, run: Run, tmp_path: Path) -> None:
    asked = ("monitor", world / "transfers", "--date", "2025-01-14", "--window", 3, "--window", 4)
    assert run(*asked, "--json", "--json", "--out", tmp_path / "b").code == 0


def _words(told: str) -> str:
    """Without the frame and the line breaks an error of arguments is drawn with."""
    return " ".join(told.replace("│", " ").split())
