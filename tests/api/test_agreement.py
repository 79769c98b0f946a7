"""The server is tested by agreement with the library: every form, whole and in parts, to the bit."""

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from starlette.testclient import TestClient

from aml_miner.batch.batch import Batch
from aml_miner.models import Models
from aml_miner.scoring import rank_alerts, score_alerts, score_clusters
from tests.api.asking import FILE, PARQUET, STREAM, parts_of, table_of

type Body = dict[str, Any]

FORMS = ["application/json", STREAM, PARQUET]


def expected(route: str, batch: Batch, models: Models) -> pl.DataFrame:
    """Return what the library says, in the columns and the order of the reply."""
    if route == "/rank/alerts":
        ranked = rank_alerts(batch, models.alert_ranker).sort("rank")
        return ranked.select("alert_id", "rank", "score", "model_version")
    if route == "/score/alerts":
        table, key = score_alerts(batch, models.alert_scorer), "alert_id"
    else:
        table, key = score_clusters(batch, models.cluster_scorer), "cluster_id"
    return table.select(key, "score", "model_version", "explain_json")


@pytest.mark.parametrize("accept", FORMS)
@pytest.mark.parametrize("route", ["/score/alerts", "/rank/alerts", "/score/clusters"])
@pytest.mark.parametrize("kind", ["application/json", STREAM, FILE, PARQUET, ""])
def test_every_form_of_body_and_reply_has_the_librarys_bits(
    client: TestClient, body: Body, batch: Batch, models: Models, kind: str, route: str, accept: str
) -> None:
    sent: Body = {"json": body} if kind == FORMS[0] else {"files": parts_of(batch, kind or STREAM)}
    if not kind:  # as curl -F sends a file: known by its first bytes
        sent = {"files": {name: (n, c) for name, (n, c, _) in sent["files"].items()}}
    reply = client.post(route, headers={"Accept": accept}, **sent)
    assert reply.headers["content-type"] == accept
    found = table_of(reply)
    if "latency_ms" in found.columns:
        assert (found["latency_ms"] > 0).all()
        found = found.drop("latency_ms")
    assert_frame_equal(found, expected(route, batch, models), check_exact=True, check_dtypes=False)


def test_one_alert_alone_scores_the_same(client: TestClient, body: Body) -> None:
    whole = client.post("/score/alerts", json=body).json()
    for alert, row in zip(body["alerts"], whole, strict=True):
        (alone,) = client.post("/score/alerts", json={**body, "alerts": [alert]}).json()
        assert (alone["score"], alone["explain_json"]) == (row["score"], row["explain_json"])


def test_a_hundred_calls_have_the_same_bits(client: TestClient, body: Body) -> None:
    replies = [client.post("/rank/alerts", json=body).content for _ in range(100)]
    assert len(set(replies)) == 1


def test_an_empty_batch_gets_an_empty_list(client: TestClient) -> None:
    assert client.post("/score/alerts", json={"money_flows": []}).json() == []
    assert client.post("/score/clusters", json={}).json() == []


def test_a_repeated_alert_and_one_of_an_unknown_address_get_a_row_each(
    client: TestClient, body: Body
) -> None:
    first = body["alerts"][0]
    rows = [first, first, {**first, "address": "nowhere"}]
    reply = client.post("/score/alerts", json={**body, "alerts": rows}).json()
    assert [row["alert_id"] for row in reply] == [first["alert_id"]] * 3
    assert reply[0]["score"] == reply[1]["score"]


def test_a_referred_batch_scores_as_when_it_is_sent(
    client: TestClient, batch: Batch, models: Models
) -> None:
    wanted = batch.alerts["alert_id"].to_list()[::-1]
    reference = {"network": "simulated", "processing_date": "2025-03-01", "alert_ids": wanted}
    reply = client.post("/score/alerts", json={"reference": reference})
    of_library = expected("/score/alerts", batch, models).reverse()
    assert_frame_equal(table_of(reply).drop("latency_ms"), of_library, check_exact=True)


def test_clusters_of_a_referred_batch_score_as_when_they_are_sent(
    client: TestClient, batch: Batch, models: Models
) -> None:
    wanted = batch.clusters["cluster_id"].to_list()
    reference = {"network": "simulated", "processing_date": "2025-03-01", "cluster_ids": wanted}
    reply = client.post("/score/clusters", json={"reference": reference})
    of_library = expected("/score/clusters", batch, models)
    assert_frame_equal(table_of(reply).drop("latency_ms"), of_library, check_exact=True)
