"""What surrounds every request: an id, the token, one line in the log, the figures; and a reply whatever happens.

Plain ASGI: a middleware that wraps requests and responses in objects would hold bodies back and cost more than a score.
"""

import hmac
import re
import time
from collections.abc import MutableMapping
from typing import Any, Final
from uuid import uuid4

from loguru import logger
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aml_miner.api.failures import Failure
from aml_miner.api.log import log_fault
from aml_miner.api.state import State
from aml_miner.errors import UnauthorizedError

_OPEN_ROUTES: Final = frozenset({"/livez", "/readyz"})
"""What a load balancer asks, without a token."""

_FIT_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_GONE: Final = 499
"""Code counted and logged, never sent, where the client went away: nginx's."""


class Surrounding:
    """Surrounds an application."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state
        token = state.settings.api_token
        self._token = token.get_secret_value().encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = dict(scope["headers"])
        scope["request_id"] = _request_id(headers.get(b"x-request-id", b""))
        reply = _Reply(send, scope["request_id"])
        with (
            logger.contextualize(request_id=scope["request_id"]),
            self._state.metrics.in_flight.track_inprogress(),
        ):
            status = await self._answer(scope, receive, reply, headers)
            self._note(scope, status, time.perf_counter() - began)

    async def _answer(
        self, scope: Scope, receive: Receive, reply: "_Reply", headers: dict[bytes, bytes]
    ) -> int:
        try:
            if self._is_allowed(scope["path"], headers):
                await self._app(scope, receive, reply)
            else:
                self._state.metrics.count_rejected(UnauthorizedError.__name__)
                message = "Authorization: expected 'Bearer' and the server's token."
                await reply.fail(Failure.of(UnauthorizedError(message)))
        except ClientDisconnect:
            self._state.metrics.count_rejected("ClientDisconnect")
            return _GONE
        except Exception as error:  # noqa: BLE001 - the last door: one request must not end the server
            log_fault(error)
            if not reply.status:
                await reply.fail(Failure.of_ours())
        return reply.status

    def _is_allowed(self, path: str, headers: MutableMapping[bytes, bytes]) -> bool:
        if self._token is None or path in _OPEN_ROUTES:
            return True
        scheme, _, shown = headers.get(b"authorization", b"").partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(shown.strip(), self._token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """Count and log by the route as it is declared: a path can hold whatever somebody sent."""
        route = getattr(scope.get("route"), "path", "unmatched")
        self._state.metrics.count_request(route, status, seconds)
        about: dict[str, Any] = {"route": route, "status": status, "ms": round(seconds * 1000.0, 1)}
        if "rows" in scope:
            about["rows"] = scope["rows"]
        level = "DEBUG" if route in _OPEN_ROUTES or route == "/metrics" else "INFO"
        told = " ".join(f"{name}={value}" for name, value in about.items() if name != "route")
        logger.bind(**about).log(level, "{} {} {}", scope["method"], route, told)


class _Reply:
    """Sends a reply on, with the request's id, and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self._request_id)]
        await self._send(message)

    async def fail(self, failure: Failure) -> None:
        headers = [
            (name.lower().encode(), value.encode()) for name, value in failure.headers.items()
        ]
        headers += [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(failure.content)).encode()),
        ]
        await self({"type": "http.response.start", "status": failure.status, "headers": headers})
        await self({"type": "http.response.body", "body": failure.content})


def _request_id(given: bytes) -> str:
    """Return the caller's own id where it is fit to be logged, else a new one."""
    return given.decode() if _FIT_ID.fullmatch(given) else uuid4().hex
