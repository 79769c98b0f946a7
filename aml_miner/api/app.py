"""The application: five routes over the core."""

import platform
import time
from collections.abc import Callable
from importlib.metadata import version

import orjson
import polars as pl
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

import aml_miner
from aml_miner.api.bodies import BatchData
from aml_miner.errors import AmlMinerError, InvalidBatchError
from aml_miner.models import Models
from aml_miner.scoring import rank_alerts, score_alerts, score_clusters

_STATUS: dict[type[AmlMinerError], int] = {InvalidBatchError: 422}


def create_app(models: Models) -> FastAPI:
    """Return an application that scores with some models."""
    app = FastAPI(title="aml-miner", version=aml_miner.__version__)
    app.add_exception_handler(RequestValidationError, _refuse_body)
    app.add_exception_handler(AmlMinerError, _refuse)

    @app.post("/score/alerts")
    def post_score_alerts(body: BatchData) -> Response:
        """Score and explain each alert of the body, in its order."""
        columns = ["alert_id", "score", "model_version", "explain_json"]
        return _timed(lambda: score_alerts(body.batch(), models.alert_scorer), columns)

    @app.post("/rank/alerts")
    def post_rank_alerts(body: BatchData) -> Response:
        """Rank the alerts of the body; rank 1 is opened first."""
        ranked = rank_alerts(body.batch(), models.alert_ranker).sort("rank")
        return _encoded(ranked.select("alert_id", "rank", "score", "model_version").to_dicts())

    @app.post("/score/clusters")
    def post_score_clusters(body: BatchData) -> Response:
        """Score and explain each cluster of the body, in its order."""
        columns = ["cluster_id", "score", "model_version", "explain_json"]
        return _timed(lambda: score_clusters(body.batch(), models.cluster_scorer), columns)

    @app.get("/health")
    async def health() -> Response:
        """Say that the server lives and which models it holds."""
        loaded = dict.fromkeys(("alert_scorer", "alert_ranker", "cluster_scorer"), True)
        return _encoded({"status": "healthy", "models_loaded": loaded})

    @app.get("/version")
    async def versions() -> Response:
        """Say which versions answer."""
        return _encoded(
            {
                "api_version": aml_miner.__version__,
                "alert_scorer_version": models.alert_scorer.version,
                "alert_ranker_version": models.alert_ranker.version,
                "cluster_scorer_version": models.cluster_scorer.version,
                "python_version": platform.python_version(),
                "lightgbm_version": version("lightgbm"),
            }
        )

    return app


def serve_models(models: Models, host: str, port: int, log_level: str) -> None:
    """Serve some models until interrupted."""
    uvicorn.run(create_app(models), host=host, port=port, log_level=log_level.lower())


def _timed(scored: Callable[[], pl.DataFrame], columns: list[str]) -> Response:
    began = time.perf_counter()
    rows = scored().select(columns)
    latency = (time.perf_counter() - began) * 1000 / max(rows.height, 1)
    return _encoded(rows.with_columns(latency_ms=pl.lit(latency)).to_dicts())


def _encoded(content: object, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


async def _refuse_body(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return _encoded({"error": "InvalidBatchError", "detail": f"{place}: {first['msg']}."}, 422)


async def _refuse(request: Request, error: Exception) -> Response:
    del request
    status = next((_STATUS[c] for c in type(error).__mro__ if c in _STATUS), 500)
    return _encoded({"error": type(error).__name__, "detail": str(error)}, status)
