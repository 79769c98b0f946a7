"""A failure has one shape, names what is wrong by its key, and says nothing of the inside."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from aml_miner.api import create_app
from aml_miner.errors import PredictionError
from aml_miner.models import Models

type Body = dict[str, Any]

JSON = {"Content-Type": "application/json"}
NOT_TABLES = "body: expected a JSON object of tables, sent with Content-Type: application/json."


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"window_days": 70000}, "'window_days': Input should be less than 65536; found 70000."),
        ({"window_days": 10**50}, "'window_days': Input should be less than 65536; found 1000"),
        ({"_version": -1}, "'_version': Input should be greater than or equal to 0; found -1."),
        ({"volume_usd": "many"}, "'volume_usd': Input should be a valid decimal; found 'many'."),
        ({"volume_usd": "1e999999999"}, "'volume_usd': an amount has at most 20 digits before"),
        ({"address": "\ud800"}, "'address': text is of Unicode characters, without half of a"),
        ({"risk_indicators": ["burst", 5]}, "'risk_indicators'[1]: Input should be a valid string"),
    ],
)
def test_a_wrong_field_is_a_422_that_names_the_row_and_the_field(
    client: TestClient, body: Body, change: Body, detail: str
) -> None:
    rows = [{**row, "alert_id": f"a-{place}"} for place, row in enumerate(body["alerts"][:4])]
    rows[3] |= change
    content = json.dumps({"alerts": rows})  # which writes half a surrogate pair as JSON allows
    reply = client.post("/score/alerts", content=content, headers=JSON)
    assert reply.status_code == 422
    assert reply.json()["error"] == "InvalidBatchError"
    assert reply.json()["detail"].startswith(f"alerts[3] (alert_id 'a-3'): {detail}")


def test_a_row_that_has_no_key_is_named_by_its_place(client: TestClient, body: Body) -> None:
    rows = [{name: value for name, value in body["alerts"][0].items() if name != "alert_id"}]
    reply = client.post("/score/alerts", json={"alerts": rows})
    assert reply.json()["detail"] == "alerts[0]: 'alert_id': Field required."


def test_a_value_out_of_its_range_is_a_422_in_the_words_of_the_table(
    client: TestClient, body: Body
) -> None:
    rows = [{**body["alerts"][0], "alert_id": "a-0", "alert_confidence_score": 2}]
    reply = client.post("/score/alerts", json={"alerts": rows})
    assert reply.status_code == 422
    assert "'alert_confidence_score' must be between 0 and 1" in reply.json()["detail"]
    assert "first alert_id 'a-0'" in reply.json()["detail"]


def test_a_row_of_features_is_named_by_its_whole_key(client: TestClient, body: Body) -> None:
    row = {"address": "x", "processing_date": "2025-11-20", "window_days": 30, "pagerank": "high"}
    reply = client.post("/score/alerts", json={**body, "features": [row]})
    assert reply.json()["detail"].startswith(
        "features[0] (address 'x', processing_date '2025-11-20', window_days 30): 'pagerank': "
    )


def test_a_missing_field_is_named_and_the_others_are_counted(client: TestClient) -> None:
    reply = client.post("/score/clusters", json={"clusters": [{"cluster_id": "c"}]})
    assert reply.json()["detail"] == (
        "clusters[0] (cluster_id 'c'): 'window_days': Field required. 10 more values are wrong."
    )


def test_a_long_value_is_cut_in_the_reply(client: TestClient, body: Body) -> None:
    rows = [{**body["alerts"][0], "volume_usd": "9" * 10_000}]
    assert len(client.post("/score/alerts", json={"alerts": rows}).json()["detail"]) < 300


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", NOT_TABLES),
        (b"5", NOT_TABLES),
        (b"[]", NOT_TABLES),
        (b'{"alerts": [', "body: not JSON at character 12: Expecting value."),
        (b'{"alerts": 5}', "alerts: Input should be a valid list; found 5."),
        (b'{"alerts": [5]}', "alerts[0]: Input should be a valid dictionary"),
    ],
)
def test_a_body_that_is_no_batch_is_a_422(client: TestClient, content: bytes, detail: str) -> None:
    reply = client.post("/score/alerts", content=content, headers=JSON)
    assert reply.status_code == 422
    assert reply.json()["error"] == "InvalidBatchError"
    assert reply.json()["detail"].startswith(detail)


def test_a_body_sent_as_a_form_is_told_how_to_be_sent(client: TestClient) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}  # what curl -d says by itself
    reply = client.post("/score/alerts", content=b"{}", headers=form)
    assert (reply.status_code, reply.json()["detail"]) == (422, NOT_TABLES)


def test_an_unreadable_body_is_a_400_of_the_one_shape(client: TestClient) -> None:
    reply = client.post("/score/alerts", content=b"\xff\xfe{", headers=JSON)
    assert reply.status_code == 400
    assert reply.json()["error"] == "BadRequest"


def test_an_unknown_route_is_a_404_of_the_one_shape(client: TestClient) -> None:
    reply = client.get("/scores")
    assert reply.status_code == 404
    assert reply.json() == {
        "error": "NotFound",
        "detail": "GET '/scores': there is no such route; /docs lists them.",
    }


def test_a_wrong_method_is_a_405_that_says_the_right_one(client: TestClient) -> None:
    reply = client.get("/score/alerts")
    assert (reply.status_code, reply.headers["Allow"]) == (405, "POST")
    assert reply.json() == {
        "error": "MethodNotAllowed",
        "detail": "GET '/score/alerts': this route takes POST only.",
    }


@pytest.fixture(params=[PredictionError("feature 'secret'"), ValueError("secret")], ids=repr)
def faulty(request: pytest.FixtureRequest, models: Models) -> TestClient:
    """A server with one more route, which fails of itself."""
    app = create_app(models)

    @app.get("/fault")
    def fail() -> None:
        raise request.param

    return TestClient(app, raise_server_exceptions=False)


def test_a_fault_of_the_server_is_a_500_that_tells_nothing_of_the_inside(
    faulty: TestClient,
) -> None:
    reply = faulty.get("/fault")
    assert reply.status_code == 500
    assert reply.json()["error"] in {"PredictionError", "InternalServerError"}
    assert reply.json()["detail"] == "The fault is the server's; its log says more."


def test_a_fault_we_know_of_is_logged_as_an_error(models: Models, lines: list[str]) -> None:
    app = create_app(models)

    @app.get("/fault")
    def fail() -> None:
        raise PredictionError("feature 'x' is missing")

    TestClient(app).get("/fault")
    assert lines[0] == "ERROR PredictionError: feature 'x' is missing"


def test_log_of_a_refusal_holds_neither_the_address_nor_the_id(
    client: TestClient, body: Body, lines: list[str]
) -> None:
    row = {**body["alerts"][0], "volume_usd": "many"}
    client.post("/score/alerts", json={"alerts": [row]})
    client.get(f"/scores/{row['address']}")
    assert lines == ["INFO refused: 422 InvalidBatchError", "INFO refused: 404 NotFound"]
