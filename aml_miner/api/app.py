"""The application: routes, what surrounds them, and how they fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

import aml_miner
from aml_miner.api import routes_of_results, routes_of_scoring, routes_of_service
from aml_miner.api.complaints import shown
from aml_miner.api.examples import describe, failures
from aml_miner.api.failures import Failure
from aml_miner.api.state import State, state_of
from aml_miner.api.surrounding import Surrounding
from aml_miner.config.settings import Settings
from aml_miner.errors import AmlMinerError, InvalidBatchError

_DESCRIPTION = """Scores, ranks and explains anti-money-laundering alerts.

Bodies are JSON, or one part per table in Arrow IPC or Parquet; replies are JSON, or a table in Arrow or Parquet where
`Accept` asks for it. Every failure is `{"error": "<class>", "detail": "<sentence>"}`."""


def create_app(settings: Settings) -> FastAPI:
    """Return an application; its workers are started when it is."""
    state = State.of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        state.stored.refresh()
        state.pool.start()
        try:
            yield
        finally:
            await state.pool.stop()

    app = FastAPI(
        title="aml-miner",
        version=aml_miner.__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        responses=failures(401) if settings.api_token else {},
    )
    app.state.shared = state
    for routes in (routes_of_scoring, routes_of_results, routes_of_service):
        app.include_router(routes.router)
    describe(app, asks_token=settings.api_token is not None)
    app.add_exception_handler(RequestValidationError, _refuse_parameters)
    app.add_exception_handler(AmlMinerError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_request)
    app.add_middleware(Surrounding, state=state)
    if (
        settings.api_cors_origins
    ):  # outermost: who asks leave beforehand shows no token, and a 401 is to be read
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.api_cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, AmlMinerError)  # noqa: S101 - registered for it alone
    failure = Failure.of(error)
    state_of(request).metrics.count_rejected(failure.error)
    if failure.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("{}: {}", failure.error, error)
    return _reply(failure)


async def _refuse_parameters(request: Request, error: Exception) -> Response:
    """Name the parameter of a path or a query that is wrong."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    first = error.errors()[0]
    where, name = first["loc"][0], first["loc"][-1]
    message = f"{where}: '{name}': {first['msg']}; found {shown(first['input'])}."
    return await _refuse(request, InvalidBatchError(message))


async def _refuse_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    status = HTTPStatus(error.status_code)
    headers = error.headers or {}
    reasons = {
        HTTPStatus.NOT_FOUND: "there is no such route; /docs lists them",
        HTTPStatus.METHOD_NOT_ALLOWED: f"this route takes {headers.get('Allow')} only",
    }
    reason = reasons.get(status, error.detail)
    detail = f"{request.method} {shown(request.url.path)}: {reason}."
    return _reply(Failure(status, status.phrase.replace(" ", ""), detail, headers))


def _reply(failure: Failure) -> Response:
    return Response(
        failure.content, failure.status, dict(failure.headers), media_type="application/json"
    )
