"""When a request goes wrong: one JSON shape, ``{"error": "<class>", "detail": "<sentence>"}``, whatever it was.

The table of codes is here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import orjson

from aml_miner.errors import (
    AmlMinerError,
    BodyTooLargeError,
    InvalidBatchError,
    ServerBusyError,
    ServerNotReadyError,
    SlowBodyError,
    TimeLimitError,
    UnauthorizedError,
    UnknownResultError,
    UnsupportedBodyError,
)

STATUSES: Final[Mapping[type[AmlMinerError], int]] = {
    UnauthorizedError: 401,
    UnknownResultError: 404,
    SlowBodyError: 408,
    BodyTooLargeError: 413,
    UnsupportedBodyError: 415,
    InvalidBatchError: 422,
    ServerBusyError: 429,
    ServerNotReadyError: 503,
    TimeLimitError: 504,
}

_HEADERS: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": "Bearer"},
    408: {"Connection": "close"},
    413: {"Connection": "close"},  # the rest of the body is not read
    429: {"Retry-After": "1"},
    503: {"Retry-After": "5"},
}

OURS: Final = "The fault is the server's; its log says more."
"""All a reply says of a fault of ours: nothing of the inside leaves."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a failed request is answered."""

    status: int
    error: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The reply's body."""
        return orjson.dumps({"error": self.error, "detail": self.detail})

    @classmethod
    def of(cls, error: AmlMinerError) -> "Failure":
        """Return the reply to an error; one that no request can cause says nothing of the inside."""
        status = next((STATUSES[c] for c in type(error).__mro__ if c in STATUSES), 500)
        detail = OURS if status == HTTPStatus.INTERNAL_SERVER_ERROR else str(error)
        return cls(status, type(error).__name__, detail, _HEADERS.get(status, {}))

    @classmethod
    def of_ours(cls) -> "Failure":
        """Return the reply to a fault nobody foresaw."""
        return cls(500, "InternalServerError", OURS)
