"""What docs/customisation.md says to change in the source is done word by word in a copy of it, and works."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.cli.pages import DOCS, blocks_of, lay_out_demo, read_page

PAGE = read_page("customisation.md")
RULES = Path("aml_miner", "monitoring", "typologies")
PROGRAMS = {
    ".venv/bin/python": [sys.executable],
    ".venv/bin/aml-miner": [sys.executable, "-m", "aml_miner"],
}


def copy_source(root: Path) -> Path:
    """Copy the source and what belongs to it, with the code that was compiled."""
    for name in ("aml_miner", "docs", "scripts", "tests"):
        shutil.copytree(DOCS.parent / name, root / name, symlinks=True)
    shutil.copy(DOCS.parent / "pyproject.toml", root)
    return root


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def type_in(fork: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the page where its `.venv` would have the fork installed."""
    program, *words = shlex.split(line)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.run(
        [*PROGRAMS[program], *words],
        check=False,
        cwd=fork,
        env=kept | {"PYTHONPATH": str(fork)},
        capture_output=True,
        text=True,
    )


def run(fork: Path, line: str) -> str:
    ran = type_in(fork, line)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def change(path: Path, before: str, after: str) -> None:
    """Put lines in; where somebody did what the page says, they are there already."""
    text = path.read_text(encoding="utf-8")
    if all(line in text for line in after.splitlines()):
        return
    assert text.count(before) == 1, before
    path.write_text(text.replace(before, after), encoding="utf-8")


def apply(difference: str, path: Path) -> None:
    """Put the lines with a plus where the lines around them are, part by part."""
    for part in difference.split("@@\n"):
        lines = part.splitlines(keepends=True)
        assert {line[0] for line in lines} == {" ", "+"}
        change(
            path,
            "".join(line[1:] for line in lines if line[0] == " "),
            "".join(line[1:] for line in lines),
        )


def check_form(fork: Path, *paths: Path) -> None:
    """Ask of changed files what `make check` asks first."""
    for asked in ("format --check", "check"):
        run(fork, f".venv/bin/python -m ruff {asked} {shlex.join(map(str, paths))}")


@pytest.fixture(scope="module")
def with_typology(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fork with the typology of the page, beside a folder as the demo leaves it."""
    fork = copy_source(tmp_path_factory.mktemp("typology"))
    lay_out_demo(fork, world, "today")
    told = section("A typology")
    (rule,) = blocks_of(told, "python")
    lines, row = blocks_of(told, "diff")
    assert f"`{RULES}/round_sums.py`" in told
    (fork / RULES / "round_sums.py").write_text(rule, encoding="utf-8")
    apply(lines, fork / RULES / "detection.py")
    apply(row, fork / "docs" / "monitoring.md")
    return fork


def test_typology_of_the_page_raises_alerts(with_typology: Path) -> None:
    (block,) = blocks_of(section("A typology"), "sh")
    test, monitor = block.splitlines()
    run(with_typology, test)
    run(with_typology, monitor)
    alerts = pl.read_parquet(with_typology / "my-batch" / "alerts.parquet")
    addresses = pl.read_parquet(with_typology / "my-batch" / "features.parquet")
    round_sums = (pl.col("round_number_ratio") >= 0.8) & (pl.col("tx_total_count") >= 5)
    expected = set(addresses.filter(round_sums)["address"])
    assert expected
    assert set(alerts.filter(pl.col("typology_type") == "ROUND_SUMS")["address"]) == expected


def test_typology_of_the_page_has_the_form_that_is_checked(with_typology: Path) -> None:
    check_form(with_typology, RULES)


def test_typology_that_the_docs_do_not_name_is_told(with_typology: Path) -> None:
    (block,) = blocks_of(section("A typology"), "sh")
    page = with_typology / "docs" / "monitoring.md"
    kept = page.read_text(encoding="utf-8")
    page.write_text(kept.replace("ROUND_SUMS", "OTHER"), encoding="utf-8")
    told = type_in(with_typology, block.splitlines()[0])
    page.write_text(kept, encoding="utf-8")
    assert told.returncode == 1
    assert "{'ROUND_SUMS'}" in told.stdout


def test_numbers_of_the_pages_typology_are_a_section_of_the_profile(with_typology: Path) -> None:
    told = section("A typology")
    own = re.findall(r"`(round_sums: \{.*?\})`", told)[0]
    read = "from aml_miner.monitoring.profile import parse_profile as read"
    show = f"{read}; print(read({own!r}, 'own').round_sums)"
    assert run(with_typology, f".venv/bin/python -c {shlex.quote(show)}") == (
        "min_ratio=0.8 min_transfers=8\n"
    )
    misspelt = show.replace("min_transfers", "min_transfer")
    refused = type_in(with_typology, f".venv/bin/python -c {shlex.quote(misspelt)}")
    assert "did you mean 'round_sums.min_transfers'?" in refused.stderr
