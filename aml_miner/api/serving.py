"""The server as a program: it listens, and when it is told to stop it answers what it accepted and then ends.

TLS, and limits on single clients, are left to a proxy in front of it.
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from typing import Final

import uvicorn
from loguru import logger
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from aml_miner.api.app import create_app
from aml_miner.api.failures import Failure
from aml_miner.api.log import hear
from aml_miner.api.state import State
from aml_miner.config.settings import Settings
from aml_miner.errors import ConfigurationError

_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)
_IDLE_SECONDS: Final = 10
"""How long a connection may lie idle between two requests."""

_LAST_SECONDS: Final = 0.5
"""How long a request is still read on a connection that lay idle when the door was closed."""


def serve(settings: Settings) -> None:
    """Serve until told to stop.

    Raises
    ------
    ConfigurationError
        If the address cannot be listened on.
    """
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        http=_Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
    )
    hear("uvicorn", "asyncio")
    server = _Server(config, app.state.shared)
    try:
        asyncio.run(server.serve())
    except SystemExit as error:
        message = f"setting API_PORT: {settings.api_host}:{settings.api_port} cannot be listened on; is it in use?"
        raise ConfigurationError(message) from error
    logger.info("stopped: every accepted request is answered")


class _Server(uvicorn.Server):
    """Stops in two steps: first it says that it is not ready, and a moment later closes the door."""

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self._state = state

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen, and say so once it is true."""
        await super().startup(sockets)
        logger.info("listening on http://{}:{}", self.config.host, self.config.port)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop when told to; told twice, at once."""
        loop = asyncio.get_running_loop()
        for number in _STOPPING:
            loop.add_signal_handler(number, self._drain)
        try:
            yield
        finally:
            for number in _STOPPING:
                loop.remove_signal_handler(number)

    def _drain(self) -> None:
        if self._state.draining:
            self.should_exit = self.force_exit = True
            return
        logger.info("told to stop: not ready, {} requests wait", self._state.pool.waiting_count)
        self._state.draining = True
        asyncio.get_running_loop().call_later(self._state.settings.api_drain_seconds, self._close)

    def _close(self) -> None:
        self.should_exit = True


class _Protocol(H11Protocol):
    """HTTP/1.1 that gives a client so long for a request's headers, and answers what is no HTTP in the one shape."""

    _heading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def handle_events(self) -> None:
        """Stop waiting once the headers are there."""
        super().handle_events()
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._wait_for_head()

    def shutdown(self) -> None:
        """Hang up, on a connection that asks nothing a moment later: what was sent already is read and answered."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self.loop.call_later(_LAST_SECONDS, self._hang_up)
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the one shape."""
        content = Failure(400, "BadRequest", f"HTTP: {msg}").content
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + content)
        self.transport.close()

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            state: State = self.config.app.state.shared  # type: ignore[union-attr]
            seconds = state.settings.api_body_timeout
            self._heading = self.loop.call_later(seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._heading is not None:
            self._heading.cancel()
            self._heading = None
