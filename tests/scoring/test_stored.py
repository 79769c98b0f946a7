"""Stored results are read whole, also while they are replaced."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event, Thread, Timer

import polars as pl
import pytest

from aml_miner.errors import UnknownResultError
from aml_miner.scoring import Results, write_results
from aml_miner.scoring.stored import find_results, read_result, read_result_table


def changed(results: Results, **values: object) -> Results:
    """Return results with some columns of every table set to a value."""
    tables = {
        name: table.with_columns(
            pl.lit(value).cast(table[column].dtype).alias(column)
            for column, value in values.items()
            if column in table.columns
        )
        for name, table in results.tables.items()
    }
    return replace(results, **tables)


@pytest.fixture
def root(tmp_path: Path, results: Results) -> Path:
    for network, day in (("b", date(2025, 1, 2)), ("a", date(2025, 1, 2)), ("a", date(2025, 1, 3))):
        of_day = changed(results, network=network, processing_date=day)
        write_results(of_day, tmp_path / network / str(day) / "30")
    return tmp_path


def test_results_come_newest_first_then_by_network(root: Path) -> None:
    found = [(r.network, r.processing_date.day) for r in find_results(root)]
    assert found == [("a", 3), ("a", 2), ("b", 2)]


def test_a_folder_that_is_being_written_or_is_broken_is_left_out(root: Path) -> None:
    (root / "a" / "2025-01-02").rename(root / "a" / ".2025-01-02.partial-host-1")
    (root / "b" / "2025-01-02" / "30" / "alert_scores.parquet").write_bytes(b"PAR1")
    assert [(r.network, r.processing_date.day) for r in find_results(root)] == [("a", 3)]


def test_results_without_any_row_are_left_out(tmp_path: Path, results: Results) -> None:
    empty = replace(results, **{name: table.clear() for name, table in results.tables.items()})
    write_results(empty, tmp_path / "empty")
    assert find_results(tmp_path) == []


def test_a_table_is_the_one_that_was_written(root: Path, results: Results) -> None:
    result = find_results(root)[0]
    current, table = read_result_table(result, "alert_scores")
    assert current == result
    assert table["score"].to_list() == results.alert_scores["score"].to_list()


def test_a_folder_that_is_gone_is_told(root: Path) -> None:
    result = find_results(root)[0]
    result.folder.rename(root / "elsewhere")
    with pytest.raises(UnknownResultError, match="of 2025-01-03 are no longer stored"):
        read_result_table(result, "alert_scores")


@pytest.fixture
def rewriting(tmp_path: Path, results: Results) -> Iterator[Path]:
    """A folder that is written anew again and again, with all its scores one number, a higher one each time."""
    folder, stop = tmp_path / "results", Event()
    write_results(changed(results, score=0.0), folder)

    def rewrite() -> None:
        for number in range(1, 1_000):
            if stop.is_set():
                return
            write_results(changed(results, score=number / 1_000), folder)

    thread = Thread(target=rewrite)
    thread.start()
    yield folder
    stop.set()
    thread.join()


def test_results_that_are_being_replaced_are_seen_whole(rewriting: Path) -> None:
    seen = set()
    for _ in range(100):
        result = read_result(rewriting)
        _, table = read_result_table(result, "alert_scores")
        assert table["score"].n_unique() == 1
        seen.add(table["score"][0])
    assert len(seen) > 1


def test_a_folder_that_is_between_two_renames_is_waited_for(root: Path) -> None:
    folder = find_results(root)[0].folder
    away = folder.with_name("away")
    folder.rename(away)
    back = Timer(0.02, away.rename, [folder])  # longer than a handful of looks without a pause take
    back.start()
    assert read_result(folder).folder == folder
    back.join()


def test_a_folder_that_is_gone_is_not_waited_for_long(root: Path) -> None:
    folder = find_results(root)[0].folder
    with pytest.raises(FileNotFoundError):
        read_result(folder.with_name("nowhere"))


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted on Linux")
def test_no_folder_stays_open(root: Path) -> None:
    before = open_files()
    for result in find_results(root) * 5:
        read_result_table(result, "cluster_scores")
    assert open_files() <= before
