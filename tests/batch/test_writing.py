from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from polars.testing.parametric import column, dataframes

from aml_miner.batch.batch import make_batch
from aml_miner.batch.meta import Meta
from aml_miner.batch.reading import read_batch
from aml_miner.batch.schemas import ALERTS, FEATURES
from aml_miner.batch.writing import write_batch
from aml_miner.errors import OutputError

META = Meta("torus", date(2025, 11, 20), 30, "2025-11-20T06:00:00Z")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_same_tables_give_the_same_bytes(tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    write_batch(tables, META, tmp_path / "a")
    write_batch(tables, META, tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert content(tmp_path / "a").keys() >= {"alerts.parquet", "META.json"}


def test_rows_are_counted_in_meta(tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    write_batch(tables, META, tmp_path / "a")
    assert read_batch(tmp_path / "a").meta.counts == {"alerts": 6, "features": 5, "clusters": 3}


def test_foreign_folder_is_refused(tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(OutputError, match="exists and was not written by this program"):
        write_batch(tables, META, tmp_path)
    assert content(tmp_path) == {"thesis.txt": b""}


ODD_VALUES = dataframes(
    [
        column(
            "amount_skewness",
            pl.Float64,
            allow_null=True,
            strategy=st.floats(allow_nan=False, allow_infinity=False),
        ),
        column("tx_in_count", pl.UInt64, allow_null=True),
        column("is_whale", pl.Boolean, allow_null=True),
        column("net_flow_usd", pl.Decimal(38, 18), allow_null=True),
        column("dominant_asset_in", pl.String, allow_null=True),
    ],
    min_size=5,
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(values=ODD_VALUES)
def test_batch_survives_writing_and_reading(
    tables: dict[str, pl.DataFrame], tmp_path: Path, values: pl.DataFrame
) -> None:
    features = tables["features"].with_columns(values)
    written = make_batch(tables | {"features": features}, META)
    folder = tmp_path / "batch"
    write_batch(
        {"alerts": written.alerts, "features": written.features, "clusters": written.clusters},
        META,
        folder,
    )
    read = read_batch(folder)
    assert_frame_equal(read.features, written.features)
    assert_frame_equal(read.alerts, written.alerts)
    assert read.report == written.report


def test_empty_batch_survives_writing_and_reading(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    empty = {name: table.clear() for name, table in tables.items()}
    write_batch(empty, META, tmp_path / "a")
    read = read_batch(tmp_path / "a")
    assert read.alerts.equals(ALERTS.empty())
    assert read.features.equals(FEATURES.empty())
