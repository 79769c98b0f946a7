"""What the server says of itself."""

import re

import pytest
from starlette.testclient import TestClient

from aml_miner.api.app import create_app
from aml_miner.config.settings import Settings
from aml_miner.models import Models
from tests.api.asking import wait_until_ready


def test_health_and_version(client: TestClient, models: Models) -> None:
    wait_until_ready(client)  # a test before may have cost a worker its life
    health = client.get("/health").json()
    assert (health["status"], health["workers_ready"], health["detail"]) == ("healthy", 2, "")
    assert health["models_loaded"] == dict.fromkeys(
        ("alert_scorer", "alert_ranker", "cluster_scorer"), True
    )
    assert 50 < health["memory_mb"] < 5_000
    version = client.get("/version").json()
    assert version["alert_scorer_version"] == models.alert_scorer.version
    assert version["cluster_scorer_version"] == models.cluster_scorer.version
    assert client.get("/livez").json() == {"status": "alive"}


def test_metadata_of_models_hold_no_value_that_training_saw(
    client: TestClient, models: Models
) -> None:
    every = client.get("/models/metadata").json()
    assert set(every) == {"alert_scorer", "alert_ranker", "cluster_scorer"}
    one = client.get("/models/metadata/alert_scorer").json()
    assert one["version"] == models.alert_scorer.version
    assert one["feature_names"] == list(models.alert_scorer.feature_names)
    assert "code_tables" not in one
    assert client.get("/models/metadata/oracle").status_code == 404


def figure(client: TestClient, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_figures_count_what_happened(client: TestClient, body: dict[str, object]) -> None:
    names = [
        'aml_miner_requests_total{code="200",route="/score/alerts"}',
        'aml_miner_rows_scored_total{kind="alert"}',
        "aml_miner_alert_score_count",
        'aml_miner_rejected_total{reason="InvalidBatchError"}',
        "aml_miner_missing_feature_ratio_count",
    ]
    before = [figure(client, name) for name in names]
    client.post("/score/alerts", json=body)
    client.post("/score/alerts", json={"alerts": 5})
    after = [figure(client, name) for name in names]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 5, 5, 1, 1]
    assert figure(client, "aml_miner_queue_depth") == 0
    assert figure(client, "aml_miner_workers_ready") == 2


def test_a_value_training_never_saw_is_counted(
    client: TestClient, body: dict[str, list[dict[str, object]]]
) -> None:
    name = 'aml_miner_unknown_categories_total{column="typology_type",model="alert"}'
    before = figure(client, name)
    odd = {**body["alerts"][0], "typology_type": "NEVER_SEEN"}
    client.post("/score/alerts", json={**body, "alerts": [odd]})
    assert figure(client, name) == before + 1


def test_the_description_names_every_form_and_its_examples_run(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    named = {
        *("BatchData", "AlertData", "FeatureData", "ClusterData", "MoneyFlowData"),
        *("ScoreResponse", "RankResponse", "ClusterScoreResponse"),
        *("HealthResponse", "VersionResponse", "ErrorResponse"),
    }
    assert named <= set(document["components"]["schemas"])
    for route in ("/score/alerts", "/rank/alerts", "/score/clusters"):
        examples = document["paths"][route]["post"]["requestBody"]["content"]["application/json"]
        for name, example in examples["examples"].items():
            if name != "a batch the server holds":
                assert client.post(route, json=example["value"]).status_code == 200


def test_every_reference_of_the_description_leads_somewhere(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    known = set(client.get("/openapi.json").json()["components"]["schemas"])
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= known
    assert "HTTPValidationError" not in text


def test_a_request_keeps_its_id_and_an_unfit_one_gets_another(client: TestClient) -> None:
    kept = client.get("/livez", headers={"X-Request-ID": "case-7"})
    assert kept.headers["x-request-id"] == "case-7"
    unfit = client.get("/livez", headers={"X-Request-ID": "a b\tc"})
    assert re.fullmatch(r"[0-9a-f]{32}", unfit.headers["x-request-id"])


@pytest.fixture
def guarded(settings: Settings) -> TestClient:
    """A server with a token and an origin; its workers are never started."""
    changed = settings.model_dump() | {
        "api_token": "a-token-of-sixteen",
        "api_cors_origins": ("https://desk.example",),
    }
    return TestClient(create_app(Settings(**changed)))


def test_without_the_token_nothing_is_answered_but_whether_it_lives(guarded: TestClient) -> None:
    wrong = guarded.get("/health", headers={"Authorization": "Bearer other"})
    assert wrong.status_code == 401
    assert wrong.headers["www-authenticate"] == "Bearer"
    assert wrong.json()["error"] == "UnauthorizedError"
    assert guarded.post("/score/alerts", json={}).status_code == 401
    assert guarded.get("/metrics").status_code == 401
    assert guarded.get("/livez").status_code == 200
    token = {"Authorization": "Bearer a-token-of-sixteen"}
    assert guarded.get("/health", headers=token).status_code == 200
    told = guarded.get("/metrics", headers=token).text
    assert 'aml_miner_rejected_total{reason="UnauthorizedError"} 3.0' in told


def test_only_listed_origins_may_call(guarded: TestClient, client: TestClient) -> None:
    listed = guarded.get("/livez", headers={"Origin": "https://desk.example"})
    assert listed.headers["access-control-allow-origin"] == "https://desk.example"
    other = guarded.get("/livez", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers
    unasked = client.get("/livez", headers={"Origin": "https://desk.example"})
    assert "access-control-allow-origin" not in unasked.headers


def test_a_page_of_a_listed_origin_may_ask_leave_and_show_the_token(guarded: TestClient) -> None:
    asking = {
        "Origin": "https://desk.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    leave = guarded.options("/score/alerts", headers=asking)
    assert leave.status_code == 200
    assert leave.headers["access-control-allow-origin"] == "https://desk.example"
    assert "authorization" in leave.headers["access-control-allow-headers"].lower()
    refused = guarded.post("/score/alerts", json={}, headers={"Origin": "https://desk.example"})
    assert refused.status_code == 401  # which the page may read
    assert refused.headers["access-control-allow-origin"] == "https://desk.example"
    token = {"Authorization": "Bearer a-token-of-sixteen", "Origin": "https://desk.example"}
    answered = guarded.get("/health", headers=token)
    assert answered.status_code == 200
    assert answered.headers["access-control-allow-origin"] == "https://desk.example"


def test_before_the_models_are_loaded_it_is_not_ready(settings: Settings) -> None:
    client = TestClient(create_app(settings))
    for reply in (client.get("/readyz"), client.post("/score/alerts", json={})):
        assert reply.status_code == 503
        assert reply.headers["retry-after"] == "5"
        assert reply.json()["error"] == "ServerNotReadyError"
    assert client.get("/health").json()["status"] == "degraded"
    assert client.get("/version").json()["alert_scorer_version"] is None
    assert client.get("/models/metadata").status_code == 503


def test_while_stopping_it_is_not_ready(settings: Settings) -> None:
    app = create_app(settings)
    app.state.shared.draining = True
    reply = TestClient(app).get("/readyz")
    assert (reply.status_code, reply.json()["detail"]) == (
        503,
        "The server is stopping; ask another one, or later.",
    )
