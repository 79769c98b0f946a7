"""A seeded portion of what ``benchmarks.fuzzing`` sends: no code of 500 or more, and every refusal names a place."""

import random

from starlette.testclient import TestClient

from benchmarks.fuzzing import case, is_lawful


def test_whatever_is_sent_is_answered_or_refused_in_the_one_shape(client: TestClient) -> None:
    source = random.Random(7)  # noqa: S311 - cases, no secrets
    for number in range(150):
        body, content_type = case(source)
        route = source.choice(["/score/alerts", "/rank/alerts", "/score/clusters"])
        reply = client.post(route, content=body, headers={"Content-Type": content_type})
        assert is_lawful(reply.status_code, reply.content), (number, reply.text, body[:200])
    assert client.get("/health").json()["status"] == "healthy"
