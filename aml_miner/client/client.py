"""The client, once for programs that wait and once for those that do not; every method has the same name in both."""

import asyncio
import time
from datetime import date
from types import TracebackType
from typing import Any, Final, Self

import httpx
import polars as pl

from aml_miner.client.calls import (
    Call,
    Form,
    Patience,
    Tables,
    pause_before_next,
    query_of,
    reply_document,
    reply_table,
    scoring_call,
    stored_path,
)

_SECONDS: Final = 130.0
"""How long an answer is waited for: a little longer than the server takes at most by default."""

_PATIENT: Final = Patience()


class AmlMinerClient:
    """Asks a server and waits.

    A request the server is too busy for (429), that it is not ready for (503) or that did not reach it is tried again:
    scoring changes nothing, and the same tables get the same bits.

    Parameters
    ----------
    url
        Where the server is, as ``http://127.0.0.1:8000``.
    token
        What it asks for, if anything.
    form
        How tables travel.
    patience
        How often and how long to try again.
    seconds
        How long to wait for an answer.

    Examples
    --------
    >>> with AmlMinerClient("http://127.0.0.1:1", patience=Patience(tries=1)) as client:
    ...     client.is_ready()
    False
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        form: Form = "arrow",
        patience: Patience = _PATIENT,
        seconds: float = _SECONDS,
    ) -> None:
        self._http = httpx.Client(base_url=url, headers=_headers(token), timeout=seconds)
        self._form: Form = form
        self._patience = patience

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def score_alerts(self, tables: Tables) -> pl.DataFrame:
        """Return ``alert_id, score, model_version, latency_ms, explain_json``, a row per alert in their order.

        Raises
        ------
        AmlMinerError
            What the server refuses the request with, by its own name.
        httpx.TransportError
            If the server is not reached.
        """
        return reply_table(self._ask(scoring_call("/score/alerts", tables, self._form)))

    def rank_alerts(self, tables: Tables) -> pl.DataFrame:
        """Return ``alert_id, rank, score, model_version``, rank 1 first; errors as `score_alerts`."""
        return reply_table(self._ask(scoring_call("/rank/alerts", tables, self._form)))

    def score_clusters(self, tables: Tables) -> pl.DataFrame:
        """Return ``cluster_id, score, model_version, latency_ms, explain_json``; errors as `score_alerts`."""
        return reply_table(self._ask(scoring_call("/score/clusters", tables, self._form)))

    def stored(
        self,
        what: str,
        day: date | None = None,
        *,
        network: str | None = None,
        window_days: int | None = None,
    ) -> dict[str, Any]:
        """Return a stored result as the server tells it.

        Parameters
        ----------
        what
            ``scores/alerts``, ``rankings/alerts``, ``scores/clusters`` or ``metadata``.
        day
            Its processing date; the newest when not given.
        network, window_days
            Which, where several are stored.

        Raises
        ------
        UnknownResultError
            If there is none.
        """
        query = {"params": query_of(network, window_days)}
        return reply_document(self._ask(Call("GET", stored_path(what, day), query)))

    def get(self, path: str) -> dict[str, Any]:
        """Return what a route without a body says, as ``version``, ``health`` or ``dates/available``."""
        return reply_document(self._ask(Call("GET", path, {})))

    def refresh(self) -> dict[str, Any]:
        """Have the server look for new results, and return what it says."""
        return reply_document(self._ask(Call("POST", "/refresh", {})))

    def is_ready(self) -> bool:
        """Whether the server answers requests now; asked once."""
        try:
            return self._http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def _ask(self, call: Call) -> httpx.Response:
        for pause in self._patience.pauses():
            try:
                reply = self._http.request(call.method, call.path, **call.options)
            except httpx.ConnectError:
                time.sleep(pause)
                continue
            wait = pause_before_next(reply, pause, self._patience.longest_pause)
            if wait is None:
                return reply
            time.sleep(wait)
        return self._http.request(call.method, call.path, **call.options)


class AsyncAmlMinerClient:
    """Asks a server without holding up the event loop; as `AmlMinerClient` in everything else."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        form: Form = "arrow",
        patience: Patience = _PATIENT,
        seconds: float = _SECONDS,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers=_headers(token), timeout=seconds)
        self._form: Form = form
        self._patience = patience

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def score_alerts(self, tables: Tables) -> pl.DataFrame:
        """Return what `AmlMinerClient.score_alerts` does."""
        return reply_table(await self._ask(scoring_call("/score/alerts", tables, self._form)))

    async def rank_alerts(self, tables: Tables) -> pl.DataFrame:
        """Return what `AmlMinerClient.rank_alerts` does."""
        return reply_table(await self._ask(scoring_call("/rank/alerts", tables, self._form)))

    async def score_clusters(self, tables: Tables) -> pl.DataFrame:
        """Return what `AmlMinerClient.score_clusters` does."""
        return reply_table(await self._ask(scoring_call("/score/clusters", tables, self._form)))

    async def stored(
        self,
        what: str,
        day: date | None = None,
        *,
        network: str | None = None,
        window_days: int | None = None,
    ) -> dict[str, Any]:
        """Return what `AmlMinerClient.stored` does."""
        query = {"params": query_of(network, window_days)}
        return reply_document(await self._ask(Call("GET", stored_path(what, day), query)))

    async def get(self, path: str) -> dict[str, Any]:
        """Return what `AmlMinerClient.get` does."""
        return reply_document(await self._ask(Call("GET", path, {})))

    async def refresh(self) -> dict[str, Any]:
        """Return what `AmlMinerClient.refresh` does."""
        return reply_document(await self._ask(Call("POST", "/refresh", {})))

    async def is_ready(self) -> bool:
        """Whether the server answers requests now; asked once."""
        try:
            return (await self._http.get("/readyz")).is_success
        except httpx.TransportError:
            return False

    async def _ask(self, call: Call) -> httpx.Response:
        for pause in self._patience.pauses():
            try:
                reply = await self._http.request(call.method, call.path, **call.options)
            except httpx.ConnectError:
                await asyncio.sleep(pause)
                continue
            wait = pause_before_next(reply, pause, self._patience.longest_pause)
            if wait is None:
                return reply
            await asyncio.sleep(wait)
        return await self._http.request(call.method, call.path, **call.options)


def _headers(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
