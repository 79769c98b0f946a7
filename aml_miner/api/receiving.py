"""Bodies in: so many bytes and no more, counted as they come and as they unpack, and so long and no longer."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from starlette.requests import ClientDisconnect, Request

from aml_miner.errors import (
    BodyTooLargeError,
    InvalidBatchError,
    ServerBusyError,
    SlowBodyError,
    UnsupportedBodyError,
)

_PIECE: Final = 1 << 20  # bytes unpacked at a time: between two pieces the event loop serves others
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(eq=False, slots=True)
class Doorkeeper:
    """Lets bodies in, one by one no larger than they may be, and all together no larger than three of those.

    Attributes
    ----------
    max_bytes
        Largest body, as it comes and unpacked.
    max_seconds
        How long a body may take to arrive.
    held_bytes
        What the server holds of bodies that wait or are scored.
    """

    max_bytes: int
    max_seconds: float
    held_bytes: int = 0

    async def receive(self, request: Request) -> bytearray:
        """Return a request's body, unpacked; the caller gives its bytes back with `release`.

        Raises
        ------
        BodyTooLargeError
            If it is larger than it may be; at once when its length says so.
        UnsupportedBodyError
            If it is packed in another way than gzip.
        InvalidBatchError
            If it is not packed as it says.
        SlowBodyError
            If it has not arrived in time.
        ServerBusyError
            If the server holds as much as it may.
        ClientDisconnect
            If the client is gone before all of it arrived.
        """
        encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"identity", "gzip"}:
            message = f"Content-Encoding: expected gzip or none; found {encoding!r:.40}."
            raise UnsupportedBodyError(message)
        self._check_said_length(request.headers.get("content-length", ""))
        pieces = request.stream() if encoding == "identity" else _unpacked(request)
        body = bytearray()
        try:
            async with asyncio.timeout(self.max_seconds):
                async for piece in pieces:
                    self._check_room(len(body) + len(piece), len(piece))
                    self.held_bytes += len(piece)
                    body += piece
        except TimeoutError as error:
            self.release(body)
            message = f"body: has not arrived after {self.max_seconds:g} s; send it faster, or less of it."
            raise SlowBodyError(message) from error
        except BaseException:
            self.release(body)
            raise
        return body

    def release(self, body: bytearray) -> None:
        """Give back the room a body took."""
        self.held_bytes -= len(body)

    def _check_said_length(self, said: str) -> None:
        if said.isdecimal() and int(said[:20]) > self.max_bytes:
            raise self._too_large()

    def _check_room(self, length: int, more: int) -> None:
        if length > self.max_bytes:
            raise self._too_large()
        if self.held_bytes + more > 3 * self.max_bytes:
            message = f"The server holds {self.held_bytes} bytes of other requests, as many as it may; ask again."
            raise ServerBusyError(message)

    def _too_large(self) -> BodyTooLargeError:
        message = f"body: may have at most {self.max_bytes} bytes, unpacked too; send fewer rows at a time, or Parquet."
        return BodyTooLargeError(message)


async def _unpacked(request: Request) -> AsyncIterator[bytes]:
    """Unpack gzip in pieces, so that what a small body unpacks to is counted before it is held."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        async for packed in request.stream():
            rest = packed
            while rest:
                if unpacker.eof:  # another member follows
                    unpacker = zlib.decompressobj(_GZIP)
                yield unpacker.decompress(rest, _PIECE)
                rest = unpacker.unconsumed_tail or unpacker.unused_data
                await asyncio.sleep(0)
    except zlib.error as error:
        raise InvalidBatchError(f"body: is not gzip as Content-Encoding says: {error}.") from error
    if not unpacker.eof:
        raise InvalidBatchError("body: its gzip is cut off; send it again.")


async def disconnected(request: Request) -> None:
    """Wait until the client of a request whose body was read is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


__all__ = ["ClientDisconnect", "Doorkeeper", "disconnected"]
