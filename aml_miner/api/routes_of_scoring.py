"""The three routes that score: a body to a worker, and its answer back, unseen."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from aml_miner.api import wire
from aml_miner.api.encoding import form_of
from aml_miner.api.examples import request_body, responses
from aml_miner.api.receiving import ClientDisconnect, disconnected
from aml_miner.api.replies import ClusterScoreResponse, RankResponse, ScoreResponse
from aml_miner.api.state import state_of

router = APIRouter(tags=["on demand"])

_PIECE: Final = 1 << 20  # bytes

_OPTIONS: Final[dict[str, Any]] = {"response_model": None, "openapi_extra": request_body()}


@router.post("/score/alerts", responses=responses(list[ScoreResponse]), **_OPTIONS)
async def score_alerts(request: Request) -> Response:
    """Score and explain each alert of the body, in its order."""
    return await _answer(request, "score_alerts")


@router.post("/rank/alerts", responses=responses(list[RankResponse]), **_OPTIONS)
async def rank_alerts(request: Request) -> Response:
    """Rank the alerts of the body; rank 1 is opened first."""
    return await _answer(request, "rank_alerts")


@router.post("/score/clusters", responses=responses(list[ClusterScoreResponse]), **_OPTIONS)
async def score_clusters(request: Request) -> Response:
    """Score and explain each cluster of the body, in its order."""
    return await _answer(request, "score_clusters")


async def _answer(request: Request, route: wire.Route) -> Response:
    state = state_of(request)
    state.check_open()
    state.pool.check_room()
    question = wire.Question(
        route,
        request.headers.get("content-type", ""),
        form_of(request.headers.get("accept", "")),
        request.scope["request_id"],
    )
    body = await state.door.receive(request)
    try:
        answer, content = await _wanted(request, state.pool.answer(question, body))
    finally:
        state.door.release(body)
    request.scope["rows"] = answer.facts.rows

    def count() -> None:
        if answer.error:
            state.metrics.count_rejected(answer.error)
        else:
            state.metrics.count_answer(route, answer.facts)

    return _InPieces(content, answer.status, answer.media_type, count)


class _InPieces(Response):
    """A reply that is sent piece by piece: between two of them the event loop serves others. Then it is counted."""

    def __init__(
        self, content: bytearray, status: int, media_type: str, count: Callable[[], None]
    ) -> None:
        super().__init__(None, status, {"content-length": str(len(content))}, media_type)
        self._content = memoryview(content)
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply."""
        del scope, receive
        head = {"type": "http.response.start", "status": self.status_code}
        await send({**head, "headers": self.raw_headers})
        size = len(self._content)
        for start in range(0, max(size, 1), _PIECE):
            piece, more = bytes(self._content[start : start + _PIECE]), start + _PIECE < size
            await send({"type": "http.response.body", "body": piece, "more_body": more})
            if more:
                await asyncio.sleep(0)
        self._count()


async def _wanted[T](request: Request, waiting: Coroutine[Any, Any, T]) -> T:
    """Wait for something as long as the client waits for it."""
    gone, over = asyncio.create_task(disconnected(request)), False
    try:
        async with asyncio.timeout(None) as patience:

            def give_up(gone: asyncio.Task[None]) -> None:
                if not over and not gone.cancelled():
                    patience.reschedule(0.0)

            gone.add_done_callback(give_up)
            try:
                return await waiting
            finally:
                over = True  # a call of it may be on its way already
    except TimeoutError as error:
        raise ClientDisconnect from error
    finally:
        gone.cancel()
