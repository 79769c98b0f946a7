"""The server is tested by agreement with the library."""

from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from aml_miner.api import serve_models
from aml_miner.batch.batch import Batch
from aml_miner.models import Models
from aml_miner.scoring import rank_alerts, score_alerts, score_clusters


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


def test_health_and_version(client: TestClient, models: Models) -> None:
    assert client.get("/health").json()["status"] == "healthy"
    assert client.get("/version").json()["alert_scorer_version"] == models.alert_scorer.version


def test_serving_listens_where_it_was_told(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: told.update(options, app=app))
    serve_models(models, "127.0.0.1", 9000, "INFO")
    assert (told["host"], told["port"], told["log_level"]) == ("127.0.0.1", 9000, "info")


def test_the_log_of_the_server_goes_to_standard_error_alone(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: told.update(options, app=app))
    serve_models(models, "127.0.0.1", 9000, "INFO")
    streams = [handler["stream"] for handler in told["log_config"]["handlers"].values()]
    assert set(streams) == {"ext://sys.stderr"}
    assert "ext://sys.stdout" in str(uvicorn.config.LOGGING_CONFIG)  # its own is left as it was
