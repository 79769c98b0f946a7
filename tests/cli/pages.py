"""Pages of the documentation, and the commands they say to type."""

import re
import shlex
from pathlib import Path

from tests.cli.running import Run

DOCS = Path(__file__).resolve().parents[2] / "docs"


def read_page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks_of(page: str, language: str) -> list[str]:
    """Return the code blocks of a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def lay_out_demo(root: Path, world: Path, day: str) -> Path:
    """Return a folder ``demo-output`` below a root, with a smaller world as what a demo left of a day."""
    out = root / "demo-output"
    for folder, source in (("transfers", world / "transfers"), ("batches", world / "batch")):
        (out / folder).mkdir(parents=True)
        (out / folder / day).symlink_to(source)
    return out


def run_commands(run: Run, block: str, *, after: str = "cd demo-output") -> int:
    """Run each line of a block, which begins with where to stand; return how many ran, all of them well."""
    first, *lines = block.splitlines() if after else ["", *block.splitlines()]
    program = "../.venv/bin/aml-miner " if after else ".venv/bin/aml-miner "
    assert first == after
    for line in lines:
        assert line.startswith(program)
        ran = run(*shlex.split(line.removeprefix(program)))
        assert (ran.code, line) == (0, line)
    return len(lines)
