"""The server is tested by agreement with the library."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import uvicorn
from starlette.testclient import TestClient

from aml_miner.api import create_app, serve_models
from aml_miner.batch.batch import Batch, make_batch
from aml_miner.batch.reading import read_batch
from aml_miner.models import Models, load_models
from aml_miner.scoring import rank_alerts, score_alerts, score_clusters


@pytest.fixture(scope="module")
def models(trained: Path) -> Models:
    return load_models(trained / "models")


@pytest.fixture(scope="module")
def client(models: Models) -> TestClient:
    return TestClient(create_app(models), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def batch(trained: Path) -> Batch:
    """Five alerts, the rows of their addresses, and three clusters with the rows of theirs."""
    whole = read_batch(trained / "batch")
    alerts, clusters = whole.alerts.head(5), whole.clusters.head(3)
    wanted = pl.concat([alerts["address"], clusters["addresses_involved"].explode()]).unique()
    features = whole.features.filter(pl.col("address").is_in(wanted.implode()))
    return make_batch({"alerts": alerts, "features": features, "clusters": clusters})


@pytest.fixture(scope="module")
def body(batch: Batch) -> dict[str, Any]:
    tables = {"alerts": batch.alerts, "features": batch.features, "clusters": batch.clusters}
    rows = {name: [_without_nulls(row) for row in t.to_dicts()] for name, t in tables.items()}
    return dict(json.loads(json.dumps(rows, default=str)))


def _without_nulls(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
        if value is not None
    }


def test_scores_equal_the_librarys_to_the_bit(
    client: TestClient, body: dict[str, Any], batch: Batch, models: Models
) -> None:
    reply = client.post("/score/alerts", json=body).json()
    expected = score_alerts(batch, models.alert_scorer)
    assert [row["alert_id"] for row in reply] == batch.alerts["alert_id"].to_list()
    assert [row["score"] for row in reply] == expected["score"].to_list()
    assert [row["explain_json"] for row in reply] == expected["explain_json"].to_list()
    assert all(row["latency_ms"] > 0 for row in reply)


def test_ranks_equal_the_librarys_and_come_in_order(
    client: TestClient, body: dict[str, Any], batch: Batch, models: Models
) -> None:
    reply = client.post("/rank/alerts", json=body).json()
    expected = rank_alerts(batch, models.alert_ranker).sort("rank")
    assert [row["rank"] for row in reply] == [1, 2, 3, 4, 5]
    assert [row["alert_id"] for row in reply] == expected["alert_id"].to_list()
    assert [row["score"] for row in reply] == expected["score"].to_list()


def test_cluster_scores_equal_the_librarys(
    client: TestClient, body: dict[str, Any], batch: Batch, models: Models
) -> None:
    reply = client.post("/score/clusters", json=body).json()
    assert [row["score"] for row in reply] == (
        score_clusters(batch, models.cluster_scorer)["score"].to_list()
    )


def test_one_alert_alone_scores_the_same(client: TestClient, body: dict[str, Any]) -> None:
    whole = client.post("/score/alerts", json=body).json()
    for alert, expected in zip(body["alerts"], whole, strict=True):
        (alone,) = client.post("/score/alerts", json={**body, "alerts": [alert]}).json()
        assert alone["score"] == expected["score"]


def test_an_empty_batch_gets_an_empty_list(client: TestClient) -> None:
    assert client.post("/score/alerts", json={"money_flows": []}).json() == []


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"alert_id": None}, "alerts.0.alert_id"),
        ({"window_days": 70000}, "alerts: 'window_days' must be"),
        ({"alert_confidence_score": 2}, "alerts: 'alert_confidence_score' must be between 0 and 1"),
        ({"volume_usd": "many"}, "alerts.0.volume_usd"),
    ],
)
def test_a_wrong_field_is_a_422_that_names_it(
    client: TestClient, body: dict[str, Any], change: dict[str, Any], detail: str
) -> None:
    reply = client.post("/score/alerts", json={"alerts": [{**body["alerts"][0], **change}]})
    assert reply.status_code == 422
    assert reply.json()["error"] == "InvalidBatchError"
    assert detail in reply.json()["detail"]


def test_health_and_version(client: TestClient, models: Models) -> None:
    assert client.get("/health").json()["status"] == "healthy"
    assert client.get("/version").json()["alert_scorer_version"] == models.alert_scorer.version


def test_serving_listens_where_it_was_told(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: told.update(options, app=app))
    serve_models(models, "127.0.0.1", 9000, "INFO")
    assert (told["host"], told["port"], told["log_level"]) == ("127.0.0.1", 9000, "info")
