"""Every code block of the documentation is run by a test or says why not, and what it names is there."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from typer.main import get_group

from aml_miner.cli.commands import app
from tests.docs.blocks import BLOCKS, Block

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / ".github").rglob("*.md")]
)
COMMANDS: dict[str, click.Command] = dict(get_group(app).commands)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """Return each fenced block of a page: the language after the fence, and the text."""
    text = page.read_text(encoding="utf-8")
    assert text.count("\n```") % 2 == 0
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def written() -> Iterator[tuple[Path, str, str]]:
    for page in PAGES:
        for language, text in blocks_of(page):
            yield page, language, text


def typed(language: str, text: str) -> Iterator[list[str]]:
    """Return the words of each command a block of the shell holds; of a console, those behind a prompt."""
    lines = text.replace("\\\n", " ").splitlines()
    if language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    if "curl" in text:  # its body goes over several lines
        lines = []
    for line in lines:
        yield shlex.split(line.partition(" | ")[0], comments=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_in_the_list(page: Path) -> None:
    listed = BLOCKS.get(str(page.relative_to(ROOT)), ())
    assert [language for language, _ in blocks_of(page)] == [language for language, _ in listed]


def test_list_names_no_page_that_is_gone() -> None:
    assert BLOCKS.keys() <= {str(page.relative_to(ROOT)) for page in PAGES}


@pytest.mark.parametrize("block", sorted({b for listed in BLOCKS.values() for b in listed}))
def test_what_runs_a_block_is_a_test_or_a_reason(block: Block) -> None:
    how = block[1]
    if how.startswith("not run: "):
        assert len(how.split()) > 3
        return
    file, _, name = how.partition("::")
    source = (ROOT / file).read_text(encoding="utf-8")
    assert f"\ndef {name}(" in source
    assert "read_page(" in source or ".read_text(" in source


def test_blocks_of_every_language_can_be_read() -> None:
    for page, language, text in written():
        if language == "python":
            compile(text, page.name, "exec")
        elif language == "json":
            json.loads(text)
        elif language == "yaml":
            assert yaml.safe_load(text)
        else:
            assert language in {"sh", "console", ""}


def test_every_command_option_target_and_script_that_is_typed_is_there() -> None:
    found = 0
    for page, language, text in written():
        if language not in {"sh", "console"}:
            continue
        for words in typed(language, text):
            if words[:1] == ["make"]:
                assert set(words[1:]) <= TARGETS, (page.name, words)
            elif words and words[0].startswith("scripts/"):
                assert (ROOT / words[0]).is_file(), (page.name, words)
            elif words and words[0].endswith("aml-miner"):
                command = COMMANDS[words[1]]
                known = {option for parameter in command.params for option in parameter.opts}
                asked = {word.partition("=")[0] for word in words if word.startswith("--")}
                assert asked <= known, (page.name, words)
                found += 1
    assert found > 40
