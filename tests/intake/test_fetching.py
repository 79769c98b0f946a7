"""Whatever a source does, a batch is seen whole or not at all, and the next run finishes the work."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aml_miner.batch.meta import META_FILE, Meta, write_meta
from aml_miner.batch.reading import find_batches, read_batch
from aml_miner.errors import IntegrityError, InvalidBatchError, OutputError, SourceError
from aml_miner.intake import Access, Fetched, fetch_batches, open_source
from tests.intake.conftest import FIRST, QUICK, SECOND
from tests.intake.serving import Fault, FileServer


def fetch(url: str | Path, out: Path, *, allow_unverified: bool = False) -> list[Fetched]:
    source = open_source(str(url), Access(), QUICK, allow_unverified=allow_unverified)
    return fetch_batches(source, [FIRST, SECOND], out, 2)


def statuses(fetched: list[Fetched]) -> list[str]:
    return [each.status for each in fetched]


def visible(out: Path) -> list[str]:
    """Return the batches a reader of the folder finds; each is read, so that it is whole."""
    if not list(out.rglob("alerts.parquet")):
        return []
    try:
        found = find_batches(out)
    except InvalidBatchError:
        return []
    for folder in found:
        read_batch(folder)
    return [folder.relative_to(out).as_posix() for folder in found]


BOTH = [FIRST.path, SECOND.path]


def test_a_folder_is_a_source(published: Path, out: Path) -> None:
    assert statuses(fetch(published, out)) == ["fetched", "fetched"]
    assert visible(out) == BOTH
    original = published / FIRST.path / "alerts.parquet"
    assert (out / FIRST.path / "alerts.parquet").read_bytes() == original.read_bytes()


def test_what_is_there_is_kept_and_a_damaged_copy_is_not(server: FileServer, out: Path) -> None:
    fetch(server.url, out)
    server.asked.clear()
    (out / SECOND.path / "alerts.parquet").write_bytes(b"damaged")
    assert statuses(fetch(server.url, out)) == ["kept", "fetched"]
    assert {path for path, _ in server.asked if FIRST.path in path} == {
        f"/{FIRST.path}/{META_FILE}"
    }
    assert visible(out) == BOTH


def test_a_batch_that_is_published_anew_replaces_the_old(
    server: FileServer, published: Path, out: Path
) -> None:
    fetch(server.url, out)
    folder = published / FIRST.path
    (folder / "notes.json").write_text("{}")
    write_meta(folder, Meta(FIRST.network, FIRST.day, FIRST.window_days))
    assert statuses(fetch(server.url, out)) == ["fetched", "kept"]
    assert (out / FIRST.path / "notes.json").read_text() == "{}"


def test_a_date_without_a_batch_is_absent(published: Path, server: FileServer, out: Path) -> None:
    (published / FIRST.path / META_FILE).unlink()
    assert statuses(fetch(server.url, out)) == ["absent", "fetched"]
    assert visible(out) == [SECOND.path]


@pytest.mark.parametrize("faults", [["busy", "busy"], ["cut", "cut"], ["stall"], ["cut", "whole"]])
def test_what_passes_is_tried_again(server: FileServer, out: Path, faults: list[Fault]) -> None:
    server.faults["features.parquet"] = list(faults)
    assert statuses(fetch(server.url, out)) == ["fetched", "fetched"]
    assert visible(out) == BOTH


def test_a_file_that_was_cut_is_gone_on_with(
    server: FileServer, published: Path, out: Path
) -> None:
    (published / SECOND.path / META_FILE).unlink()
    server.faults["features.parquet"] = ["cut"]
    fetch(server.url, out)
    half = (published / FIRST.path / "features.parquet").stat().st_size // 2
    assert server.ranges("features.parquet") == ["", f"bytes={half}-"]


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("busy", r"features\.parquet: HTTP 503; tried 3 times"),
        ("stall", r"features\.parquet: no answer, or no more bytes, in time \(ReadTimeout\)"),
        ("forbidden", r"features\.parquet: HTTP 403: not allowed"),
    ],
)
def test_what_does_not_pass_is_told_and_the_next_run_finishes(
    server: FileServer, published: Path, out: Path, fault: Fault, complaint: str
) -> None:
    (published / SECOND.path / META_FILE).unlink()
    server.faults["features.parquet"] = [fault] * 3
    failed, _ = fetch(server.url, out)
    assert isinstance(failed.error, SourceError)
    with pytest.raises(SourceError, match=complaint):
        raise failed.error
    assert visible(out) == []
    server.faults.clear()
    assert statuses(fetch(server.url, out)) == ["fetched", "absent"]


@pytest.mark.parametrize("damage", ["truncated", "changed"])
def test_a_file_that_is_not_the_one_meant_is_refused(
    published: Path, server: FileServer, out: Path, damage: str
) -> None:
    file = published / FIRST.path / "alerts.parquet"
    content = file.read_bytes()
    file.write_bytes(content[:-5] if damage == "truncated" else content[:-1] + b"?")
    failed, other = fetch(server.url, out)
    assert isinstance(failed.error, IntegrityError)
    assert "sha256 is" in str(failed.error)
    assert (failed.status, other.status) == ("failed", "fetched")
    assert visible(out) == [SECOND.path]
    file.write_bytes(content)
    assert statuses(fetch(server.url, out)) == ["fetched", "kept"]


def test_a_beginning_of_another_file_is_thrown_away(server: FileServer, out: Path) -> None:
    part = out / ".incoming" / FIRST.path / "alerts.parquet.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"of another day")
    assert statuses(fetch(server.url, out)) == ["fetched", "fetched"]
    assert server.ranges(f"{FIRST.path}/alerts.parquet") == ["bytes=14-", ""]
    longer = out / ".incoming" / FIRST.path / "clusters.parquet.part"
    longer.parent.mkdir(parents=True)
    longer.write_bytes(bytes(10**6))
    (out / FIRST.path / "clusters.parquet").unlink()
    assert statuses(fetch(server.url, out)) == ["fetched", "kept"]


@pytest.mark.parametrize("name", ["../alerts.parquet", ".hidden", "a/b", META_FILE])
def test_a_name_that_leads_elsewhere_is_refused(published: Path, out: Path, name: str) -> None:
    meta = {"network": "torus", "sha256": {name: "0" * 64}}
    (published / FIRST.path / META_FILE).write_text(json.dumps(meta))
    failed, _ = fetch(published, out)
    with pytest.raises(InvalidBatchError, match="which is no name of a batch's file"):
        raise failed.error or AssertionError


def test_a_batch_in_another_ones_place_is_refused(published: Path, out: Path) -> None:
    shutil.rmtree(published / SECOND.path)
    (published / FIRST.path).rename(published / SECOND.path)
    absent, failed = fetch(published, out)
    assert absent.status == "absent"
    with pytest.raises(InvalidBatchError, match=r"is of torus-2025-11-20-30d, expected torus/2025"):
        raise failed.error or AssertionError


def test_a_file_that_is_listed_and_not_there_is_told(published: Path, out: Path) -> None:
    (published / FIRST.path / "clusters.parquet").unlink()
    failed, _ = fetch(published, out)
    with pytest.raises(InvalidBatchError, match=r"lists clusters\.parquet, which is not there"):
        raise failed.error or AssertionError


def test_what_nobody_vouches_for_needs_a_word(
    published: Path, server: FileServer, out: Path
) -> None:
    (published / FIRST.path / META_FILE).write_text("{}")
    (published / SECOND.path / META_FILE).unlink()
    failed, absent = fetch(server.url, out)
    assert isinstance(failed.error, IntegrityError)
    assert absent.status == "absent"
    assert statuses(fetch(server.url, out, allow_unverified=True)) == ["fetched", "fetched"]
    read_batch(out / SECOND.path, allow_unverified=True)


def test_a_page_is_no_meta_json(published: Path, server: FileServer, out: Path) -> None:
    (published / FIRST.path / META_FILE).write_bytes(bytes(2**24 + 1))
    failed, _ = fetch(server.url, out)
    with pytest.raises(SourceError, match=r"more than 16777216 bytes; it is no META\.json"):
        raise failed.error or AssertionError


def test_a_folder_that_is_not_ours_is_left_alone(published: Path, out: Path) -> None:
    notes = out / FIRST.path / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("mine")
    failed, _ = fetch(published, out)
    assert isinstance(failed.error, OutputError)
    assert notes.read_text() == "mine"


def test_two_at_once_do_not_mix(server: FileServer, out: Path) -> None:
    server.faults["alerts.parquet"] = ["stall"]
    first = started(server, out)
    try:
        wait_for(lambda: bool(list(out.rglob("alerts.parquet.part"))))
        with pytest.raises(OutputError, match="another process fetches into it now"):
            fetch(server.url, out)
    finally:
        first.kill()
        first.wait()


def test_a_run_that_is_killed_is_finished_by_the_next(server: FileServer, out: Path) -> None:
    server.faults["features.parquet"] = ["stall", "stall"]
    killed = started(server, out)
    parts = (f".incoming/{place.path}/features.parquet.part" for place in (FIRST, SECOND))
    first, second = (out / part for part in parts)
    wait_for(lambda: all(path.exists() and path.stat().st_size for path in (first, second)))
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert visible(out) == []
    begun = first.stat().st_size
    assert statuses(fetch(server.url, out)) == ["fetched", "fetched"]
    assert server.ranges(f"{FIRST.path}/features.parquet") == ["", f"bytes={begun}-"]
    assert visible(out) == BOTH
    assert not list(out.rglob("*.part"))


def started(server: FileServer, out: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "aml_miner",
        "fetch",
        "--source",
        server.url,
        "--network",
        "torus",
    ]
    dates = ["--from", str(FIRST.day), "--to", str(SECOND.day), "--out", str(out)]
    return subprocess.Popen([*command, *dates], env={**os.environ, "FETCH_STALL_SECONDS": "60"})


def wait_for(met: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not met():
        assert time.monotonic() < until
        time.sleep(0.02)
