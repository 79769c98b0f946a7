"""What scoring reads of a batch is a part of it, and gives the same as all of it."""

from datetime import date
from pathlib import Path

import orjson
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.meta import META_FILE, Meta
from aml_miner.batch.reading import read_batch, read_batch_to_score
from aml_miner.batch.writing import write_batch
from aml_miner.errors import IntegrityError, InvalidBatchError
from aml_miner.features.builder import (
    address_columns,
    build_all_features,
    build_cluster_features,
)

META = Meta("torus", date(2025, 11, 20), 30)


def written(folder: Path, tables: dict[str, pl.DataFrame]) -> Path:
    write_batch(tables, META, folder)
    return folder


@pytest.mark.parametrize("as_json_text", [False, True])
@pytest.mark.parametrize("verified", [True, False])
def test_features_of_alerts_and_clusters_are_those_of_the_whole_batch(
    tables: dict[str, pl.DataFrame], tmp_path: Path, *, as_json_text: bool, verified: bool
) -> None:
    if as_json_text:
        texts = [
            orjson.dumps(names).decode()
            for names in tables["clusters"]["addresses_involved"].to_list()
        ]
        column = pl.Series("addresses_involved", texts)
        tables["clusters"] = tables["clusters"].with_columns(column)
    folder = written(tmp_path / "batch", tables)
    if not verified:
        (folder / META_FILE).unlink()
    whole = read_batch(folder, allow_unverified=not verified)
    part = read_batch_to_score(folder, address_columns(), allow_unverified=not verified)
    assert_frame_equal(build_all_features(part), build_all_features(whole))
    assert_frame_equal(build_cluster_features(part), build_cluster_features(whole))
    assert part.report.rows == whole.report.rows
    assert part.report.unverified is not verified
    assert part.report.alerts_on_unknown_addresses == whole.report.alerts_on_unknown_addresses


def test_only_named_addresses_and_asked_columns_are_read(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    tables["alerts"] = tables["alerts"].head(1).with_columns(address=pl.lit("collector"))
    tables["clusters"] = tables["clusters"].clear()
    folder = written(tmp_path / "batch", tables)
    part = read_batch_to_score(folder, {"degree_in", "pagerank"})
    assert part.features["address"].to_list() == ["collector"]
    assert set(part.features.columns) == {
        "address", "processing_date", "window_days", "degree_in", "pagerank",
    }  # fmt: skip
    assert part.report.rows["features"] == tables["features"].height


def test_an_asked_column_that_is_absent_is_named_and_another_is_not(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    tables["features"] = tables["features"].drop("pagerank", "kcore")
    folder = written(tmp_path / "batch", tables)
    assert read_batch_to_score(folder, {"pagerank"}).report.absent_columns["features"] == (
        "pagerank",
    )


def test_what_is_read_is_checked_and_what_is_not_is_verified_by_its_hash(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    broken = tables["features"].with_columns(
        pagerank=pl.when(pl.col("address") == "courier").then(7.0).otherwise("pagerank")
    )
    folder = written(tmp_path / "batch", tables | {"features": broken})
    with pytest.raises(InvalidBatchError, match=r"features\.parquet.*'pagerank'"):
        read_batch_to_score(folder, {"pagerank"})
    assert read_batch_to_score(folder, {"kcore"}).features.height
    with (folder / "features.parquet").open("ab") as file:
        file.write(b"x")
    with pytest.raises(IntegrityError, match=r"features\.parquet"):
        read_batch_to_score(folder, {"kcore"})


def test_a_wrong_count_of_rows_not_read_is_found(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    folder = written(tmp_path / "batch", tables)
    meta = orjson.loads((folder / META_FILE).read_bytes())
    meta["counts"]["features"] = 7
    (folder / META_FILE).write_bytes(orjson.dumps(meta))
    with pytest.raises(InvalidBatchError, match=r"features is 7, but features\.parquet has 5 rows"):
        read_batch_to_score(folder, {"kcore"})


@pytest.mark.parametrize(
    ("name", "column", "message"),
    [
        ("alerts", "address", "alerts: required column\\(s\\) missing: 'address'"),
        ("clusters", "addresses_involved", "required column\\(s\\) missing: 'addresses_involved'"),
        ("features", "address", "features: required column\\(s\\) missing: 'address'"),
    ],
)
def test_a_missing_column_of_addresses_is_named(
    tables: dict[str, pl.DataFrame], tmp_path: Path, name: str, column: str, message: str
) -> None:
    folder = written(tmp_path / "batch", tables | {name: tables[name].drop(column)})
    with pytest.raises(InvalidBatchError, match=message):
        read_batch_to_score(folder, {"kcore"})


def test_addresses_of_another_type_are_refused_as_in_the_whole_batch(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    numbers = tables["alerts"].with_columns(address=pl.int_range(pl.len()))
    folder = written(tmp_path / "batch", tables | {"alerts": numbers})
    with pytest.raises(
        InvalidBatchError, match="'address' must be text, but the column holds whole numbers"
    ):
        read_batch_to_score(folder, {"kcore"})


def test_a_file_that_is_not_parquet_is_named(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    folder = written(tmp_path / "batch", tables)
    (folder / META_FILE).unlink()
    (folder / "features.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(InvalidBatchError, match="not a readable Parquet file"):
        read_batch_to_score(folder, {"kcore"}, allow_unverified=True)
