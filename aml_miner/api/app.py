"""The application: five routes over the core."""

import platform
import time
from collections.abc import Callable
from copy import deepcopy
from importlib.metadata import version
from typing import Any

import orjson
import polars as pl
import uvicorn
from fastapi import FastAPI, Response
from loguru import logger

import aml_miner
from aml_miner.api.bodies import BatchData
from aml_miner.api.failures import answer_failures
from aml_miner.models import Models
from aml_miner.scoring import rank_alerts, score_alerts, score_clusters


def create_app(models: Models) -> FastAPI:
    """Return an application that scores with some models."""
    app = FastAPI(title="aml-miner", version=aml_miner.__version__)
    answer_failures(app)

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
    """Serve some models until interrupted; every line of the log goes to standard error."""
    logger.info("serving {} on http://{}:{}", models.alert_scorer.version, host, port)
    uvicorn.run(
        create_app(models),
        host=host,
        port=port,
        log_level=log_level.lower(),
        log_config=_log_config(),
    )


def _log_config() -> dict[str, Any]:
    """Return uvicorn's own settings of its log, with the requests on standard error too."""
    config = deepcopy(uvicorn.config.LOGGING_CONFIG)
    config["handlers"]["access"]["stream"] = "ext://sys.stderr"
    return config


def _timed(scored: Callable[[], pl.DataFrame], columns: list[str]) -> Response:
    began = time.perf_counter()
    rows = scored().select(columns)
    elapsed = (time.perf_counter() - began) * 1000
    logger.debug("{} rows scored in {:.1f} ms", rows.height, elapsed)
    latency = elapsed / max(rows.height, 1)
    return _encoded(rows.with_columns(latency_ms=pl.lit(latency)).to_dicts())


def _encoded(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
