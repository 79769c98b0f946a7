"""A failure has one shape, names what is wrong by its key, and says nothing of the inside."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from aml_miner.api.app import create_app
from aml_miner.config.settings import Settings
from aml_miner.errors import PredictionError

type Body = dict[str, Any]

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"window_days": 70000}, "'window_days': Input should be less than 65536; found 70000."),
        ({"window_days": 10**50}, "'window_days': Input should be less than 65536; found 1000"),
        ({"_version": -1}, "'_version': Input should be greater than or equal to 0; found -1."),
        ({"volume_usd": "many"}, "'volume_usd': Input should be a valid decimal; found 'many'."),
        ({"volume_usd": "1e999999999"}, "'volume_usd': an amount has at most 20 digits before"),
        ({"risk_indicators": ["burst", 5]}, "'risk_indicators'[1]: Input should be a valid string"),
    ],
)
def test_a_wrong_field_is_a_422_that_names_the_row_and_the_field(
    client: TestClient, body: Body, change: Body, detail: str
) -> None:
    rows = [{**row, "alert_id": f"a-{place}"} for place, row in enumerate(body["alerts"][:4])]
    rows[3] |= change
    reply = client.post("/score/alerts", json={"alerts": rows})
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


def test_all_missing_fields_of_the_first_wrong_row_are_named(client: TestClient) -> None:
    rows = [{"cluster_id": "c"}, {"cluster_id": "d"}]
    reply = client.post("/score/clusters", json={"clusters": rows})
    assert reply.json()["detail"] == (
        "clusters[0] (cluster_id 'c'): 'window_days': Field required. Wrong too: 'processing_date', 'cluster_type', "
        "'primary_alert_id', 'related_alert_ids', 'addresses_involved', 'total_alerts', 'total_volume_usd', "
        "'confidence_avg', 'earliest_alert_timestamp', 'latest_alert_timestamp'."
    )


@pytest.mark.parametrize("rows", [1_000, 1_900_000])
def test_any_number_of_wrong_rows_is_refused_for_the_first(client: TestClient, rows: int) -> None:
    content = b'{"alerts": [' + b"5," * rows + b"5]}"
    reply = client.post("/score/alerts", content=content, headers=JSON)
    assert reply.status_code == 422
    assert reply.json()["detail"].startswith("alerts[0]: ")


def test_a_large_body_is_read_as_it_is(client: TestClient, body: Body) -> None:
    large = {**body, "alerts": [{**body["alerts"][0], "description": "x" * 300_000}]}
    assert client.post("/score/alerts", json=large).status_code == 200
    large["alerts"][0]["window_days"] = "30"  # which a small body may say
    reply = client.post("/score/alerts", json=large)
    assert reply.status_code == 422
    assert reply.json()["detail"] == (
        "alerts[0].window_days: Expected `int`, got `str`; a body of this size is read as it is."
    )
    named = {"network": "x", "processing_date": "2025-03-01", "alert_ids": ["y" * 300_000]}
    reply = client.post("/score/alerts", json={"reference": named})
    assert (
        reply.json()["detail"]
        == "reference: a body of this size may not hold one; name fewer rows at a time."
    )


def test_a_body_that_names_no_table_is_refused_and_an_empty_one_is_not(client: TestClient) -> None:
    reply = client.post("/score/alerts", json={"alert": [{"alert_id": "a"}]})
    assert reply.status_code == 422
    assert reply.json()["detail"].startswith("body: expected tables of the names alerts, features")
    assert reply.json()["detail"].endswith("found 'alert'.")
    assert client.post("/score/alerts", json={"alerts": [], "more": 1}).json() == []
    odd = client.post("/score/alerts", content=b'{"alert": NaN}', headers=JSON)
    assert (odd.status_code, odd.json()["error"]) == (422, "InvalidBatchError")


def test_a_long_value_is_cut_in_the_reply(client: TestClient, body: Body) -> None:
    rows = [{**body["alerts"][0], "volume_usd": "9" * 10_000}]
    assert len(client.post("/score/alerts", json={"alerts": rows}).json()["detail"]) < 300


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "body: not JSON: EOF while parsing a value at line 1 column 0."),
        (b"5", "body: expected a JSON object of tables; found 5."),
        (b"[]", "body: expected a JSON object of tables; found []."),
        (b'{"alerts": [', "body: not JSON: EOF while parsing a list at line 1 column 12."),
        (b'{"alerts": 5}', "alerts: Input should be a valid array; found 5."),
        (b'{"alerts": [5]}', "alerts[0]: Input should be an object; found 5."),
        (b"\xff\xfe{", "body: not JSON: expected value at line 1 column 1."),
        (b'{"alerts": [{"alert_id": "\xff"}]}', "body: not JSON: invalid unicode code point"),
        (b'{"alerts": [{"address": "\\ud800"}]}', "body: not JSON: unexpected end of hex escape"),
        (b"[" * 100_000, "body: not JSON: recursion limit exceeded"),
        (b'{"alerts": ' + b"9" * 5000 + b"}", "body: not JSON: number out of range"),
        (b'{"alerts": [{"window_days": NaN}]}', "alerts[0]: 'window_days': Input should be a"),
        (
            b'{"reference": {}}',
            "reference: 'network': Field required. Wrong too: 'processing_date'.",
        ),
        (
            b'{"reference": {"network": "x", "processing_date": "2025-11-20", "alerts": []}}',
            "reference: 'alerts': Extra inputs are not permitted; found [].",
        ),
    ],
)
def test_a_body_that_is_no_batch_is_a_422(client: TestClient, content: bytes, detail: str) -> None:
    reply = client.post("/score/alerts", content=content, headers=JSON)
    assert reply.status_code == 422
    assert reply.json()["error"] == "InvalidBatchError"
    assert reply.json()["detail"].startswith(detail)


def test_a_body_of_an_unknown_kind_is_a_415_that_names_the_known_ones(client: TestClient) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}  # what curl -d says by itself
    reply = client.post("/score/alerts", content=b"{}", headers=form)
    assert reply.status_code == 415
    assert reply.json() == {
        "error": "UnsupportedBodyError",
        "detail": "Content-Type: expected application/json or multipart/form-data; "
        "found 'application/x-www-form-urlencoded'.",
    }


def test_tables_beside_a_reference_are_refused(client: TestClient, body: Body) -> None:
    reference = {"network": "simulated", "processing_date": "2025-03-01"}
    both = {"alerts": body["alerts"], "reference": reference}
    reply = client.post("/score/alerts", json=both)
    assert reply.status_code == 422
    assert reply.json()["detail"] == "body: a body holds tables or a reference, not both."


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
def faulty(request: pytest.FixtureRequest, settings: Settings) -> TestClient:
    """A server with one more route, which fails of itself."""
    app = create_app(settings)

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


def test_a_fault_we_know_of_is_logged_as_an_error(settings: Settings, lines: list[str]) -> None:
    app = create_app(settings)

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
    logged = [re.sub(r"\d+\.\d", "0.0", line) for line in lines]
    assert logged == [
        "INFO POST /score/alerts status=422 ms=0.0 rows=0",
        "INFO GET unmatched status=404 ms=0.0",
    ]
