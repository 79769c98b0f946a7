"""What docs/customisation.md says to change in the source is done word by word in a copy of it, and works."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
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
FEATURE_PLACES = (
    ("aml_miner/features/temporal.py", '\n)\n"""One entry per column of the family'),
    ("tests/features/test_temporal.py", "\n]\n"),
)
"""The files of the feature's entry and of its row, with what the end of either list is told by."""
FEW_TREES = """\
scorer: {n_estimators: 5}
ranker: {n_estimators: 5, scorer_trees: 5}
cluster: {n_estimators: 5}
evaluation: {bootstrap_resamples: 20, cv_folds: 2}
"""


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


def test_feature_of_the_page_is_learned(world: Path, tmp_path: Path) -> None:
    fork = copy_source(tmp_path)
    lay_out_demo(fork, world, "past")
    (source, end), (table, end_of_table) = FEATURE_PLACES
    entry, row = entry_and_row(section("A feature"))
    write_page, _, tests, train, *_ = blocks_of(PAGE, "sh")[1].splitlines()
    change(fork / source, end, f"\n{textwrap.indent(entry, '    ')},{end}")
    change(fork / table, end_of_table, f"\n    {row},{end_of_table}")
    run(fork, write_page)
    run(fork, f"{tests}/{Path(table).name} tests/features/test_features_page.py")
    check_form(fork, Path(source), Path(table))
    (fork / "few.yaml").write_text(FEW_TREES, encoding="utf-8")
    run(fork, f"{train} --config few.yaml")
    for model in ("alert_scorer", "alert_ranker"):
        metadata = json.loads((fork / "my-models" / model / "metadata.json").read_bytes())
        assert "received_per_day_usd" in metadata["feature_names"]


def entry_and_row(told: str) -> tuple[str, str]:
    """Return the feature's entry and its row in the table of values, as the page has them."""
    (block,) = blocks_of(told, "python")
    (entry,) = re.findall(r"^feature = (Feature\(\n.*?^\))$", block, re.MULTILINE | re.DOTALL)
    (row,) = re.findall(r'`(\("received_per_day_usd", .*?\))`', told)
    assert all(f"](../{path})" in told for path, _ in FEATURE_PLACES)
    return entry, row
