"""When a request goes wrong: one JSON shape, ``{"error": "<class>", "detail": "<sentence>"}``, whatever it was.

A row of the body is named by its place and its key: ``alerts[3] (alert_id 'a-17'): 'volume_usd': …``.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from loguru import logger
from starlette.exceptions import HTTPException

from aml_miner.batch.schemas import ALERTS, CLUSTERS, FEATURES, MONEY_FLOWS
from aml_miner.errors import AmlMinerError, InvalidBatchError

_STATUS: dict[type[AmlMinerError], int] = {InvalidBatchError: 422}
_KEYS = {str(table.name): table.key for table in (ALERTS, FEATURES, CLUSTERS, MONEY_FLOWS)}
_OURS = "The fault is the server's; its log says more."
"""All a reply says of a fault of ours: nothing of the inside leaves."""

_SHOWN_LENGTH = 60
"""A value is cut to this many characters, so that no reply carries a whole document back."""


def answer_failures(app: FastAPI) -> None:
    """Make an application answer every failure in the one shape."""
    app.add_exception_handler(RequestValidationError, _refuse_body)
    app.add_exception_handler(AmlMinerError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_request)
    app.add_exception_handler(HTTPStatus.INTERNAL_SERVER_ERROR, _admit)


async def _refuse_body(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    errors = error.errors()
    detail = _complaint(errors[0], error.body)
    more = f" {len(errors) - 1} more values are wrong." if len(errors) > 1 else ""
    return _failure(422, "InvalidBatchError", f"{detail}{more}")


async def _refuse(request: Request, error: Exception) -> Response:
    del request
    status = next((_STATUS[c] for c in type(error).__mro__ if c in _STATUS), 500)
    name, detail = type(error).__name__, str(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("{}: {}", name, detail)
        detail = _OURS
    return _failure(status, name, detail)


async def _refuse_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    status = HTTPStatus(error.status_code)
    headers = error.headers or {}
    reasons = {
        HTTPStatus.NOT_FOUND: "there is no such route; /docs lists them",
        HTTPStatus.METHOD_NOT_ALLOWED: f"this route takes {headers.get('Allow')} only",
    }
    reason = reasons.get(status, error.detail)
    detail = f"{request.method} {_shown(request.url.path)}: {reason}."
    return _failure(status, status.phrase.replace(" ", ""), detail, headers)


async def _admit(request: Request, error: Exception) -> Response:
    del request, error  # the server logs it with its traceback
    return _failure(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", _OURS)


def _failure(
    status: int, error: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    logger.info("refused: {} {}", status, error)
    content = orjson.dumps({"error": error, "detail": detail})
    return Response(content, status, headers, media_type="application/json")


def _complaint(error: Mapping[str, Any], body: object) -> str:
    place: Sequence[str | int] = error["loc"][1:]
    if error["type"] == "json_invalid":
        return f"body: not JSON at character {place[0]}: {error['ctx']['error']}."
    if not place:
        return "body: expected a JSON object of tables, sent with Content-Type: application/json."
    table, *inside = place
    where = f"{table}[{inside[0]}]{_key(body, str(table), inside[0])}" if inside else f"{table}"
    field = "".join(f"[{part}]" if isinstance(part, int) else f": '{part}'" for part in inside[1:])
    message = str(error["msg"]).removeprefix("Value error, ")
    found = "" if error["type"] == "missing" else f"; found {_shown(error['input'])}"
    return f"{where}{field}: {message}{found}."


def _key(body: object, table: str, row: str | int) -> str:
    """Return a row's key as far as the row has one."""
    given = body[table][row]  # type: ignore[index]
    if not isinstance(given, dict):
        return ""
    key = [f"{name} {_shown(given[name])}" for name in _KEYS[table] if name in given]
    return f" ({', '.join(key)})" if key else ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"
