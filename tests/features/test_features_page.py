"""The page of features says what the code says."""

import runpy
from pathlib import Path

from aml_miner.features.builder import feature_reasons

ROOT = Path(__file__).resolve().parents[2]


def test_page_is_up_to_date_with_the_declarations() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "write_features_page.py"))
    page = (ROOT / "docs" / "features.md").read_text()
    assert page == script["features_page"](), "run scripts/write_features_page.py"


def test_page_lists_every_feature_once() -> None:
    page = (ROOT / "docs" / "features.md").read_text()
    for name in feature_reasons():
        assert page.count(f"\n| `{name}` |") == 1
