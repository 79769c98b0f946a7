"""Stored results as replies: which there are, and each as the bytes that are sent."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

import orjson
import polars as pl

from aml_miner.errors import InvalidBatchError, UnknownResultError
from aml_miner.scoring.stored import (
    ResultTable,
    StoredResult,
    find_results,
    read_result_table,
)

_MOST_KEPT: Final = 16
"""Replies kept as bytes: validators ask for the same few days again and again."""


class StoredReplies:
    """The results below a folder, as they were when they were last looked for.

    Parameters
    ----------
    root
        The folder; None when nothing is handed out.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._results: list[StoredResult] = []
        self._replies: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._lock = Lock()

    def refresh(self) -> dict[str, int]:
        """Look for results again, and say how many there are and how many are new or were replaced."""
        before = {(r.folder, r.written_at) for r in self._results}
        found = find_results(self._root) if self._root and self._root.is_dir() else []
        self._results = found
        return {
            "results": len(found),
            "new": len({(r.folder, r.written_at) for r in found} - before),
        }

    def dates(self, network: str | None, window_days: int | None) -> dict[str, Any]:
        """Return the dates that are stored, newest first."""
        dates = list(dict.fromkeys(r.processing_date for r in self._fitting(network, window_days)))
        return {"dates": dates, "total_count": len(dates)}

    def networks(self) -> dict[str, Any]:
        """Return the networks that are stored."""
        names = sorted({result.network for result in self._results if result.network})
        return {"networks": names, "total_count": len(names)}

    def find(self, day: date | None, network: str | None, window_days: int | None) -> StoredResult:
        """Return the results of a date; of the newest one when it is None.

        Raises
        ------
        UnknownResultError
            If there are none.
        InvalidBatchError
            If several fit.
        """
        fitting = self._fitting(network, window_days)
        wanted = day or (fitting[0].processing_date if fitting else None)
        found = [result for result in fitting if result.processing_date == wanted]
        if not found:
            of_day = f"of {day}" if day else "at all"
            raise UnknownResultError(f"No results {of_day} are stored; GET /dates/available.")
        if len(found) > 1:
            each = ", ".join(f"{r.network or 'unnamed'}/{r.window_days}" for r in found)
            message = f"query: 'network' and 'window_days' must tell which of {len(found)} results: {each}."
            raise InvalidBatchError(message)
        return found[0]

    def scores(self, result: StoredResult) -> bytes:
        """Return the reply of stored alert scores."""
        return self._reply(result, "alert_scores", _scores_of_alerts)

    def rankings(self, result: StoredResult) -> bytes:
        """Return the reply of stored ranks."""
        return self._reply(result, "alert_rankings", _rankings)

    def cluster_scores(self, result: StoredResult) -> bytes:
        """Return the reply of stored cluster scores."""
        return self._reply(result, "cluster_scores", _scores_of_clusters)

    def _fitting(self, network: str | None, window_days: int | None) -> list[StoredResult]:
        return [
            result
            for result in self._results
            if network in (None, result.network) and window_days in (None, result.window_days)
        ]

    def _reply(
        self,
        result: StoredResult,
        table: ResultTable,
        build: Callable[[StoredResult, pl.DataFrame], dict[str, Any]],
    ) -> bytes:
        key = (result.folder, result.written_at, table)
        with self._lock:  # several threads read
            kept = self._replies.get(key)
        if kept is None:
            current, rows = read_result_table(result, table)
            key = (current.folder, current.written_at, table)
            kept = orjson.dumps(build(current, rows))
        with self._lock:
            self._replies[key] = kept
            self._replies.move_to_end(key)
            while len(self._replies) > _MOST_KEPT:
                self._replies.popitem(last=False)
        return kept


def processing_metadata(result: StoredResult) -> dict[str, Any]:
    """Return what a run found, as it stands beside its results."""
    return {
        "processing_date": result.processing_date,
        "network": result.network,
        "window_days": result.window_days,
        "processed_at": _moment(result.written_at),
        "processing": result.facts,
    }


def latest(result: StoredResult) -> dict[str, Any]:
    """Return which date is the newest, and when its results were written."""
    return {"latest_date": result.processing_date, "processed_at": _moment(result.written_at)}


def _scores_of_alerts(result: StoredResult, rows: pl.DataFrame) -> dict[str, Any]:
    head, metadata, each = _around(result, rows, "alert_scores")
    listed = rows.select("alert_id", "score", latency_ms=pl.lit(each))
    return {**head, "total_alerts": rows.height, "scores": _list(listed), "metadata": metadata}


def _scores_of_clusters(result: StoredResult, rows: pl.DataFrame) -> dict[str, Any]:
    head, metadata, each = _around(result, rows, "cluster_scores")
    listed = rows.select("cluster_id", "score", latency_ms=pl.lit(each))
    return {**head, "total_clusters": rows.height, "scores": _list(listed), "metadata": metadata}


def _rankings(result: StoredResult, rows: pl.DataFrame) -> dict[str, Any]:
    head, metadata, _ = _around(result, rows, "alert_rankings")
    listed = rows.select("alert_id", "rank", "score").sort("rank")
    return {**head, "total_alerts": rows.height, "rankings": _list(listed), "metadata": metadata}


def _around(
    result: StoredResult, rows: pl.DataFrame, step: str
) -> tuple[dict[str, Any], dict[str, Any], float]:
    """Return what stands before and behind the rows, and the milliseconds a row took."""
    total = float(result.facts["latencies_ms"].get(step, 0.0))
    each = total / max(rows.height, 1)
    versions: Sequence[str] = rows["model_version"].head(1).to_list()
    head = {
        "processing_date": result.processing_date,
        "model_version": versions[0] if versions else None,
    }
    metadata = {
        "processed_at": _moment(result.written_at),
        "total_latency_ms": total,
        "avg_latency_ms": each,
        "network": result.network,
        "window_days": result.window_days,
    }
    return head, metadata, each


def _list(rows: pl.DataFrame) -> orjson.Fragment:
    return orjson.Fragment(rows.write_json())


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
