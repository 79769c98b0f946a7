"""Bodies of tables in Arrow or Parquet: ``multipart/form-data`` with one part per table, named as the table.

A part's own content type says what it holds; one that says nothing, or ``application/octet-stream``, is known by its
first bytes. Nothing is unpacked before its size is known, as far as a format tells it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Final

import polars as pl
import pyarrow as pa

from aml_miner.batch.conversion import from_arrow
from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, MONEY_FLOWS, SCORED_TABLES
from aml_miner.errors import BodyTooLargeError, InvalidBatchError, UnsupportedBodyError

MULTIPART: Final = "multipart/form-data"
ARROW_STREAM: Final = "application/vnd.apache.arrow.stream"
ARROW_FILE: Final = "application/vnd.apache.arrow.file"
PARQUET: Final = "application/vnd.apache.parquet"

_TABLES: Final = {str(table.name): table for table in (ALERTS, FEATURES, CLUSTERS, MONEY_FLOWS)}
_UNSAID: Final = frozenset({"", "application/octet-stream"})
_MOST_HEADER_BYTES: Final = 8192
_BROKEN: Final = (
    pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    OSError,
    UnicodeError,
    OverflowError,
    TypeError,
    ValueError,
)
"""What PyArrow and Polars raise for bytes that are not what they say."""


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    content_type: str
    content: memoryview


def read_parts(
    body: bytes | bytearray, content_type: str, max_bytes: int
) -> dict[str, pl.DataFrame]:
    """Return the tables of a body; one of alerts, features and clusters that has no part has no rows.

    Parameters
    ----------
    body, content_type
        As they came; the content type names the boundary.
    max_bytes
        How large all tables together may be when they are unpacked.

    Raises
    ------
    InvalidBatchError
        If the body has not the form of parts, or a part is not what it says.
    UnsupportedBodyError
        If a part is of another content type.
    BodyTooLargeError
        If the tables are larger than they may be.
    """
    tables: dict[str, pl.DataFrame] = {}
    left = max_bytes
    for part in _parts(body, content_type):
        if part.name not in _TABLES:
            expected = ", ".join(_TABLES)
            raise InvalidBatchError(f"part {part.name!r:.60}: expected one of {expected}.")
        if part.name in tables:
            raise InvalidBatchError(f"{part.name}: the table has two parts; send one.")
        tables[part.name], size = _read(part, left)
        left -= size
    return {str(table.name): table.empty() for table in SCORED_TABLES} | tables


def _parts(body: bytes | bytearray, content_type: str) -> Iterator[_Part]:
    delimiter = _delimiter(content_type)
    view = memoryview(body)
    at = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    if at == 1:
        raise InvalidBatchError("body: its boundary is nowhere in it; send multipart/form-data.")
    while True:
        at += len(delimiter)
        if body[at : at + 2] == b"--":
            return
        end_of_head = body.find(b"\r\n\r\n", at, at + _MOST_HEADER_BYTES)
        end = body.find(b"\r\n" + delimiter, max(end_of_head + 2, at))
        if end_of_head < 0 or end < 0:
            raise InvalidBatchError("body: a part is cut off, or has no headers; send it again.")
        name, kind = _read_head(bytes(body[at:end_of_head]))
        yield _Part(name, kind, view[min(end_of_head + 4, end) : end])
        at = end + 2


def _delimiter(content_type: str) -> bytes:
    boundary = _message({"content-type": content_type}).get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 70 or not boundary.isascii():
        message = "Content-Type: multipart/form-data needs a boundary of 1 to 70 characters."
        raise InvalidBatchError(message)
    return b"--" + boundary.encode()


def _read_head(head: bytes) -> tuple[str, str]:
    """Return a part's name and its content type, in lower case and without parameters."""
    lines = [line.partition(":") for line in head.decode("latin-1").split("\r\n")]
    message = _message({name.strip().lower(): value.strip() for name, _, value in lines})
    name = message.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise InvalidBatchError(
            'body: a part has no name; send Content-Disposition: form-data; name="alerts".'
        )
    return name, message["content-type"].partition(";")[0].strip().lower()


def _message(headers: dict[str, str]) -> Message:
    message = Message()
    for name in ("content-type", "content-disposition"):
        message[name] = headers.get(name, "")
    return message


def _read(part: _Part, max_bytes: int) -> tuple[pl.DataFrame, int]:
    """Return a part's table, and how many bytes it has unpacked."""
    kind = part.content_type
    if kind in _UNSAID:
        kind = _by_first_bytes(bytes(part.content[:6]))
    readers = {ARROW_STREAM: _read_arrow, ARROW_FILE: _read_arrow, PARQUET: _read_parquet}
    if kind not in readers:
        expected = f"{ARROW_STREAM}, {ARROW_FILE} or {PARQUET}"
        raise UnsupportedBodyError(
            f"{part.name}: expected a part of {expected}; found {kind!r:.60}."
        )
    try:
        table = readers[kind](part, max_bytes)
        return from_arrow(table), table.get_total_buffer_size()
    except _BROKEN as error:
        raise _broken(part, error) from error


def _by_first_bytes(first: bytes) -> str:
    if first.startswith(b"PAR1"):
        return PARQUET
    return ARROW_FILE if first.startswith(b"ARROW1") else ARROW_STREAM


def _read_arrow(part: _Part, max_bytes: int) -> pa.Table:
    source = pa.py_buffer(part.content)
    if bytes(part.content[:6]) == b"ARROW1":
        file = pa.ipc.open_file(source)
        batches = (file.get_batch(place) for place in range(file.num_record_batches))
        schema = file.schema
    else:
        batches = stream = pa.ipc.open_stream(source)
        schema = stream.schema
    read, size = [], 0
    for batch in batches:
        size += batch.get_total_buffer_size()  # nbytes trusts offsets that nobody has checked
        _check_size(part, size, max_bytes)
        read.append(batch)
    return pa.Table.from_batches(read, schema)


def _read_parquet(part: _Part, max_bytes: int) -> pa.Table:
    from pyarrow.parquet import ParquetFile  # here: a server of JSON alone never loads it

    with ParquetFile(pa.BufferReader(part.content), page_checksum_verification=True) as file:
        about = file.metadata
        groups = range(about.num_row_groups)
        _check_size(part, sum(about.row_group(g).total_byte_size for g in groups), max_bytes)
        _check_size(part, about.num_rows * about.num_columns, max_bytes)  # a byte a value, at least
        return file.read([name for name in file.schema_arrow.names if _is_known(name, part.name)])


def _is_known(name: str, table: str) -> bool:
    """Whether a column is read at all; of money flows both shapes are."""
    return table == MONEY_FLOWS.name or name in _TABLES[table].schema


def _check_size(part: _Part, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        message = f"{part.name}: unpacked the tables have more than {max_bytes} bytes; send fewer rows at a time."
        raise BodyTooLargeError(message)


def _broken(part: _Part, error: BaseException) -> InvalidBatchError:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return InvalidBatchError(
        f"{part.name}: the part is not readable as what it says it is: {first:.200}."
    )
