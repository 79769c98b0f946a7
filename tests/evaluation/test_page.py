"""The page needs nothing but itself, shows every plot, and takes no name for markup."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Final

import pytest

from aml_miner.config.model_config import load_model_config
from aml_miner.evaluation.budget import Budget
from aml_miner.evaluation.curves import sum_contributions
from aml_miner.evaluation.evaluation import evaluate
from aml_miner.evaluation.judged import Judged
from aml_miner.evaluation.page import Chapter, write_page
from aml_miner.evaluation.tables import build_tables
from tests.evaluation.test_evaluation import judged

PARAMETERS = load_model_config().evaluation.model_copy(update={"bootstrap_resamples": 20})
EVIL = "<script>alert(1)</script>"
EVERY_RULE: Final = Budget(capacity=5, recall_floor=0.9, miss_cost=20)


def page(one: Judged, title: str = "Scores", name: str = "degree_out") -> str:
    texts = [f'{{"top_features": [{{"name": "{name}", "contribution": 1.5}}]}}']
    found = evaluate(one, PARAMETERS, 1, EVERY_RULE)
    return write_page([Chapter(one, found, sum_contributions(texts))], title)


@pytest.fixture(scope="module")
def whole() -> str:
    return page(judged())


def test_every_plot_and_table_is_there(whole: str) -> None:
    for words in (
        "Precision and recall", "ROC", "Gain", "Reliability", "Scores", "What moved the scores",
        "Recall when a tenth of all is opened", "Alert budget", "average precision", "degree out",
        "open at most 5", "a miss costs 20 openings", "2 of 40 alerts have no label",
    ):  # fmt: skip
        assert words in whole
    assert whole.count("<figure>") == 5


class Tables(HTMLParser):
    """The tables of a page: of each its heads of columns, heads of rows and other cells, by the tag and its scope."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.captions: list[str] = []
        self.cells: list[list[tuple[str, str]]] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "caption":
            self.captions.append("")
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append((dict(attrs).get("scope") or "", ""))
        self.inside = tag if tag in ("caption", "h3", "td", "th") else ""

    def handle_endtag(self, tag: str) -> None:
        del tag
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in ("td", "th"):
            scope, text = self.cells[-1][-1]
            self.cells[-1][-1] = scope, text + data
        elif self.inside == "h3" and self.captions and not self.cells[-1]:
            self.captions[-1] += data


def test_page_has_every_cell_of_every_table_below_its_heads(whole: str) -> None:
    expected = list(build_tables(evaluate(judged(), PARAMETERS, 1, EVERY_RULE)))
    found = Tables(whole)
    assert found.captions == [table.title for table in expected]
    for table, cells in zip(expected, found.cells, strict=True):
        assert cells == [
            *(("col", name) for name in table.columns),
            *(
                ("row" if place < table.names else "", cell)
                for row in table.rows
                for place, cell in enumerate(row)
            ),
        ]


def test_table_that_is_too_wide_is_scrolled_by_keyboard(whole: str) -> None:
    scrolled = re.findall(
        r'<div class="wide" role="region" aria-label="([^"]+)" tabindex="0">', whole
    )
    assert list(map(unescape, scrolled)) == Tables(whole).captions
    assert len(set(scrolled)) == 4


def test_page_asks_for_nothing_from_anywhere(whole: str) -> None:
    assert not re.search(r"https?:|<script|<link|<img|src=|@import|url\(", whole)


def test_page_is_well_formed(whole: str) -> None:
    open_tags: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            del attrs
            if tag != "meta":
                open_tags.append(tag)

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            del tag, attrs

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    Parser().feed(whole)
    assert open_tags == []
    assert "nan" not in re.sub(r"<[^>]*title[^>]*>", "", whole).lower().split()


def test_names_from_files_are_text(whole: str) -> None:
    one = judged()
    segments = {"typology": one.segments["typology"].fill_null(EVIL)}
    scorings = {f"{name} {EVIL}": scores for name, scores in one.scorings.items()}
    evil = Judged(one.what, one.rows, segments, scorings, frozenset({f"model {EVIL}"}))
    found = page(evil, title=EVIL, name=EVIL)
    assert "<script" not in found
    assert "&lt;script&gt;" in found
    assert "<script" not in whole


def test_same_scores_give_the_same_page(whole: str) -> None:
    assert page(judged()) == whole


def test_without_labels_there_is_a_page_without_curves() -> None:
    import polars as pl

    one = judged()
    rows = one.rows.with_columns(label=pl.lit(None, pl.Boolean))
    found = page(Judged("alerts", rows, one.segments, one.scorings, one.probabilities))
    assert "Precision and recall" not in found
    assert "0 labelled" in found
