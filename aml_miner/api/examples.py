"""What the published description says beside the code: bodies with an example that runs, and how requests fail."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from aml_miner.api.bodies import BatchData
from aml_miner.api.encoding import JSON, MEDIA_TYPES
from aml_miner.api.parts import ARROW_FILE, ARROW_STREAM, MULTIPART, PARQUET
from aml_miner.api.replies import ErrorResponse
from aml_miner.scoring.golden import golden_rows

_REF: Final = "#/components/schemas/{model}"
_WORDS: Final = {
    401: "The token is missing or wrong.",
    404: "Nothing is stored under that name.",
    408: "The body did not arrive in time.",
    413: "The body, as it came or unpacked, is over the limit.",
    415: "The content type or encoding is not one that is read.",
    422: "A value is wrong; the detail names table, row and field.",
    429: "As many requests wait as may; ask again after Retry-After.",
    503: "The models are not loaded, or the server is stopping.",
    504: "It would take longer than a request may.",
}


def failures(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Describe how a route fails."""
    return {code: {"model": ErrorResponse, "description": _WORDS[code]} for code in codes}


def responses(rows: object) -> dict[int | str, dict[str, Any]]:
    """Describe the replies of a route that scores."""
    tables = {name: {"schema": _binary()} for form, name in MEDIA_TYPES.items() if form != "json"}
    fine: dict[int | str, dict[str, Any]] = {
        200: {"model": rows, "description": "A row for each row sent.", "content": tables}
    }
    return {**fine, **failures(404, 408, 413, 415, 422, 429, 503, 504)}


def request_body() -> dict[str, Any]:
    """Describe the body of a route that scores, with examples that run as they stand."""
    kinds = ", ".join((ARROW_STREAM, ARROW_FILE, PARQUET))
    tables = ("alerts", "features", "clusters", "money_flows")
    parts = {
        "schema": {"type": "object", "properties": {name: _binary() for name in tables}},
        "encoding": {name: {"contentType": kinds} for name in tables},
    }
    content = {
        JSON: {"schema": {"$ref": _REF.format(model="BatchData")}, "examples": _examples()},
        MULTIPART: parts,
    }
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI, *, asks_token: bool) -> None:
    """Make an application's published description whole: the forms of bodies, which no route is declared to take."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            body = BatchData.model_json_schema(ref_template=_REF)
            schemas |= body.pop("$defs") | {"BatchData": body}
            if asks_token:
                bearer = {"type": "http", "scheme": "bearer"}
                document["components"]["securitySchemes"] = {"token": bearer}
                document["security"] = [{"token": []}]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _binary() -> dict[str, str]:
    return {"type": "string", "format": "binary"}


def _examples() -> dict[str, Any]:
    rows = golden_rows()
    first = rows["alerts"][0]
    of_first = [row for row in rows["features"] if row["address"] == first["address"]]
    cluster = rows["clusters"][0]
    members = [row for row in rows["features"] if row["address"] in cluster["addresses_involved"]]
    reference = {
        "network": "simulated",
        "processing_date": "2025-01-20",
        "window_days": 20,
        "alert_ids": ["example-alert-1"],
    }
    return {
        "an alert": {"value": {"alerts": [first], "features": of_first}},
        "a cluster": {"value": {"clusters": [cluster], "features": members}},
        "a batch the server holds": {"value": {"reference": reference}},
    }
