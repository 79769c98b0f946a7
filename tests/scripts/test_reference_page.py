import re
import runpy
from pathlib import Path

import pytest

from aml_miner.config.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


def test_the_page_is_what_the_program_is() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "write_reference_page.py"))
    written = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert written == script["reference_page"](), "run scripts/write_reference_page.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_every_setting_has_a_meaning_of_its_own_words() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "write_reference_page.py"))
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", script["_settings"](), re.MULTILINE)
    assert [name.lower() for name, _, _ in rows] == list(Settings.model_fields)
    assert all(told.endswith(".") and len(told.split()) > 2 for _, _, told in rows)
