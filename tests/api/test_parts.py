"""Parts: named as tables, of three forms, no larger than they may be, and nothing taken on trust."""

from io import BytesIO

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal
from pyarrow import parquet

from aml_miner.api.parts import ARROW_FILE, ARROW_STREAM, PARQUET, read_parts
from aml_miner.errors import BodyTooLargeError, InvalidBatchError, UnsupportedBodyError
from tests.api.asking import written

ROWS = pl.DataFrame({"alert_id": ["a-1", "a-2"], "window_days": [30, 30]})
TYPE = "multipart/form-data; boundary=cut"
ENOUGH = 1 << 20


def body_of(*parts: tuple[str, str, bytes], end: bytes = b"--cut--\r\n") -> bytes:
    """Return a body of parts: a name, a content type (or nothing), a content."""
    text = b""
    for name, kind, content in parts:
        said = f"Content-Type: {kind}\r\n" if kind else ""
        head = f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n{said}\r\n'
        text += head.encode() + content + b"\r\n"
    return text + end


@pytest.mark.parametrize("kind", [ARROW_STREAM, ARROW_FILE, PARQUET])
def test_a_part_is_read_by_what_it_says_or_by_its_first_bytes(kind: str) -> None:
    for said in (kind, "application/octet-stream", ""):
        tables = read_parts(body_of(("alerts", said, written(ROWS, kind))), TYPE, ENOUGH)
        assert_frame_equal(tables["alerts"], ROWS)
        assert (tables["features"].height, tables["clusters"].height) == (0, 0)
        assert "money_flows" not in tables


def test_a_quoted_boundary_a_preamble_and_an_epilogue_are_no_matter() -> None:
    body = b"hello\r\n" + body_of(("alerts", "", written(ROWS, PARQUET))) + b"goodbye"
    found = read_parts(bytearray(body), 'multipart/form-data; boundary="cut"', ENOUGH)
    assert_frame_equal(found["alerts"], ROWS)


GOOD = ("alerts", PARQUET, written(ROWS, PARQUET))
WHOLE = body_of(GOOD)


@pytest.mark.parametrize(
    ("body", "kind", "complaint"),
    [
        (WHOLE, "multipart/form-data", "needs a boundary of 1 to 70 characters"),
        (WHOLE, f"multipart/form-data; boundary={'x' * 71}", "needs a boundary"),
        (WHOLE, "multipart/form-data; boundary=other", "its boundary is nowhere in it"),
        (b"", TYPE, "its boundary is nowhere in it"),
        (WHOLE[:-9], TYPE, "a part is cut off"),
        (b"--cut\r\nno headers", TYPE, "a part is cut off"),
        (b"--cut\r\n\r\n\r\nx\r\n--cut--", TYPE, "a part has no name"),
        (
            body_of(("alarms", PARQUET, b"")),
            TYPE,
            "part 'alarms': expected one of alerts, features",
        ),
        (body_of(GOOD, GOOD), TYPE, "alerts: the table has two parts; send one"),
        (
            body_of(("alerts", PARQUET, b"")),
            TYPE,
            "alerts: the part is not readable as what it says",
        ),
        (body_of(("alerts", PARQUET, GOOD[2][:-9])), TYPE, "alerts: the part is not readable"),
        (body_of(("alerts", ARROW_STREAM, GOOD[2])), TYPE, "alerts: the part is not readable"),
        (body_of(("features", "", b"\x00" * 40)), TYPE, "features: the part is not readable"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused_with_the_place(
    body: bytes, kind: str, complaint: str
) -> None:
    with pytest.raises(InvalidBatchError, match=complaint):
        read_parts(body, kind, ENOUGH)


def test_a_part_of_another_kind_is_told_the_known_ones() -> None:
    with pytest.raises(
        UnsupportedBodyError, match=r"alerts: expected a part of .*found 'text/csv'"
    ):
        read_parts(body_of(("alerts", "text/csv; header=present", b"a,b")), TYPE, ENOUGH)


@pytest.mark.parametrize("kind", [ARROW_STREAM, ARROW_FILE, PARQUET])
def test_tables_that_unpack_to_more_than_they_may_are_refused(kind: str) -> None:
    table = pl.DataFrame({"alert_id": ["a" * 100] * 10_000})
    body = body_of(("alerts", kind, written(table, kind)))
    with pytest.raises(BodyTooLargeError, match="alerts: unpacked the tables have more than 1000"):
        read_parts(body, TYPE, 1000)


def test_two_tables_together_may_not_be_larger_either() -> None:
    part = written(pl.DataFrame({"alert_id": ["a" * 100] * 100}), ARROW_STREAM)
    body = body_of(("alerts", "", part), ("clusters", "", part))
    assert read_parts(body, TYPE, 40_000)["alerts"].height == 100
    with pytest.raises(BodyTooLargeError, match="clusters: unpacked"):
        read_parts(body, TYPE, 15_000)


def test_a_bomb_of_parquet_is_refused_by_its_rows() -> None:
    """One value a hundred million times takes a few kilobytes."""
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 10_000_000, pa.int32()), ["x"])
    file = BytesIO()
    parquet.write_table(pa.table({"alert_id": same}), file)
    assert len(file.getvalue()) < 100_000
    with pytest.raises(BodyTooLargeError, match="alerts: unpacked"):
        read_parts(body_of(("alerts", PARQUET, file.getvalue())), TYPE, ENOUGH)


def test_a_bomb_of_arrow_is_refused_while_it_unpacks() -> None:
    table = pl.DataFrame({"alert_id": ["a" * 1000] * 10_000})
    file = BytesIO()
    table.write_ipc_stream(file, compression="zstd")
    assert len(file.getvalue()) < 200_000
    with pytest.raises(BodyTooLargeError, match="alerts: unpacked"):
        read_parts(body_of(("alerts", ARROW_STREAM, file.getvalue())), TYPE, ENOUGH)


def test_columns_of_no_contract_are_not_read() -> None:
    table = ROWS.with_columns(secret=pl.lit("x"))
    tables = read_parts(body_of(("alerts", PARQUET, written(table, PARQUET))), TYPE, ENOUGH)
    assert tables["alerts"].columns == ROWS.columns
