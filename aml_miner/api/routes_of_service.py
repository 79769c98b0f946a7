"""The routes that say how the server is; none of them touches a model."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import orjson
from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

import aml_miner
from aml_miner.api.examples import failures
from aml_miner.api.replies import HealthResponse, StateResponse, VersionResponse
from aml_miner.api.state import State, state_of
from aml_miner.errors import ServerNotReadyError

router = APIRouter(tags=["service"])

_KINDS: Final = ("alert_scorer", "alert_ranker", "cluster_scorer")


@router.get("/livez", response_model=StateResponse)
async def livez() -> Response:
    """Say that the process lives."""
    return encoded({"status": "alive"})


@router.get("/readyz", response_model=StateResponse, responses=failures(503))
async def readyz(request: Request) -> Response:
    """Say that requests are answered: the models are loaded, and score the golden batch as when they were saved."""
    state = state_of(request)
    state.check_open()
    if not state.pool.ready_count:
        raise ServerNotReadyError(state.pool.complaint or "The models are being loaded; ask again.")
    return encoded({"status": "ready"})


@router.get("/health", response_model=HealthResponse)
async def health(request: Request) -> Response:
    """Say how the server is, ready or not."""
    state = state_of(request)
    ready, wanted = state.pool.ready_count, state.settings.api_workers
    return encoded(
        {
            "status": "healthy" if ready == wanted and not state.draining else "degraded",
            "models_loaded": dict.fromkeys(_KINDS, ready > 0),
            "uptime_seconds": round(time.monotonic() - state.started_at, 3),
            "memory_mb": _memory_mb(state),
            "workers_ready": ready,
            "workers_wanted": wanted,
            "detail": state.pool.complaint,
        }
    )


def _installed(package: str) -> str | None:
    """Return the version of a package; None where it is not installed, as in an image that scores alone."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@router.get("/version", response_model=VersionResponse)
async def versions(request: Request) -> Response:
    """Say which versions answer."""
    held = state_of(request).pool.versions
    return encoded(
        {
            "api_version": aml_miner.__version__,
            **{f"{kind}_version": held.get(kind) for kind in _KINDS},
            "python_version": platform.python_version(),
            "lightgbm_version": _installed("lightgbm"),
        }
    )


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Give all figures in Prometheus' text format."""
    content = state_of(request).metrics.exposition()
    return Response(content, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def encoded(content: object) -> Response:
    """Return a reply in JSON."""
    return Response(orjson.dumps(content), media_type="application/json")


def _memory_mb(state: State) -> float:
    """Return what the server and its workers hold in memory, in 2**20 bytes; on Linux alone, elsewhere 0."""
    pages = 0
    for process in (os.getpid(), *state.pool.process_ids):
        path = Path(f"/proc/{process}/statm")
        pages += int(path.read_text().split()[1]) if path.exists() else 0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
