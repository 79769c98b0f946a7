"""The routes that hand out stored results. ``latest`` is declared before a date, which would take it for one."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator

from aml_miner.api import replies
from aml_miner.api.examples import failures
from aml_miner.api.routes_of_service import encoded
from aml_miner.api.state import state_of
from aml_miner.api.stored_replies import StoredReplies, latest, processing_metadata
from aml_miner.errors import ServerNotReadyError, UnknownResultError
from aml_miner.scoring.stored import StoredResult

router = APIRouter(tags=["stored results"], responses=failures(404, 422))


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


type _Reply = Callable[[StoredReplies, StoredResult], bytes]

Day = Annotated[
    str,
    Path(
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        examples=["2025-01-20"],
        description="YYYY-MM-DD",
        json_schema_extra={"format": "date"},
    ),
    AfterValidator(_day),
]
Network = Annotated[str | None, Query(max_length=200, description="Where several are stored.")]
Window = Annotated[
    int | None, Query(ge=1, lt=2**16, description="Days in the window, where several are stored.")
]


@router.get("/dates/available", response_model=replies.DatesResponse)
async def dates_available(
    request: Request, network: Network = None, window_days: Window = None
) -> Response:
    """List the dates that are stored, newest first."""
    return encoded(state_of(request).stored.dates(network, window_days))


@router.get("/dates/latest", response_model=replies.LatestDateResponse)
async def dates_latest(
    request: Request, network: Network = None, window_days: Window = None
) -> Response:
    """Say which date is the newest."""
    return encoded(latest(state_of(request).stored.find(None, network, window_days)))


@router.get("/scores/alerts/latest", response_model=replies.StoredScoresResponse)
async def latest_scores(
    request: Request, network: Network = None, window_days: Window = None
) -> Response:
    """Hand out the newest scores of alerts."""
    found = state_of(request).stored.find(None, network, window_days)
    return await _read(request, StoredReplies.scores, found)


@router.get("/scores/alerts/{processing_date}", response_model=replies.StoredScoresResponse)
async def scores(
    request: Request, processing_date: Day, network: Network = None, window_days: Window = None
) -> Response:
    """Hand out a date's scores of alerts."""
    found = _of(request, processing_date, network, window_days)
    return await _read(request, StoredReplies.scores, found)


@router.get("/rankings/alerts/latest", response_model=replies.StoredRankingsResponse)
async def latest_rankings(
    request: Request, network: Network = None, window_days: Window = None
) -> Response:
    """Hand out the newest ranks, rank 1 first."""
    found = state_of(request).stored.find(None, network, window_days)
    return await _read(request, StoredReplies.rankings, found)


@router.get("/rankings/alerts/{processing_date}", response_model=replies.StoredRankingsResponse)
async def rankings(
    request: Request, processing_date: Day, network: Network = None, window_days: Window = None
) -> Response:
    """Hand out a date's ranks, rank 1 first."""
    found = _of(request, processing_date, network, window_days)
    return await _read(request, StoredReplies.rankings, found)


@router.get("/scores/clusters/latest", response_model=replies.StoredClusterScoresResponse)
async def latest_cluster_scores(
    request: Request, network: Network = None, window_days: Window = None
) -> Response:
    """Hand out the newest scores of clusters."""
    found = state_of(request).stored.find(None, network, window_days)
    return await _read(request, StoredReplies.cluster_scores, found)


@router.get(
    "/scores/clusters/{processing_date}", response_model=replies.StoredClusterScoresResponse
)
async def cluster_scores(
    request: Request, processing_date: Day, network: Network = None, window_days: Window = None
) -> Response:
    """Hand out a date's scores of clusters."""
    found = _of(request, processing_date, network, window_days)
    return await _read(request, StoredReplies.cluster_scores, found)


@router.get("/metadata/latest", response_model=replies.ProcessingMetadataResponse)
async def latest_metadata(
    request: Request, network: Network = None, window_days: Window = None
) -> Response:
    """Say what the newest run found."""
    return encoded(processing_metadata(state_of(request).stored.find(None, network, window_days)))


@router.get("/metadata/{processing_date}", response_model=replies.ProcessingMetadataResponse)
async def metadata(
    request: Request, processing_date: Day, network: Network = None, window_days: Window = None
) -> Response:
    """Say what a date's run found."""
    return encoded(processing_metadata(_of(request, processing_date, network, window_days)))


@router.get("/models/metadata", responses=failures(503))
async def models_metadata(request: Request) -> Response:
    """Say where the models come from."""
    return encoded(_models(request))


@router.get("/models/metadata/{kind}", responses=failures(503))
async def model_metadata(request: Request, kind: str) -> Response:
    """Say where a model comes from: ``alert_scorer``, ``alert_ranker`` or ``cluster_scorer``."""
    found = _models(request)
    if kind not in found:
        raise UnknownResultError(f"There is no such model; one of {', '.join(sorted(found))}.")
    return encoded(found[kind])


@router.get("/networks", response_model=replies.NetworksResponse)
async def networks(request: Request) -> Response:
    """List the networks that are stored."""
    return encoded(state_of(request).stored.networks())


@router.post("/refresh", response_model=replies.RefreshResponse)
async def refresh(request: Request) -> Response:
    """Look for new results."""
    return encoded(await asyncio.to_thread(state_of(request).stored.refresh))


def _of(request: Request, day: str, network: str | None, window_days: int | None) -> StoredResult:
    return state_of(request).stored.find(date.fromisoformat(day), network, window_days)


async def _read(request: Request, reply: _Reply, found: StoredResult) -> Response:
    """Read in a thread: the event loop stays free while a large table is read."""
    content = await asyncio.to_thread(reply, state_of(request).stored, found)
    return Response(content, media_type="application/json")


def _models(request: Request) -> dict[str, object]:
    pool = state_of(request).pool
    if not pool.metadata:
        raise ServerNotReadyError(pool.complaint or "The models are being loaded; ask again.")
    return {kind: {"version": pool.versions[kind], **told} for kind, told in pool.metadata.items()}
