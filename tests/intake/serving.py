"""A server of files on loopback that can be told to fail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

type Fault = Literal["busy", "forbidden", "cut", "stall", "other", "whole"]
"""503; 403; half of it and then the end; half of it and then nothing; other bytes; a range answered with all of it."""


@dataclass
class FileServer:
    """What it serves, how it is to fail (first fault first, per file name), and what it was asked for."""

    root: Path
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ranges(self, name: str) -> list[str]:
        """Return the ranges that were asked for of a file, in their order."""
        return [said for path, said in self.asked if path.endswith(name)]


@contextmanager
def on_loopback(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Answer requests on a thread of its own, and yield the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield http.server_port
        finally:
            http.shutdown()
            thread.join()


@contextmanager
def serve_files(root: Path) -> Iterator[FileServer]:
    server = FileServer(root)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = self.headers.get("Range", "")
            server.asked.append((self.path, said))
            path = root / self.path.lstrip("/")
            fault = server.faults.get(path.name, [])
            answer(self, path, said, fault.pop(0) if fault else None, server.let_go)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with on_loopback(Handler) as server.port:
        try:
            yield server
        finally:
            server.let_go.set()


def answer(
    request: BaseHTTPRequestHandler,
    path: Path,
    said: str,
    fault: Fault | None,
    let_go: threading.Event,
) -> None:
    refused = {"busy": 503, "forbidden": 403}.get(fault or "") or (None if path.is_file() else 404)
    if refused:
        request.send_response(refused)
        request.send_header("Retry-After", "0")
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    content = path.read_bytes()
    begin = int(said.removeprefix("bytes=").rstrip("-")) if said and fault != "whole" else 0
    if begin > len(content):
        request.send_response(416)
        request.end_headers()
        return
    body = content[begin:] if fault != "other" else bytes(len(content) - begin)
    request.send_response(206 if begin else 200)
    if begin:
        request.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    if fault in {"cut", "stall"}:
        request.wfile.write(body[: len(body) // 2])
        request.wfile.flush()
        if fault == "stall":
            let_go.wait(20)
        request.close_connection = True
        return
    request.wfile.write(body)
