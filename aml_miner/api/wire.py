"""What the server and a worker say to each other: a header in JSON and a payload of bytes, both with their lengths.

The payload is never looked at on the way, so that a body of any size costs the server one copy and no parsing.
"""

import asyncio
import socket
import struct
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import orjson

type Route = Literal["score_alerts", "rank_alerts", "score_clusters"]
type Form = Literal["json", "arrow", "parquet"]

_LENGTHS: Final = struct.Struct("!IQ")
_PIECE: Final = 1 << 20  # bytes sent at a time: between two pieces the event loop serves others
_SMALL: Final = 1 << 16  # bytes sent together with the header: the other end is woken once


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a worker; the payload is the request's body.

    Attributes
    ----------
    stop
        Not a question: nobody waits any longer for the answer to the one before.
    """

    route: Route = "score_alerts"
    content_type: str = "application/json"
    form: Form = "json"
    request_id: str = ""
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server counts of an answer: numbers, and nothing that names anybody.

    Attributes
    ----------
    score_bins
        Scores in each tenth of [0, 1].
    missing_ratio
        Share of feature values that were unknown.
    unknown_categories
        Values training never saw, by column.
    """

    rows: int = 0
    milliseconds: float = 0.0
    score_bins: tuple[int, ...] = ()
    missing_ratio: float | None = None
    unknown_categories: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker answers; the payload is the reply's body.

    Attributes
    ----------
    error
        Class of the error when the request was refused, else empty.
    abandoned
        Whether the worker gave up because it was told that nobody waits.
    """

    status: int = 200
    media_type: str = "application/json"
    error: str = ""
    abandoned: bool = False
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Hello:
    """A worker's first words: the models it holds, or why it holds none.

    Attributes
    ----------
    versions
        Version by kind of model; empty when none could be loaded.
    metadata
        What each model says of itself.
    complaint
        A sentence: which model is not usable, and why.
    """

    versions: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    complaint: str = ""


type Header = Question | Answer | Hello


class HungUpError(ConnectionError):
    """The other end is gone."""


def send(connection: socket.socket, header: Header, payload: bytes = b"") -> None:
    """Send one message, and wait until it is sent."""
    front = _front(header, payload)
    if len(payload) <= _SMALL:
        connection.sendall(front + payload)
        return
    connection.sendall(front)
    connection.sendall(payload)


def receive(connection: socket.socket) -> tuple[dict[str, Any], bytearray]:
    """Wait for one message.

    Raises
    ------
    HungUpError
        If the other end is gone.
    """
    header_length, length = _LENGTHS.unpack(_exactly(connection, _LENGTHS.size))
    return orjson.loads(_exactly(connection, header_length)), _exactly(connection, length)


async def send_async(connection: socket.socket, header: Header, payload: bytes | bytearray) -> None:
    """Send one message without holding up the event loop."""
    loop = asyncio.get_running_loop()
    front = _front(header, payload)
    if len(payload) <= _SMALL:
        await loop.sock_sendall(connection, front + payload)
        return
    await loop.sock_sendall(connection, front)
    view = memoryview(payload)
    for start in range(0, len(view), _PIECE):
        await loop.sock_sendall(connection, view[start : start + _PIECE])
        await asyncio.sleep(0)


async def receive_async(connection: socket.socket) -> tuple[dict[str, Any], bytearray]:
    """Wait for one message without holding up the event loop.

    Raises
    ------
    HungUpError
        If the other end is gone.
    """
    header_length, length = _LENGTHS.unpack(await _exactly_async(connection, _LENGTHS.size))
    header = orjson.loads(await _exactly_async(connection, header_length))
    return header, await _exactly_async(connection, length)


def answer_of(header: dict[str, Any]) -> Answer:
    """Return a received header as the answer it is."""
    return Answer(**header | {"facts": Facts(**header["facts"])})


def _front(header: Header, payload: bytes | bytearray) -> bytes:
    encoded = orjson.dumps(asdict(header))
    return _LENGTHS.pack(len(encoded), len(payload)) + encoded


def _exactly(connection: socket.socket, count: int) -> bytearray:
    content = bytearray(count)
    view = memoryview(content)
    while view:
        received = connection.recv_into(view)
        if not received:
            raise HungUpError
        view = view[received:]
    return content


async def _exactly_async(connection: socket.socket, count: int) -> bytearray:
    loop = asyncio.get_running_loop()
    content = bytearray(count)
    view = memoryview(content)
    while view:
        received = await loop.sock_recv_into(connection, view[:_PIECE])
        if not received:
            raise HungUpError
        view = view[received:]
        if view:  # what is there already is received without waiting, for as long as it comes
            await asyncio.sleep(0)
    return content
