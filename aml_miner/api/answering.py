"""One question answered: bytes in, bytes out, by one function of the core. What a worker does, without the process."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from loguru import logger
from numpy.typing import NDArray

from aml_miner.api.bodies import BatchReference, read_json
from aml_miner.api.encoding import JSON, MEDIA_TYPES, encode_table
from aml_miner.api.failures import Failure
from aml_miner.api.parts import MULTIPART, read_parts
from aml_miner.api.references import Holdings
from aml_miner.api.wire import Answer, Facts, Question
from aml_miner.batch.batch import Batch, make_batch
from aml_miner.errors import AmlMinerError, BodyTooLargeError, UnsupportedBodyError
from aml_miner.models import Models, RiskModel
from aml_miner.scoring import rank_alerts, score_alerts, score_clusters

_BINS: Final = 10
_COLUMNS: Final = {
    "score_alerts": ("alert_id", "score", "model_version", "latency_ms", "explain_json"),
    "rank_alerts": ("alert_id", "rank", "score", "model_version"),
    "score_clusters": ("cluster_id", "score", "model_version", "latency_ms", "explain_json"),
}


class AbandonedError(Exception):
    """Nobody waits for the answer any longer."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions with some models.

    Attributes
    ----------
    rows_at_a_time
        Rows scored between two looks at whether somebody still waits.
    max_bytes
        How large the tables of a body may be when they are unpacked.
    """

    models: Models
    holdings: Holdings
    rows_at_a_time: int
    max_bytes: int

    def answer(
        self, question: Question, body: bytes | bytearray, is_wanted: Callable[[], bool]
    ) -> tuple[Answer, bytes]:
        """Answer a question, also one that cannot be answered: then with what is wrong with it."""
        began = time.perf_counter()
        try:
            batch = self._batch(question, body)
            read = time.perf_counter()
            table = self._table(question, batch, is_wanted)
            latency = (time.perf_counter() - read) * 1000.0
            content = encode_table(_reply(question, table, latency), question.form)
        except AbandonedError:
            return Answer(abandoned=True), b""
        except AmlMinerError as error:
            return _refused(error)
        except MemoryError:
            message = (
                "body: it needs more memory than one request may take; send fewer rows at a time."
            )
            return _refused(BodyTooLargeError(message))
        facts = self._facts(question, batch, table, (time.perf_counter() - began) * 1000.0)
        return Answer(media_type=MEDIA_TYPES[question.form], facts=facts), content

    def _batch(self, question: Question, body: bytes | bytearray) -> Batch:
        kind = question.content_type.partition(";")[0].strip().lower()
        if kind == MULTIPART:
            return make_batch(read_parts(body, question.content_type, self.max_bytes))
        if kind != JSON:
            message = f"Content-Type: expected {JSON} or {MULTIPART}; found {kind!r:.80}."
            raise UnsupportedBodyError(message)
        read = read_json(body, self.max_bytes // 16)
        if isinstance(read, BatchReference):
            return self.holdings.rows(read, clusters=question.route == "score_clusters")
        return make_batch(read)

    def _table(
        self, question: Question, batch: Batch, is_wanted: Callable[[], bool]
    ) -> pl.DataFrame:
        if question.route == "rank_alerts":  # ranks compare, so all at once
            return rank_alerts(batch, self.models.alert_ranker).sort("rank")
        clusters = question.route == "score_clusters"
        rows = batch.clusters if clusters else batch.alerts
        scored: list[pl.DataFrame] = []
        for start in range(0, max(rows.height, 1), self.rows_at_a_time):
            if not is_wanted():
                raise AbandonedError
            whole = rows.height <= self.rows_at_a_time
            some = rows if whole else rows.slice(start, self.rows_at_a_time)
            if clusters:
                scored.append(
                    score_clusters(replace(batch, clusters=some), self.models.cluster_scorer)
                )
            else:
                scored.append(score_alerts(replace(batch, alerts=some), self.models.alert_scorer))
        return pl.concat(scored) if len(scored) > 1 else scored[0]

    def _facts(
        self, question: Question, batch: Batch, table: pl.DataFrame, milliseconds: float
    ) -> Facts:
        rows = batch.clusters if question.route == "score_clusters" else batch.alerts
        cells = batch.features.height * batch.features.width
        nulls = sum(batch.features.null_count().row(0)) if cells else 0
        bins: tuple[int, ...] = ()
        if question.route != "rank_alerts":
            bins = _count_by_tenth(table["score"].to_numpy())
        return Facts(
            rows=table.height,
            milliseconds=milliseconds,
            score_bins=bins,
            missing_ratio=nulls / cells if cells else None,
            unknown_categories=_count_unknown(self._model(question), rows),
        )

    def _model(self, question: Question) -> RiskModel:
        models = {
            "score_alerts": self.models.alert_scorer,
            "rank_alerts": self.models.alert_ranker,
            "score_clusters": self.models.cluster_scorer,
        }
        return models[question.route]


def _count_by_tenth(scores: NDArray[np.float64]) -> tuple[int, ...]:
    """Count scores in each tenth of [0, 1]; NumPy's histogram takes longer than one alert's score."""
    tenths = np.minimum((scores * _BINS).astype(np.int64), _BINS - 1)
    return tuple(np.bincount(tenths, minlength=_BINS).tolist())


def _count_unknown(model: RiskModel, rows: pl.DataFrame) -> dict[str, int]:
    """Count values no training saw, as far as a category is a column of the table itself."""
    if set(model.metadata.code_tables) <= set(rows.columns):
        return model.count_unknown(rows)
    return {}


def _reply(question: Question, table: pl.DataFrame, milliseconds: float) -> pl.DataFrame:
    columns = _COLUMNS[question.route]
    if "latency_ms" in columns:
        each = pl.Series("latency_ms", [milliseconds / max(table.height, 1)], pl.Float64)
        table = table.hstack([each.new_from_index(0, table.height)])
    return table[list(columns)]


def _refused(error: AmlMinerError) -> tuple[Answer, bytes]:
    failure = Failure.of(error)
    if failure.status == 500:
        logger.error("{}: {}", type(error).__name__, error)
    return Answer(status=failure.status, media_type=JSON, error=failure.error), failure.content
