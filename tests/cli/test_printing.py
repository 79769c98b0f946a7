"""The table of alerts to open first, as it is read."""

import io
import sys

import polars as pl
import pytest

from aml_miner.cli.printing import print_counts, print_first_alerts


class Terminal(io.StringIO):
    """Standard output as a terminal."""

    def isatty(self) -> bool:
        return True


COLUMNS = ("rank", "score", "typology_type", "alert_id", "address", "description", "reasons")


def printed(capsys: pytest.CaptureFixture[str], *rows: tuple[object, ...]) -> str:
    print_first_alerts(pl.DataFrame(list(rows), schema=list(COLUMNS), orient="row"))
    return capsys.readouterr().out


def test_each_alert_has_its_rank_score_typology_address_and_reasons(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(
        capsys,
        (
            1,
            0.25,
            "STRUCTURING",
            "a",
            "0x5f268463ef72a91e",
            "Ask.",
            ["+ sent 5 USD", "− is not a hub"],
        ),
        (2, 0.75, "PING_PONG", "b", "short", "", ["+ received 2 transfers"]),
    )
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines()]
    assert [row for row in cells if row] == [
        ["1", "0.250", "STRUCTURING", "0x5f26846…a91e", "+ sent 5 USD"],
        ["", "", "", "", "− is not a hub"],
        ["2", "0.750", "PING_PONG", "short", "+ received 2 transfers"],
    ]
    assert out.startswith("The 2 alerts to open first")
    assert out.splitlines()[-2:] == ["   1  a  0x5f268463ef72a91e  Ask.", "   2  b  short"]


def test_table_says_whose_the_rank_the_score_and_the_reasons_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(capsys, (1, 0.25, "STRUCTURING", "a", "x", "", ["+ sent 5 USD"]))
    *_, first, second, _ = out.splitlines()
    assert first == "rank: the ranker's order. score: the scorer's, between 0 and 1."
    assert second.startswith("The reasons explain the score, not the rank")


def test_text_of_others_is_neither_markup_nor_an_order_to_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(
        capsys, (1, 0.25, "[bold][/red]", "a", "x\x1b[2Jy", "[b]", ["+ is\nof type [link]"])
    )
    assert "[bold][/red]" in out
    assert "x?[2Jy" in out
    assert "+ is?of type [link]" in out


def test_that_there_are_no_alerts_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys) == "There are no alerts to open.\n"


def test_no_alerts_is_a_count_and_nothing_amiss_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    print_counts({"alerts": 0, "self_transfers": 0, "a_count_with_a_name_of_many_words": 1_000})
    assert capsys.readouterr().out.splitlines() == [
        "  alerts                                       0",
        "  a count with a name of many words        1,000",
    ]


def test_table_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    reason = "+ " + "many words " * 20
    row = (1, 0.25, "STRUCTURING", "a", "x", "", [reason])
    print_first_alerts(pl.DataFrame([row], schema=list(COLUMNS), orient="row"))
    table = [line for line in terminal.getvalue().splitlines() if "│" in line]
    assert len(table) > 3  # the reason goes on over several lines
