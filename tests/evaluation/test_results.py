"""Results are read with what judging needs, and refused with what is wrong."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from aml_miner.errors import InvalidBatchError
from aml_miner.evaluation.results import read_results

SCORES = pl.DataFrame(
    {
        "processing_date": [date(2025, 11, 20)] * 2,
        "alert_id": ["a", "b"],
        "address": ["x", "y"],
        "score": [0.5, 0.25],
    }
)


def write(folder: Path, **tables: pl.DataFrame) -> Path:
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return folder


def test_folder_may_lack_ranks_and_clusters(tmp_path: Path) -> None:
    found = read_results(write(tmp_path, alert_scores=SCORES))
    assert found.alert_scores.equals(SCORES)
    assert found.alert_rankings is None
    assert found.cluster_scores is None


def test_file_of_scores_will_do(tmp_path: Path) -> None:
    write(tmp_path, alert_scores=SCORES.with_columns(pl.col("score").cast(pl.Float32)))
    found = read_results(tmp_path / "alert_scores.parquet")
    assert found.alert_scores.schema["score"] == pl.Float64()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (SCORES.drop("score", "address"), r"required column\(s\) missing: address, score"),
        (SCORES.with_columns(score=pl.lit("high")), "conversion"),
        (
            SCORES.with_columns(score=pl.when(pl.col("score") > 0.3).then("score")),
            "'score' must be present; 1 of 2 rows are null",
        ),
    ],
)
def test_table_that_cannot_be_judged_is_refused(
    tmp_path: Path, table: pl.DataFrame, message: str
) -> None:
    with pytest.raises(InvalidBatchError, match=message):
        read_results(write(tmp_path, alert_scores=table))


def test_ranks_of_other_alerts_are_refused(tmp_path: Path) -> None:
    ranks = pl.DataFrame({"alert_id": ["b", "a"], "rank": [1, 2]})
    with pytest.raises(InvalidBatchError, match="the same alerts row for row"):
        read_results(write(tmp_path, alert_scores=SCORES, alert_rankings=ranks))


def test_missing_results_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidBatchError, match=r"alert_scores\.parquet: there is no such file"):
        read_results(tmp_path)


def test_of_a_folder_of_several_results_one_is_to_be_named(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, alert_scores=SCORES)
    told = f"{tmp_path}: holds 2 results, expected one; name one of them, for instance {tmp_path / 'second'}."
    with pytest.raises(InvalidBatchError) as caught:
        read_results(tmp_path)
    assert str(caught.value) == told


def test_the_only_results_below_a_folder_are_those(tmp_path: Path) -> None:
    (tmp_path / "only").mkdir()
    write(tmp_path / "only", alert_scores=SCORES)
    assert read_results(tmp_path).alert_scores.equals(SCORES)
