"""A client tries again what may be tried again, and raises the rest by the server's own name."""

import asyncio
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import httpx
import pytest

from aml_miner.client import AmlMinerClient, AsyncAmlMinerClient, Patience
from aml_miner.client.calls import check, pause_before_next
from aml_miner.errors import (
    AmlMinerError,
    InvalidBatchError,
    RequestRefusedError,
    ServerBusyError,
    UnknownResultError,
)

HASTY = Patience(tries=3, first_pause=0.01)


class Scripted(BaseHTTPRequestHandler):
    """Answers with one code after the other."""

    codes: ClassVar[list[int]] = []
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        code = self.codes.pop(0)
        names = {429: "ServerBusyError", 404: "UnknownResultError"}
        content = json.dumps({"error": names.get(code, ""), "detail": f"code {code}"}).encode()
        self.send_response(code)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Scripted.codes.clear()
    Scripted.asked.clear()
    with HTTPServer(("127.0.0.1", 0), Scripted) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def get(url: str, path: str = "version") -> dict[str, object]:
    with AmlMinerClient(url, patience=HASTY) as client:
        return client.get(path)


async def get_async(url: str, path: str = "version") -> dict[str, object]:
    async with AsyncAmlMinerClient(url, patience=HASTY) as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("codes", "asked", "error"),
    [
        ([200], 1, None),
        ([429, 503, 200], 3, None),
        ([429, 429, 429], 3, ServerBusyError),
        ([404], 1, UnknownResultError),
        ([500], 1, RequestRefusedError),
    ],
)
def test_what_may_pass_is_tried_again_and_the_rest_raised(
    url: str, codes: list[int], asked: int, error: type[AmlMinerError] | None
) -> None:
    for ask in (get, lambda url: asyncio.run(get_async(url))):
        Scripted.asked.clear()
        Scripted.codes[:] = codes
        if error is None:
            assert ask(url) == {"error": "", "detail": "code 200"}
        else:
            with pytest.raises(error, match=f"code {codes[-1]}"):
                ask(url)
        assert len(Scripted.asked) == asked


def test_a_server_that_is_not_there_is_tried_again_and_then_told() -> None:
    with pytest.raises(httpx.ConnectError):
        get("http://127.0.0.1:9")
    with pytest.raises(httpx.ConnectError):
        asyncio.run(get_async("http://127.0.0.1:9"))


def test_pauses_double_up_to_the_longest_and_differ_by_chance() -> None:
    patience = Patience(tries=7, first_pause=1.0, longest_pause=8.0)
    for pause, most in zip(patience.pauses(), [1, 2, 4, 8, 8, 8], strict=True):
        assert most / 2 <= pause <= most


@pytest.mark.parametrize(
    ("code", "said", "wait"),
    [
        (429, "3", 3.0),
        (503, "1", 2.0),
        (429, "86400", 15.0),
        (429, "9" * 400, 15.0),
        (503, "Wed, 21 Oct 2026 07:28:00 GMT", 2.0),
        (200, "3", None),
    ],
)
def test_what_the_server_says_is_waited_up_to_the_longest_pause(
    code: int, said: str, wait: float | None
) -> None:
    reply = httpx.Response(code, headers={"Retry-After": said})
    assert pause_before_next(reply, pause=2.0, longest=15.0) == wait


@pytest.mark.parametrize(
    ("content", "error", "detail"),
    [
        (b'{"error": "InvalidBatchError", "detail": "x"}', InvalidBatchError, "x"),
        (b'{"error": "annotations", "detail": "x"}', RequestRefusedError, "x"),
        (b"<html>", RequestRefusedError, "HTTP 422, and not in the server's words"),
        (b"[]", RequestRefusedError, "HTTP 422"),
    ],
)
def test_an_error_has_the_servers_name_where_there_is_one(
    content: bytes, error: type[AmlMinerError], detail: str
) -> None:
    with pytest.raises(AmlMinerError, match=detail) as raised:
        check(httpx.Response(422, content=content))
    assert type(raised.value) is error
