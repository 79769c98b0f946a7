import subprocess
import sys
from datetime import date
from pathlib import Path

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch
from aml_miner.batch.conversion import convert_column
from aml_miner.batch.meta import Meta, file_digest
from aml_miner.batch.reading import find_batches, read_batch, read_parquet, read_table
from aml_miner.batch.schemas import ADDRESS_LABELS, SCORED_TABLES, TRANSFERS, Column
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
    with pytest.raises(
        InvalidBatchError, match=r"no alerts.parquet in this folder or below it; name"
    ):
        find_batches(tmp_path)


def test_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidBatchError, match=r"nowhere: there is no such folder; check the path\."
    ):
        read_batch(tmp_path / "nowhere")


def test_file_in_the_place_of_a_folder_is_named(folder: Path) -> None:
    with pytest.raises(InvalidBatchError, match=r"alerts\.parquet: is a file, not a folder; check"):
        read_batch(folder / "alerts.parquet")


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


def test_date64_is_the_same_timestamp_whoever_reads_the_file(tmp_path: Path) -> None:
    midnight = 1_763_510_400_000
    pq.write_table(pa.table({"timestamp": pa.array([midnight], pa.date64())}), tmp_path / "a")
    for verified in (False, True):
        moment = read_parquet(tmp_path / "a", verified=verified)["timestamp"]
        assert convert_column(moment, Column("timestamp", pl.UInt64())).to_list() == [midnight]


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
    with pytest.raises(InvalidBatchError) as refused:
        read_batch(folder, allow_unverified=True)
    assert str(refused.value) == (
        f"{folder}: META.json lists features.parquet, which is not there; fetch the batch again."
    )
    (folder / "META.json").unlink()
    with pytest.raises(
        InvalidBatchError,
        match=r"/features\.parquet: features: the table is missing; a batch needs",
    ):
        read_batch(folder, allow_unverified=True)


def change_meta(folder: Path, section: str, **changes: object) -> None:
    meta = orjson.loads((folder / "META.json").read_bytes())
    meta[section] |= changes
    (folder / "META.json").write_bytes(orjson.dumps(meta))


def test_file_that_is_not_asked_for_may_be_missing_and_is_named(folder: Path) -> None:
    change_meta(folder, "sha256", **{"patterns.parquet": "0" * 64, "money_flows.parquet": "0" * 64})
    read = read_batch(folder, SCORED_TABLES)
    assert read.report.missing_files == ("money_flows.parquet", "patterns.parquet")
    with pytest.raises(InvalidBatchError, match=r"lists money_flows.parquet, which is not there;"):
        read_batch(folder)


@pytest.mark.parametrize("name", ["money_flows.parquet", "patterns.parquet", "prices.csv"])
def test_file_that_is_listed_is_verified_though_nobody_reads_it(folder: Path, name: str) -> None:
    (folder / name).write_text("abc")
    change_meta(folder, "sha256", **{name: file_digest(folder / name, "sha256")})
    assert read_batch(folder, SCORED_TABLES).report.missing_files == ()
    (folder / name).write_text("abd")
    for allow_unverified in (False, True):
        with pytest.raises(IntegrityError, match=rf"{name}: sha256 is .*: fetch it again"):
            read_batch(folder, SCORED_TABLES, allow_unverified=allow_unverified)


@pytest.mark.parametrize(
    "name", ["../META.json", "/etc/hostname", "..", ".", "", "a\0b", "a" * 300]
)
def test_name_that_leads_out_of_the_folder_is_none_of_its_files(folder: Path, name: str) -> None:
    (folder.parent / "META.json").write_text("somebody else's")
    change_meta(folder, "sha256", **{name: "0" * 64})
    assert len(read_batch(folder).report.missing_files) == 1


@pytest.mark.parametrize("key", ["alerts", "alerts.parquet", "n_alerts"])
def test_count_that_disagrees_with_the_rows_read_is_named(folder: Path, key: str) -> None:
    change_meta(folder, "counts", **{key: 7})
    with pytest.raises(InvalidBatchError) as refused:
        read_batch(folder, allow_unverified=True)
    assert str(refused.value) == (
        f"{folder / 'META.json'}: {key} is 7, but alerts.parquet has 6 rows; "
        "they are of different exports: fetch the batch again."
    )


def test_first_plan_s_count_is_compared_too(folder: Path) -> None:
    meta = orjson.loads((folder / "META.json").read_bytes())
    del meta["counts"]
    (folder / "META.json").write_bytes(orjson.dumps(meta | {"n_alerts": 6}))
    assert read_batch(folder).alerts.height == 6
    (folder / "META.json").write_bytes(orjson.dumps(meta | {"n_alerts": 0}))
    with pytest.raises(InvalidBatchError, match=r"n_alerts is 0, but alerts\.parquet has 6 rows"):
        read_batch(folder)


def test_count_of_a_table_that_is_not_read_is_not_compared(folder: Path) -> None:
    change_meta(folder, "counts", money_flows=1_000_000, patterns=3)
    assert read_batch(folder).meta.counts["money_flows"] == 1_000_000


def test_count_is_of_the_rows_of_the_file_and_not_of_the_pairs_made_of_them(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    payment = {"source_address": "a", "dest_address": "b", "amount_usd": "1", "timestamp": 1}
    write_batch(tables | {"money_flows": pl.DataFrame([payment] * 3)}, META, tmp_path / "b")
    read = read_batch(tmp_path / "b")
    assert (read.meta.counts["money_flows"], read.report.rows["money_flows"]) == (3, 1)


@pytest.mark.parametrize("name", ["alerts", "features", "clusters"])
def test_fault_in_a_file_names_the_file(
    tables: dict[str, pl.DataFrame], tmp_path: Path, name: str
) -> None:
    wrong = tables | {name: tables[name].with_columns(window_days=0)}
    write_batch(wrong, Meta(), tmp_path / "b")
    with pytest.raises(InvalidBatchError) as refused:
        read_batch(tmp_path / "b")
    path = tmp_path / "b" / f"{name}.parquet"
    assert str(refused.value).startswith(f"{path}: {name}: 'window_days' must be 1 or more; ")


def test_fault_in_a_single_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.parquet"
    pl.DataFrame({"label": ["exchange"]}).write_parquet(path)
    with pytest.raises(InvalidBatchError) as refused:
        read_table(path, ADDRESS_LABELS)
    assert str(refused.value).startswith(f"{path}: address_labels: required column(s) missing: 'ad")


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
    "content", [b"alert_id address\na b\n", b"PAR1", b"PAR1PAR1", b'{"alerts": []}', b"1,\xff\n"]
)
def test_file_that_is_not_parquet_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "alerts.parquet").write_bytes(content)
    with pytest.raises(InvalidBatchError, match=r"alerts.parquet: not a readable Parquet file"):
        read_batch(tmp_path, allow_unverified=True)


def test_file_of_another_format_is_named_with_what_makes_parquet_of_it(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("address,label\na,b\n")
    with pytest.raises(InvalidBatchError) as refused:
        read_table(path, ADDRESS_LABELS)
    assert str(refused.value) == (
        f'{path}: expected Parquet; found CSV; convert it: pl.read_csv("{path}")'
        f'.write_parquet("{tmp_path / "labels.parquet"}"), with schema_overrides where text looks '
        "like numbers (docs/monitoring.md)."
    )


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
    with pytest.raises(InvalidBatchError, match=r"gone.parquet: there is no such file; check the"):
        read_parquet(tmp_path / "gone.parquet")
    with pytest.raises(
        InvalidBatchError, match=r"^\S*gone.parquet: there is no such file; check the"
    ):
        read_table(tmp_path / "gone.parquet", TRANSFERS)


READ_ALL = """
import sys
from pathlib import Path
from aml_miner.batch.reading import read_parquet
from aml_miner.errors import InvalidBatchError
refused = 0
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        read_parquet(path)
    except InvalidBatchError:
        refused += 1
print(refused)
"""


def test_no_damaged_file_ends_the_process(tmp_path: Path) -> None:
    """A 1 in the place of a length says −1, and Polars would ask for as many bytes as that is without its sign."""
    sound = tmp_path / "sound.parquet"
    table = pl.DataFrame({"address": ["a", None, "b"] * 10})
    table.write_parquet(sound, compression="uncompressed")
    content = sound.read_bytes()
    (tmp_path / "damaged").mkdir()
    for place in range(len(content)):
        damaged = content[:place] + b"\x01" + content[place + 1 :]
        (tmp_path / "damaged" / f"{place:05d}.parquet").write_bytes(damaged)
    command = [sys.executable, "-c", READ_ALL, str(tmp_path / "damaged")]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert (done.returncode, done.stderr[-500:]) == (0, "")
    assert 100 < int(done.stdout) < len(content)


def test_text_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(pa.string(), 2, pa.array([b"ab", b"\xff\xfe"]).buffers())
    pq.write_table(pa.table({"address": broken}), tmp_path / "t.parquet")
    for verified in (False, True):
        with pytest.raises(
            InvalidBatchError, match=r"t\.parquet: not a readable Parquet file.*(?i:utf)"
        ):
            read_parquet(tmp_path / "t.parquet", verified=verified)


def test_file_is_read_alike_whether_it_is_verified_or_not(
    tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    odd = pl.DataFrame(
        {
            "category": pl.Series(["a", None, "b"], dtype=pl.Categorical),
            "level": pl.Series(["x", "y", None], dtype=pl.Enum(["y", "x"])),
            "nothing": pl.Series([None] * 3, dtype=pl.Null),
            "pair": pl.Series([[1, 2], None, [3, 4]], dtype=pl.Array(pl.Int16, 2)),
            "at": pl.Series([0, None, 1]).cast(pl.Datetime("ns", "UTC")),
            "nested": [[[1.5], []], None, []],
        }
    )
    for table in (*tables.values(), odd):
        table.write_parquet(tmp_path / "t.parquet", row_group_size=2)
        verified = read_parquet(tmp_path / "t.parquet", verified=True)
        unverified = read_parquet(tmp_path / "t.parquet")
        assert_frame_equal(unverified, table)
        assert_frame_equal(verified, table)


def test_path_is_taken_to_the_letter(tables: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    folder = tmp_path / "[a]*?" / "window_days=7"
    write_batch(tables, META, folder)
    assert read_batch(folder).alerts["window_days"].to_list() == [30] * 6


def test_published_tables_are_read(shared_data: Path) -> None:
    transfers = read_table(shared_data / "torus" / "transfers.parquet", TRANSFERS)
    labels = read_table(shared_data / "torus" / "address_labels.parquet", ADDRESS_LABELS)
    assert (transfers.rows.height, labels.rows.height) == (4144, 131)
