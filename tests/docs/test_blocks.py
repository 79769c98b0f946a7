"""Every code block of the documentation is run by a test or says why not, and what it names is there."""

import ast
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
from tests.docs.blocks import BLOCKS

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


def read_by(source: str, test: str) -> list[ast.AST]:
    """Return every node of a test and of what it uses of its module: functions, fixtures and constants."""
    known: dict[str, ast.stmt] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.FunctionDef):
            known[statement.name] = statement
        elif isinstance(statement, ast.Assign):
            known |= {
                node.id: statement for node in statement.targets if isinstance(node, ast.Name)
            }
    found, wanted = dict[str, ast.stmt](), [test]
    while wanted:
        name = wanted.pop()
        if name in known and name not in found:
            found[name] = known[name]
            nodes = list(ast.walk(known[name]))
            wanted += [node.id for node in nodes if isinstance(node, ast.Name)]
            wanted += [node.arg for node in nodes if isinstance(node, ast.arg)]
    return [node for statement in found.values() for node in ast.walk(statement)]


def reads(source: str, test: str, page: str, language: str, text: str) -> bool:
    """Whether a test opens the page and takes blocks of the language: all of them, or those that hold some words."""
    nodes = read_by(source, test)
    texts = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    calls = [
        [n.value for n in node.args if isinstance(n, ast.Constant)]
        for node in nodes
        if isinstance(node, ast.Call)
    ]
    taken = [said[said.index(language) + 1 :] for said in calls if language in said]
    is_taken = any(all(word in text for word in words) for words in taken)
    is_sought = any(f"```{language}" in said for said in texts)
    return page in texts and (is_taken or is_sought)


RUN = [
    (name, number, block[1])
    for name, listed in BLOCKS.items()
    for number, block in enumerate(listed)
    if not block[1].startswith("not run: ")
]


@pytest.mark.parametrize(("page", "number", "how"), RUN)
def test_what_is_said_to_run_a_block_reads_it(page: str, number: int, how: str) -> None:
    language, text = blocks_of(ROOT / page)[number]
    file, _, test = how.partition("::")
    source = (ROOT / file).read_text(encoding="utf-8")
    assert reads(source, test, Path(page).name, language, text)


def test_every_reason_not_to_run_a_block_is_a_sentence() -> None:
    told = {how for listed in BLOCKS.values() for _, how in listed if how.startswith("not run: ")}
    assert told
    assert all(len(how.split()) > 3 for how in told)


@pytest.mark.parametrize(
    ("body", "is_read"),
    [
        ('blocks_of(PAGE, "sh")', True),
        ('block("sh", "make")', True),
        ('block("sh", "another")', False),
        ('blocks_of(PAGE, "python")', False),
        ('blocks_of(OTHER, "sh")', False),
        ('"sh" in "a.md"', False),
        ("fixture", False),
    ],
)
def test_a_test_that_reads_another_block_is_found_out(body: str, *, is_read: bool) -> None:
    source = f"""
PAGE = read_page("a.md")
OTHER = read_page("b.md")
def block(language, holds): return blocks_of(PAGE, language)
def test_it(): {body}
"""
    assert reads(source, "test_it", "a.md", "sh", "make demo\n") is is_read
    assert not reads(source, "test_gone", "a.md", "sh", "make demo\n")


def test_blocks_of_every_language_can_be_read() -> None:
    for page, language, text in written():
        if language == "python":
            compile(text, page.name, "exec")
        elif language == "json":
            json.loads(text)
        elif language == "yaml":
            assert yaml.safe_load(text)
        else:
            assert language in {"sh", "console", "diff", ""}


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
