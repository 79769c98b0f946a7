"""The picture of the README tells what the tables hold, and is one that can be parsed."""

import re
import runpy
import xml.etree.ElementTree as ET
from pathlib import Path

import polars as pl

from aml_miner.batch.batch import Batch
from aml_miner.config.settings import SHIPPED_MODELS
from aml_miner.models import load_models
from aml_miner.scoring import first_alerts, score_batch

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "draw_overview.py"))
TRANSFERS = pl.DataFrame({"from_address": ["a", "b"], "to_address": ["b", "c"]})


def test_counts_and_first_alerts_are_drawn(batch: Batch) -> None:
    first = first_alerts(score_batch(batch, load_models(SHIPPED_MODELS)), batch, 3)
    drawn = SCRIPT["overview"](TRANSFERS, batch, first)
    assert drawn == SCRIPT["overview"](TRANSFERS, batch, first)
    texts = [node.text or "" for node in ET.fromstring(drawn).iter()]  # noqa: S314 - our own text
    assert {"2 transfers", "3 addresses", "6 alerts", "3 clusters"} <= set(texts)
    heads = [text for text in texts if re.match(r"\d\. ", text)]
    assert [head.rpartition(" ")[2] for head in heads] == first["address"].to_list()
    assert sum(text.startswith(("+ ", "− ")) for text in texts) >= 6


def test_readme_and_home_page_show_it() -> None:
    assert "](docs/images/overview.svg)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](images/overview.svg)" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "images" / "overview.svg").is_file()
