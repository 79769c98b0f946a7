from datetime import date
from pathlib import Path

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch
from aml_miner.batch.meta import Meta, file_digest
from aml_miner.batch.reading import find_batches, read_batch, read_parquet, read_table
from aml_miner.batch.schemas import ADDRESS_LABELS, SCORED_TABLES, TRANSFERS
from aml_miner.batch.writing import write_batch
from aml_miner.errors import IntegrityError, InvalidBatchError

META = Meta("torus", date(2025, 11, 20), 30)


@pytest.fixture
def folder(tables: dict[str, pl.DataFrame], tmp_path: Path) -> Path:
    """A batch as it is published."""
    folder = tmp_path / "torus" / "2025-11-20" / "30"
    write_batch(tables, META, folder)
    return folder


def test_batch_is_read_as_it_was_written(folder: Path, batch: Batch) -> None:
    read = read_batch(folder)
    for name in ("alerts", "features", "clusters"):
        assert_frame_equal(getattr(read, name), getattr(batch, name))
    assert read.report == batch.report
    assert (read.meta.network, read.meta.batch_id) == ("torus", "torus-2025-11-20-30d")


def test_batch_is_found_below_a_root(folder: Path, tmp_path: Path) -> None:
    assert read_batch(tmp_path).alerts.height == 6
    assert find_batches(tmp_path) == [folder]
    assert find_batches(folder) == [folder]


def test_root_of_several_batches_says_to_name_one(
    folder: Path, tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    other = tmp_path / "torus" / "2025-11-21" / "30"
    write_batch(tables, META, other)
    assert find_batches(tmp_path) == [folder, other]
    with pytest.raises(
        InvalidBatchError, match="holds 2 batches, expected one; name one of them, for"
    ) as refused:
        read_batch(tmp_path)
    assert str(refused.value).endswith(f"{other}.")


def test_hidden_folder_holds_no_batch(tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    write_batch(tables, META, tmp_path / ".batch.partial-1")
    with pytest.raises(InvalidBatchError, match=r"no alerts.parquet in this folder or below it\."):
        find_batches(tmp_path)


def test_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidBatchError, match=r"nowhere: no alerts.parquet"):
        read_batch(tmp_path / "nowhere")


def test_only_the_tables_asked_for_are_read(folder: Path) -> None:
    (folder / "address_labels.parquet").write_text("not Parquet")
    assert read_batch(folder, SCORED_TABLES).address_labels is None


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_wrong_hash_is_an_error_even_where_none_is_asked_for(folder: Path, algorithm: str) -> None:
    digests = {"alerts.parquet": "0" * 64}
    section = (
        {"sha256": digests}
        if algorithm == "sha256"
        else {"files": {"alerts.parquet": {"md5": "0" * 32}}}
    )
    (folder / "META.json").write_bytes(orjson.dumps(section))
    with pytest.raises(
        IntegrityError, match=f"alerts.parquet: {algorithm} is [0-9a-f]+, META.json expects 0+;"
    ):
        read_batch(folder, allow_unverified=True)


def test_missing_meta_is_an_error_unless_allowed(folder: Path) -> None:
    (folder / "META.json").unlink()
    with pytest.raises(
        IntegrityError, match=r"no META.json, so alerts.parquet cannot be verified; pass --allow"
    ):
        read_batch(folder)
    assert read_batch(folder, allow_unverified=True).report.unverified


def test_missing_hash_is_an_error_unless_allowed(folder: Path) -> None:
    digests = {
        f"{t}.parquet": file_digest(folder / f"{t}.parquet", "sha256")
        for t in ("alerts", "clusters")
    }
    (folder / "META.json").write_bytes(orjson.dumps({"sha256": digests}))
    with pytest.raises(
        IntegrityError, match=r"META.json: no hash for features.parquet; pass --allow-unverified"
    ):
        read_batch(folder)
    assert read_batch(folder, allow_unverified=True).report.unverified


def test_date_that_disagrees_with_meta_is_an_error(folder: Path) -> None:
    meta = orjson.loads((folder / "META.json").read_bytes())
    (folder / "META.json").write_bytes(orjson.dumps(meta | {"processing_date": "2025-11-21"}))
    with pytest.raises(
        InvalidBatchError, match=r"alerts: 'processing_date' must be 2025-11-21 as META.json says"
    ):
        read_batch(folder)


def test_file_that_meta_lists_and_is_not_there_is_named(folder: Path) -> None:
    (folder / "features.parquet").unlink()
    with pytest.raises(
        InvalidBatchError, match=r"META.json lists features.parquet, which is not there\."
    ):
        read_batch(folder)
    (folder / "META.json").unlink()
    with pytest.raises(InvalidBatchError, match="features: the table is missing"):
        read_batch(folder, allow_unverified=True)


def test_optional_file_that_is_not_asked_for_may_be_missing(folder: Path) -> None:
    meta = orjson.loads((folder / "META.json").read_bytes())
    meta["sha256"]["money_flows.parquet"] = "0" * 64
    (folder / "META.json").write_bytes(orjson.dumps(meta))
    assert read_batch(folder, SCORED_TABLES).alerts.height == 6
    with pytest.raises(InvalidBatchError, match=r"lists money_flows.parquet, which is not there\."):
        read_batch(folder)


@pytest.mark.parametrize("kept", [0, 3, 100, -1, -8])
def test_truncated_file_is_named(folder: Path, kept: int) -> None:
    path = folder / "alerts.parquet"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(IntegrityError, match="the file was changed or cut off: fetch it again"):
        read_batch(folder)
    with pytest.raises(
        InvalidBatchError, match=r"alerts.parquet: not a readable Parquet file \(cut off, or"
    ):
        read_parquet(path)


@pytest.mark.parametrize(
    "content", [b"alert_id,address\na,b\n", b"PAR1", b"PAR1PAR1", b'{"alerts": []}']
)
def test_file_that_is_not_parquet_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "alerts.parquet").write_bytes(content)
    with pytest.raises(InvalidBatchError, match=r"alerts.parquet: not a readable Parquet file"):
        read_batch(tmp_path, allow_unverified=True)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
@given(st.data())
def test_one_changed_byte_is_caught_before_the_file_is_parsed(
    folder: Path, data: st.DataObject
) -> None:
    """The Parquet reader is native code and can abort on a damaged file: the hash must come first."""
    path = folder / "clusters.parquet"
    sound = path.read_bytes()
    content = bytearray(sound)
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        with pytest.raises(IntegrityError, match=r"clusters\.parquet: sha256 is"):
            read_batch(folder)
    finally:
        path.write_bytes(sound)


def test_folder_in_the_place_of_a_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "alerts.parquet").mkdir()
    with pytest.raises(InvalidBatchError, match=r"no alerts.parquet in this folder"):
        read_batch(tmp_path, allow_unverified=True)
    with pytest.raises(InvalidBatchError, match="not a readable Parquet file"):
        read_parquet(tmp_path / "alerts.parquet")


def test_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidBatchError, match=r"gone.parquet: there is no such file\."):
        read_parquet(tmp_path / "gone.parquet")


def test_path_is_taken_to_the_letter(tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    folder = tmp_path / "[a]*?" / "window_days=7"
    write_batch(tables, META, folder)
    assert read_batch(folder).alerts["window_days"].to_list() == [30] * 6


def test_published_tables_are_read(shared_data: Path) -> None:
    transfers = read_table(shared_data / "torus" / "transfers.parquet", TRANSFERS)
    labels = read_table(shared_data / "torus" / "address_labels.parquet", ADDRESS_LABELS)
    assert (transfers.rows.height, labels.rows.height) == (4144, 131)
