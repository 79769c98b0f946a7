"""What a benchmark printed takes the place of the same sections of a page, and of nothing else."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "write_measured_tables.py"))

PAGE = """\
# Measured

## One

Words.

### torus, alerts

| old |

### torus, clusters

| old |

## Another

More words.
"""


def run(monkeypatch: pytest.MonkeyPatch, page: Path, printed: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["script", str(printed), "--page", str(page)])
    SCRIPT["main"]()


def test_printed_section_takes_the_place_of_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page, printed = tmp_path / "page.md", tmp_path / "printed.md"
    page.write_text(PAGE, encoding="utf-8")
    printed.write_text("\n### torus, clusters\n\n| new |\n\n### AMLSim\n\n| none |\n", "utf-8")
    run(monkeypatch, page, printed)
    expected = PAGE.replace("clusters\n\n| old |", "clusters\n\n| new |")
    assert page.read_text(encoding="utf-8") == expected
    assert capsys.readouterr().out == "### torus, clusters\n"


def test_page_without_any_of_the_sections_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page, printed = tmp_path / "page.md", tmp_path / "printed.md"
    page.write_text(PAGE, encoding="utf-8")
    printed.write_text("### AMLSim\n\n| new |\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        run(monkeypatch, page, printed)
    assert page.read_text(encoding="utf-8") == PAGE
    assert f"{page} has no section of what was printed" in capsys.readouterr().err


def test_page_of_measured_figures_has_a_place_for_what_is_printed() -> None:
    page = (ROOT / "docs" / "measured.md").read_text(encoding="utf-8")
    headings = SCRIPT["sections"](page)
    printed = [
        f"### Simulated, {kind}, {window} windows, mean over 32 economies"
        for kind in ("alerts", "clusters")
        for window in ("long", "short")
    ]
    printed += [
        f"### {name}, {kind}, {split}"
        for name in ("torus", "amlsim_fanin_cycle")
        for kind in ("alerts", "clusters")
        for split in ("as shipped", "by group and time")
    ]
    assert set(printed) <= headings.keys()
