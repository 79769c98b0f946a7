"""Bodies are counted while they come and while they unpack; what is too much is not held."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.testclient import TestClient
from starlette.types import Message

from aml_miner.api.receiving import Doorkeeper
from aml_miner.errors import (
    BodyTooLargeError,
    InvalidBatchError,
    ServerBusyError,
    SlowBodyError,
    UnsupportedBodyError,
)

LIMIT = 1 << 20


def request_of(*pieces: bytes, pause: float = 0.0, **headers: str) -> Request:
    """Return a request whose body comes in pieces; an empty one means that the client goes away."""

    async def messages() -> AsyncIterator[Message]:
        for place, piece in enumerate(pieces):
            await asyncio.sleep(pause)
            if not piece:
                yield {"type": "http.disconnect"}
            more = place + 1 < len(pieces)
            yield {"type": "http.request", "body": piece, "more_body": more}

    named = [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()]
    source = messages()
    return Request({"type": "http", "headers": named}, source.__anext__)


def receive(request: Request, door: Doorkeeper | None = None) -> bytes:
    return bytes(asyncio.run((door or Doorkeeper(LIMIT, 1.0)).receive(request)))


def test_a_body_is_received_whole_and_held_until_it_is_released() -> None:
    door = Doorkeeper(LIMIT, 1.0)
    body = asyncio.run(door.receive(request_of(b"ab", b"cd")))
    assert (bytes(body), door.held_bytes) == (b"abcd", 4)
    door.release(body)
    assert door.held_bytes == 0


@pytest.mark.parametrize("said", [str(LIMIT + 1), "9" * 5000])
def test_a_length_over_the_limit_is_refused_before_anything_is_read(said: str) -> None:
    with pytest.raises(BodyTooLargeError, match="at most 1048576 bytes"):
        receive(request_of(content_length=said))


def test_a_body_without_a_length_is_counted() -> None:
    door = Doorkeeper(LIMIT, 1.0)
    with pytest.raises(BodyTooLargeError):
        receive(request_of(*[b"x" * 65_536] * 17), door)
    assert door.held_bytes == 0


def test_gzip_is_unpacked_also_of_several_members() -> None:
    packed = gzip.compress(b"ab") + gzip.compress(b"cd")
    pieces = [packed[:5], packed[5:30], packed[30:]]
    assert receive(request_of(*pieces, content_encoding="gzip")) == b"abcd"


def test_a_gzip_bomb_is_refused_while_it_unpacks() -> None:
    bomb = gzip.compress(bytes(100 * LIMIT))
    door = Doorkeeper(LIMIT, 5.0)
    assert len(bomb) < LIMIT // 5
    with pytest.raises(BodyTooLargeError):
        receive(request_of(bomb, content_encoding="gzip"), door)
    assert door.held_bytes == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"no gzip", "is not gzip as Content-Encoding says"),
        (zlib.compress(b"deflate"), "is not gzip"),
        (gzip.compress(b"cut off", mtime=0)[:-6], "its gzip is cut off"),
        (gzip.compress(b"more", mtime=0) + b"behind", "is not gzip"),
    ],
)
def test_what_is_not_gzip_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(InvalidBatchError, match=complaint):
        receive(request_of(content, content_encoding="gzip"))


def test_another_encoding_is_told_the_known_one() -> None:
    with pytest.raises(UnsupportedBodyError, match="expected gzip or none; found 'br'"):
        receive(request_of(b"x", content_encoding="br"))


def test_a_slow_body_is_given_up_and_its_room_is_free() -> None:
    door = Doorkeeper(LIMIT, 0.05)
    with pytest.raises(SlowBodyError, match=r"has not arrived after 0\.05 s"):
        receive(request_of(b"x", b"y", b"z", pause=0.04), door)
    assert door.held_bytes == 0


def test_a_client_that_goes_away_leaves_its_room() -> None:
    door = Doorkeeper(LIMIT, 1.0)
    with pytest.raises(ClientDisconnect):
        receive(request_of(b"x", b""), door)
    assert door.held_bytes == 0


def test_all_bodies_together_take_no_more_than_three_of_the_largest() -> None:
    door = Doorkeeper(LIMIT, 1.0, held_bytes=3 * LIMIT - 1)
    assert receive(request_of(b"x"), door) == b"x"
    with pytest.raises(ServerBusyError, match="as many as it may"):
        receive(request_of(b"x"), door)


def test_too_large_a_body_is_a_413_of_the_one_shape(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield from [b"x" * 65_536] * 70

    json = {"Content-Type": "application/json"}
    for content in (b"x" * (4 * LIMIT + 1), pieces()):
        reply = client.post("/score/alerts", content=content, headers=json)
        assert (reply.status_code, reply.json()["error"]) == (413, "BodyTooLargeError")
        assert "may have at most 4194304 bytes" in reply.json()["detail"]


def test_a_packed_body_scores_as_a_plain_one(client: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    reply = client.post("/score/alerts", content=gzip.compress(b"{}"), headers=headers)
    assert (reply.status_code, reply.json()) == (200, [])
