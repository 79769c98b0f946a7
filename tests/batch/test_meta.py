from datetime import date
from pathlib import Path

import orjson
import pytest

from aml_miner.batch.meta import Digest, Meta, check_digest, file_digest, read_meta, write_meta
from aml_miner.errors import IntegrityError, InvalidBatchError

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
MD5 = "900150983cd24fb0d6963f7d28e17f72"
"""The published hashes of "abc"."""
UNREADABLE = Path("/proc/self/mem")
"""A file that exists, and whose first byte nobody can read, not even root."""


def write(folder: Path, document: object) -> None:
    (folder / "META.json").write_bytes(orjson.dumps(document))


@pytest.mark.parametrize(
    ("integrity", "expected"),
    [
        (
            {"sha256": {"alerts.parquet": SHA.upper()}, "counts": {"alerts": 1}},
            Digest("sha256", SHA),
        ),
        ({"files": {"alerts.parquet": {"md5": MD5}}}, Digest("md5", MD5)),
        ({"files": [{"filename": "alerts.parquet", "checksum": SHA}]}, Digest("sha256", SHA)),
        ({"sha256": {"alerts.parquet": SHA}, "n_alerts": 1}, Digest("sha256", SHA)),
    ],
    ids=["exporter", "older reader", "job reader", "first plan"],
)
def test_each_shape_vouches_for_a_file(
    tmp_path: Path, integrity: dict[str, object], expected: Digest
) -> None:
    window = {"network": "torus", "processing_date": "2025-11-20", "window_days": 300}
    write(tmp_path, {**window, **integrity})
    (tmp_path / "alerts.parquet").write_text("abc")
    meta = read_meta(tmp_path)
    assert meta is not None
    assert (meta.network, meta.processing_date, meta.window_days) == (
        "torus",
        date(2025, 11, 20),
        300,
    )
    assert meta.batch_id == "torus-2025-11-20-300d"
    assert meta.digests == {"alerts.parquet": expected}
    check_digest(tmp_path / "alerts.parquet", meta)


def test_folder_without_meta_has_none(tmp_path: Path) -> None:
    assert read_meta(tmp_path) is None


def test_sha256_counts_where_md5_is_given_too(tmp_path: Path) -> None:
    write(tmp_path, {"sha256": {"a.parquet": SHA}, "files": {"a.parquet": {"md5": MD5}}})
    meta = read_meta(tmp_path)
    assert meta is not None
    assert meta.digests == {"a.parquet": Digest("sha256", SHA)}


def test_file_is_named_alike_with_and_without_its_folder(tmp_path: Path) -> None:
    write(tmp_path, {"sha256": {"./a.parquet": SHA, "below/b.parquet": SHA}})
    meta = read_meta(tmp_path)
    assert meta is not None
    assert meta.digests.keys() == {"a.parquet", "below/b.parquet"}


def test_every_count_is_kept_as_it_is_spelt(tmp_path: Path) -> None:
    write(tmp_path, {"counts": {"alerts": 2, "clusters.parquet": 1}, "n_alerts": 3})
    meta = read_meta(tmp_path)
    assert meta is not None
    assert meta.counts == {"alerts": 2, "clusters.parquet": 1, "n_alerts": 3}


def test_what_meta_does_not_say_is_none(tmp_path: Path) -> None:
    write(tmp_path, {})
    assert read_meta(tmp_path) == Meta()
    assert Meta(network="torus").batch_id == "torus"


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (
            b"{",
            "not valid JSON (EOF while parsing an object at line 1 column 1); fetch it again, or remove it",
        ),
        (b"", "not valid JSON (EOF while parsing a value at line 1 column 0); fetch it again, or"),
        (b"\xff", "not valid JSON ("),
        (
            b"<html>",
            "not valid JSON (expected value at line 1 column 1); fetch it again, or remove it",
        ),
        (b"[]", "must be a JSON object, found list; fetch it again."),
        (b'{"processing_date": "20.11.2025"}', "processing_date: "),
        (
            b'{"window_days": 0}',
            "window_days: Input should be greater than or equal to 1; correct it or fetch it again.",
        ),
        (b'{"sha256": {"alerts.parquet": 5}}', "sha256.alerts.parquet: "),
        (
            b'{"files": [{"filename": "alerts.parquet"}]}',
            'files: must be {name: {"md5": …}} or [{"file',
        ),
    ],
)
def test_meta_in_no_known_shape_is_named(tmp_path: Path, document: bytes, place: str) -> None:
    (tmp_path / "META.json").write_bytes(document)
    with pytest.raises(InvalidBatchError) as refused:
        read_meta(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / 'META.json'}: {place}")


def test_meta_is_written_in_the_exporters_shape(tmp_path: Path) -> None:
    (tmp_path / "b.parquet").write_text("abc")
    (tmp_path / "a.parquet").write_text("abc")
    meta = Meta("torus", date(2025, 11, 20), 300, "2025-12-05T12:50:34Z", {"b": 2, "a": 1})
    write_meta(tmp_path, meta)
    assert orjson.loads((tmp_path / "META.json").read_bytes()) == {
        "schema_version": "1.0.0",
        "batch_id": "torus-2025-11-20-300d",
        "network": "torus",
        "processing_date": "2025-11-20",
        "window_days": 300,
        "generated_at": "2025-12-05T12:50:34Z",
        "counts": {"a": 1, "b": 2},
        "sha256": {"a.parquet": SHA, "b.parquet": SHA},
    }


def test_meta_that_says_nothing_survives_writing_and_reading(tmp_path: Path) -> None:
    write_meta(tmp_path, Meta())
    assert read_meta(tmp_path) == Meta()


def test_wrong_hash_names_file_expected_and_found(tmp_path: Path) -> None:
    path = tmp_path / "alerts.parquet"
    path.write_text("abd")
    with pytest.raises(IntegrityError) as refused:
        check_digest(path, Meta(digests={"alerts.parquet": Digest("sha256", SHA)}))
    assert str(refused.value) == (
        f"{path}: sha256 is {file_digest(path, 'sha256')}, META.json expects {SHA}; "
        "the file was changed or cut off: fetch it again."
    )


@pytest.mark.skipif(not UNREADABLE.exists(), reason="this system has no file that fails to be read")
def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "alerts.parquet"
    path.symlink_to(UNREADABLE)
    with pytest.raises(
        InvalidBatchError, match=r"alerts\.parquet: cannot be read: Input/output err"
    ):
        check_digest(path, Meta(digests={"alerts.parquet": Digest("sha256", SHA)}))
    (tmp_path / "META.json").symlink_to(UNREADABLE)
    with pytest.raises(InvalidBatchError, match=r"META\.json: cannot be read: Input/output error"):
        read_meta(tmp_path)


def test_missing_meta_or_hash_says_how_to_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "alerts.parquet"
    with pytest.raises(
        IntegrityError, match=r"no META.json, so alerts.parquet cannot be verified; pass --allow"
    ):
        check_digest(path, None)
    with pytest.raises(
        IntegrityError, match=r"META.json: no hash for alerts.parquet; pass --allow-unverified"
    ):
        check_digest(path, Meta())
