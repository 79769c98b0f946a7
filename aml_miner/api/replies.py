"""The published form of replies. For the documentation alone: a reply is bytes before any of these could be built."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field


class ScoreResponse(BaseModel):
    """An alert's score and the reasons for it; a row for each alert sent, in their order.

    Attributes
    ----------
    explain_json
        JSON in a text: ``base_value``, five ``top_features`` and ``other``, which add up to the raw score.
    """

    alert_id: str
    score: float = Field(ge=0, le=1)
    model_version: str
    latency_ms: float = Field(ge=0)
    explain_json: str


class RankResponse(BaseModel):
    """An alert's place in the order of opening; rank 1 comes first."""

    alert_id: str
    rank: int = Field(ge=1)
    score: float = Field(ge=0, le=1)
    model_version: str


class ClusterScoreResponse(BaseModel):
    """A cluster's score and the reasons for it; a row for each cluster sent, in their order."""

    cluster_id: str
    score: float = Field(ge=0, le=1)
    model_version: str
    latency_ms: float = Field(ge=0)
    explain_json: str


class ErrorResponse(BaseModel):
    """Why a request was not answered: the class of the error, and a sentence that names the place."""

    error: str
    detail: str


class ModelsLoaded(BaseModel):
    """Which models are loaded."""

    alert_scorer: bool
    alert_ranker: bool
    cluster_scorer: bool


class HealthResponse(BaseModel):
    """How the server is: ``degraded`` when a scoring process or all of them are missing, with the reason."""

    status: Literal["healthy", "degraded"]
    models_loaded: ModelsLoaded
    uptime_seconds: float
    memory_mb: float
    workers_ready: int
    workers_wanted: int
    detail: str = ""


class VersionResponse(BaseModel):
    """Which versions answer; those of models are null until they are loaded."""

    api_version: str
    alert_scorer_version: str | None
    alert_ranker_version: str | None
    cluster_scorer_version: str | None
    python_version: str
    lightgbm_version: str | None


class StateResponse(BaseModel):
    """Whether the process lives, or is ready."""

    status: Literal["alive", "ready"]


class DatesResponse(BaseModel):
    """Processing dates results are stored of, newest first."""

    dates: list[date]
    total_count: int


class LatestDateResponse(BaseModel):
    """The newest processing date, and when its results were written."""

    latest_date: date
    processed_at: str


class ResultMetadata(BaseModel):
    """When results were written, and how long they took."""

    processed_at: str
    total_latency_ms: float
    avg_latency_ms: float
    network: str | None
    window_days: int | None


class StoredScore(BaseModel):
    """A stored score of an alert."""

    alert_id: str
    score: float
    latency_ms: float


class StoredClusterScore(BaseModel):
    """A stored score of a cluster."""

    cluster_id: str
    score: float
    latency_ms: float


class StoredRank(BaseModel):
    """A stored rank of an alert."""

    alert_id: str
    rank: int
    score: float


class StoredScoresResponse(BaseModel):
    """The stored scores of a date's alerts."""

    processing_date: date
    model_version: str | None
    total_alerts: int
    scores: list[StoredScore]
    metadata: ResultMetadata


class StoredRankingsResponse(BaseModel):
    """The stored ranks of a date's alerts, rank 1 first."""

    processing_date: date
    model_version: str | None
    total_alerts: int
    rankings: list[StoredRank]
    metadata: ResultMetadata


class StoredClusterScoresResponse(BaseModel):
    """The stored scores of a date's clusters."""

    processing_date: date
    model_version: str | None
    total_clusters: int
    scores: list[StoredClusterScore]
    metadata: ResultMetadata


class ProcessingMetadataResponse(BaseModel):
    """What a run found, as it stands beside its results."""

    processing_date: date
    network: str | None
    window_days: int | None
    processed_at: str
    processing: dict[str, Any]


class NetworksResponse(BaseModel):
    """Networks results are stored of."""

    networks: list[str]
    total_count: int


class RefreshResponse(BaseModel):
    """How many results are stored now, and how many of them are new or changed."""

    results: int
    new: int
