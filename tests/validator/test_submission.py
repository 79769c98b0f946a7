"""Submissions are read as they lie, from results folders, packages and single files."""

import json
import math
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from aml_miner import scoring
from aml_miner.errors import InvalidBatchError
from aml_miner.scoring import Results
from aml_miner.validator.submission import (
    METADATA_FILE,
    RANKINGS_FILE,
    RESULTS_FILE,
    make_submission,
    read_submission,
)

ROWS = pl.DataFrame(
    {
        "alert_id": ["b", "a", "a"],
        "score": [0.5, None, 0.25],
        "processing_date": [date(2025, 11, 20)] * 3,
        "window_days": [30] * 3,
        "model_version": ["v"] * 3,
    }
)


def results(folder: Path, metadata: object = None, rows: pl.DataFrame = ROWS) -> Path:
    folder.mkdir(exist_ok=True)
    rows.write_parquet(folder / "alert_scores.parquet")
    document = {"latencies_ms": {"total": 6.0}} if metadata is None else metadata
    (folder / "processing_metadata.json").write_text(json.dumps(document))
    return folder


def test_results_are_read_with_date_window_and_latency(tmp_path: Path) -> None:
    read = read_submission(results(tmp_path / "r"))
    assert (read.name, read.processing_date, read.window_days) == (
        str(tmp_path / "r"),
        date(2025, 11, 20),
        30,
    )
    assert (read.latency_ms, read.packaged, read.ranking) == (2.0, False, None)  # 6 ms for 3 alerts
    assert read.rows["alert_id"].to_list() == ["b", "a", "a"]


def test_null_scores_are_read_as_nan() -> None:
    scores = make_submission(ROWS, name="r").rows["score"].to_list()
    assert math.isnan(scores[1])


def test_sound_scores_are_those_in_range_once_and_sorted() -> None:
    table = pl.DataFrame(
        {"alert_id": ["b", "a", "a", "c", "d", "e"], "score": [1.0, 0.25, 0.5, 1.5, math.nan, -0.1]}
    )
    assert make_submission(table, name="r").sound_scores().rows() == [("a", 0.5), ("b", 1.0)]


def test_the_ranking_beside_the_scores_is_read(tmp_path: Path) -> None:
    folder = results(tmp_path / "r")
    ranks = pl.DataFrame({"alert_id": ["b", "a", "a"], "rank": [2, 3, 1]})
    ranks.write_parquet(folder / "alert_rankings.parquet")
    ranking = read_submission(folder).ranking
    assert ranking is not None
    assert ranking.rows() == [("a", 1), ("b", 2)]


def test_a_package_and_a_file_are_what_is_sent(tmp_path: Path) -> None:
    ROWS.with_columns(latency_ms=pl.Series([1.0, None, 3.0])).write_parquet(
        tmp_path / "scores.parquet"
    )
    for path in (tmp_path, tmp_path / "scores.parquet"):
        read = read_submission(path)
        assert (read.packaged, read.latency_ms) == (True, 2.0)


@pytest.mark.parametrize("latencies", [None, ["fast"], [None, None, None]])
def test_latency_is_not_known_where_nothing_says_it(latencies: list[object] | None) -> None:
    rows = ROWS[:1] if latencies == ["fast"] else ROWS
    table = rows if latencies is None else rows.with_columns(latency_ms=pl.Series(latencies))
    assert make_submission(table, name="r").latency_ms is None


def test_no_alerts_have_no_latency(tmp_path: Path) -> None:
    assert read_submission(results(tmp_path / "r", rows=ROWS.clear())).latency_ms is None


@pytest.mark.parametrize("day", ["2025-11-20", datetime(2025, 11, 20, 12, tzinfo=UTC)])
def test_date_and_window_may_be_of_other_types(day: object) -> None:
    other = ROWS.with_columns(processing_date=pl.lit(day), window_days=pl.lit("30"))
    read = make_submission(other, name="r")
    assert (type(read.processing_date), read.processing_date) == (date, date(2025, 11, 20))
    assert read.window_days == 30


def test_date_and_window_may_be_absent() -> None:
    absent = make_submission(ROWS.select("alert_id", "score"), name="r")
    assert (absent.processing_date, absent.window_days) == (None, None)


def test_a_column_can_be_added_in_every_row() -> None:
    added = make_submission(ROWS, name="r").with_column("model_github_url", "https://example.org")
    assert added.rows["model_github_url"].to_list() == ["https://example.org"] * 3


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (ROWS.drop("score"), "r: required column.s. missing: score; found alert_id, processing"),
        (pl.DataFrame(), "r: required column.s. missing: alert_id, score; found none"),
        (ROWS.with_columns(score=pl.lit("high")), "r: 'score' must hold numbers; found String"),
        (ROWS.with_columns(alert_id=pl.Series(["a", None, "b"])), "1 of 3 rows are not; write each"),
        (ROWS.with_columns(window_days=pl.Series([7, 30, 30])), "must be one; found 2, from 7 to 30"),
        (ROWS.with_columns(processing_date=pl.lit("soon")), "must be a date .YYYY-MM-DD.; found 'soon'"),
        (ROWS.with_columns(processing_date=pl.lit(20)), "must be a date .YYYY-MM-DD.; found '20'"),
        (ROWS.with_columns(window_days=pl.lit("week")), "must be a whole number; found 'week'"),
    ],
)  # fmt: skip
def test_a_table_that_is_no_submission_is_refused(table: pl.DataFrame, message: str) -> None:
    with pytest.raises(InvalidBatchError, match=message):
        make_submission(table, name="r")


def test_a_place_without_scores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidBatchError, match="holds neither alert_scores"):
        read_submission(tmp_path)
    with pytest.raises(InvalidBatchError, match="there is no such folder or file"):
        read_submission(tmp_path / "none")


@pytest.mark.parametrize("metadata", [{}, {"latencies_ms": {"total": "long"}}, []])
def test_metadata_without_a_total_time_is_refused(tmp_path: Path, metadata: object) -> None:
    with pytest.raises(InvalidBatchError, match="expected latencies_ms with a total"):
        read_submission(results(tmp_path / "r", metadata))


def test_a_ranking_without_ranks_is_refused(tmp_path: Path) -> None:
    folder = results(tmp_path / "r")
    ROWS.write_parquet(folder / "alert_rankings.parquet")
    with pytest.raises(InvalidBatchError, match=r"alert_rankings.parquet: .* missing: rank"):
        read_submission(folder)


def test_files_are_named_as_scoring_names_them() -> None:
    names = {field.name for field in fields(Results)}
    assert METADATA_FILE == scoring.results.METADATA_FILE
    assert {RESULTS_FILE, RANKINGS_FILE} <= {f"{name}.parquet" for name in names}
