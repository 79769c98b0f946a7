"""Every route is asked, and what a server answers against its own description does not pass."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from aml_miner.api.app import create_app
from aml_miner.client.routes import GETS, Routes
from aml_miner.config.settings import Settings

DOCUMENT = create_app(Settings(models_dir=Path())).openapi()
NOTHING = {"error": "UnknownResultError", "detail": "No results."}


def body_of(path: str) -> dict[str, Any]:
    """The least the description of a route allows."""
    method = "post" if path == "/refresh" else "get"
    described = DOCUMENT["paths"].get(path, {}).get(method, {})
    content = described.get("responses", {}).get("200", {}).get("content", {})
    name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    return dict.fromkeys(DOCUMENT["components"]["schemas"].get(name, {}).get("required", []))


def outcomes(
    answer: Callable[[str], tuple[int, Any] | None],
    dates: list[str],
    document: dict[str, Any] = DOCUMENT,
) -> dict[str, tuple[bool, str]]:
    """What is found of a server that answers as described, but where `answer` knows another answer."""

    def reply(request: httpx.Request) -> httpx.Response:
        path = request.url.path.replace("2025-11-20", "{processing_date}")
        path = path.replace("2025-01-20", "{processing_date}").replace("alert_scorer", "{kind}")
        bodies = {"/openapi.json": document, "/dates/available": {"dates": dates, "total_count": 0}}
        code, body = answer(path) or (200, bodies.get(path) or body_of(path))
        return httpx.Response(code, json=body)

    with httpx.Client(transport=httpx.MockTransport(reply), base_url="http://x") as http:
        return {name: at() for name, at in Routes(http).looks()}


def as_described(path: str) -> None:
    del path


def failed(found: dict[str, tuple[bool, str]]) -> list[str]:
    return [name for name, (passed, _) in found.items() if not passed]


def test_every_route_of_the_server_is_known() -> None:
    paths = DOCUMENT["paths"]
    assert {path for path in paths if "get" in paths[path]} == set(GETS)
    asked = {name.split()[1] for name in outcomes(as_described, [])}
    assert asked == {p for p in paths if not p.startswith(("/score/", "/rank/"))} | {
        "/openapi.json"
    }


def test_a_server_that_answers_as_described_passes_with_and_without_results() -> None:
    def none_stored(path: str) -> tuple[int, Any] | None:
        of_results = path.startswith(("/scores/", "/rankings/", "/metadata/", "/dates/latest"))
        return (404, NOTHING) if of_results else None

    assert failed(outcomes(as_described, ["2025-11-20"])) == []
    assert failed(outcomes(none_stored, [])) == []
    assert len(failed(outcomes(none_stored, ["2025-11-20"]))) == 9


@pytest.mark.parametrize("path", [*GETS, "/refresh"])
@pytest.mark.parametrize("code", [500, 503, 404, 422])
def test_no_route_may_fail(path: str, code: int) -> None:
    told = {"error": "InternalServerError", "detail": "x"}
    passing = [(404, []), (422, ["2025-11-20"])]  # nothing stored; several stored
    for dates in ([], ["2025-11-20"]):
        of_results = path.startswith(("/scores/", "/rankings/", "/metadata/", "/dates/latest"))
        if path == "/dates/available" or (of_results and (code, dates) in passing):
            continue
        found = failed(outcomes(lambda asked: (code, told) if asked == path else None, dates))
        assert [name.split()[1] for name in found] == [path]


def test_a_field_that_lacks_another_shape_and_a_route_that_is_not_described_are_told() -> None:
    found = outcomes(lambda path: (200, {"networks": []}) if path == "/networks" else None, [])
    assert found["GET /networks answers as described"] == (False, "200 without total_count")
    found = outcomes(lambda path: (404, {"detail": "x"}) if path == "/dates/latest" else None, [])
    assert failed(found) == ["GET /dates/latest answers as described"]
    paths = {path: told for path, told in DOCUMENT["paths"].items() if path != "/networks"}
    found = outcomes(as_described, [], DOCUMENT | {"paths": paths})
    assert found["GET /openapi.json describes every route"] == (False, "lacks /networks")


def test_a_route_only_the_server_knows_is_asked_too() -> None:
    paths = DOCUMENT["paths"] | {"/own": {"get": {"responses": {}}}}
    found = outcomes(
        lambda path: (500, NOTHING) if path == "/own" else None,
        [],
        DOCUMENT | {"paths": paths},
    )
    assert failed(found) == ["GET /own answers as described"]
