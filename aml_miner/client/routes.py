"""Every route without a body asked once: it answers as the server's own description of it promises."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import httpx

type Outcome = tuple[bool, str]

GETS: Final = (
    "/livez",
    "/readyz",
    "/health",
    "/version",
    "/metrics",
    "/dates/available",
    "/dates/latest",
    "/scores/alerts/latest",
    "/scores/alerts/{processing_date}",
    "/rankings/alerts/latest",
    "/rankings/alerts/{processing_date}",
    "/scores/clusters/latest",
    "/scores/clusters/{processing_date}",
    "/metadata/latest",
    "/metadata/{processing_date}",
    "/models/metadata",
    "/models/metadata/{kind}",
    "/networks",
)
"""Routes a server has, whether or not it publishes them."""

ERROR_SHAPE: Final = {"error", "detail"}
_EXAMPLES: Final = {"processing_date": "2025-01-20", "kind": "alert_scorer"}
_OF_STORED: Final = ("/dates/latest", "/scores/", "/rankings/", "/metadata/")


class Routes:
    """The routes of a server, asked over one connection.

    Parameters
    ----------
    http
        Where to ask, with the token if one is needed.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._paths: Mapping[str, Any] = {}
        self._schemas: Mapping[str, Any] = {}
        self._values = dict(_EXAMPLES)
        self._is_stored = False

    def looks(self) -> Iterator[tuple[str, Callable[[], Outcome]]]:
        """Return what to look at, by name: the description first, then each route it or this client knows."""
        yield "GET /openapi.json describes every route", self._described
        yield "GET /dates/available lists dates", self._dated
        for path in dict.fromkeys((*GETS, *self._gets())):
            yield f"GET {path} answers as described", partial(self._answers, path)
        yield "POST /refresh answers as described", partial(self._answers, "/refresh", "POST")

    def _gets(self) -> list[str]:
        return [path for path, methods in self._paths.items() if "get" in methods]

    def _described(self) -> Outcome:
        reply = self._http.get("/openapi.json")
        if not reply.is_success:
            return False, f"{reply.status_code}"
        document = reply.json()
        self._paths = document["paths"]
        self._schemas = document.get("components", {}).get("schemas", {})
        missing = [path for path in GETS if path not in self._gets()]
        return not missing, f"lacks {', '.join(missing)}" if missing else f"{len(self._paths)}"

    def _dated(self) -> Outcome:
        dates = self._http.get("/dates/available").raise_for_status().json()["dates"]
        self._is_stored = bool(dates)
        if dates:
            self._values["processing_date"] = dates[0]
        return True, f"{len(dates)} dates"

    def _answers(self, path: str, method: str = "GET") -> Outcome:
        reply = self._http.request(method, path.format_map(self._values))
        described = self._paths.get(path, {}).get(method.lower(), {}).get("responses", {})
        if reply.is_success:
            return self._holds(reply, described)
        told = _fields(reply)
        found = f"{reply.status_code} {told.get('error')}"
        return set(told) == ERROR_SHAPE and self._may_be(path, reply, described), found

    def _may_be(self, path: str, reply: httpx.Response, described: Mapping[str, Any]) -> bool:
        """Whether a refusal is in order: nothing is stored, or several results fit and none was chosen."""
        code = str(reply.status_code)
        expected = "422" if self._is_stored else "404"
        return path.startswith(_OF_STORED) and code == expected and code in described

    def _holds(self, reply: httpx.Response, described: Mapping[str, Any]) -> Outcome:
        """Whether the reply has every field its schema requires."""
        content = described.get("200", {}).get("content", {}).get("application/json", {})
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        required = self._schemas.get(name, {}).get("required", [])
        lacking = sorted(set(required) - set(_fields(reply))) if required else []
        if lacking:
            return False, f"{reply.status_code} without {', '.join(lacking)}"
        return True, f"{reply.status_code}"


def _fields(reply: httpx.Response) -> dict[str, Any]:
    told = reply.json()
    if not isinstance(told, dict):
        raise ValueError(f"{reply.status_code} with a {type(told).__name__} instead of an object")  # noqa: TRY004
    return told
