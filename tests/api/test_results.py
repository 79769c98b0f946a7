"""Stored results are handed out as they were written."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient

from aml_miner.api.app import create_app
from aml_miner.batch.reading import read_batch
from aml_miner.config.settings import Settings
from aml_miner.models import Models
from aml_miner.scoring import score_batch, write_results

DAY = "2025-03-01"


def stored(results: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(results / "simulated" / f"{name}.parquet")


@pytest.mark.parametrize("when", ["latest", DAY])
def test_scores_ranks_and_clusters_are_those_in_the_files(
    client: TestClient, results: Path, when: str
) -> None:
    scores = client.get(f"/scores/alerts/{when}").json()
    table = stored(results, "alert_scores")
    assert (scores["processing_date"], scores["total_alerts"]) == (DAY, table.height)
    assert scores["model_version"] == table["model_version"][0]
    assert [row["alert_id"] for row in scores["scores"]] == table["alert_id"].to_list()
    assert [row["score"] for row in scores["scores"]] == table["score"].to_list()
    about = scores["metadata"]
    assert about["avg_latency_ms"] == about["total_latency_ms"] / table.height > 0
    assert (about["network"], about["window_days"]) == ("simulated", 60)
    ranks = client.get(f"/rankings/alerts/{when}").json()
    assert [row["rank"] for row in ranks["rankings"]] == [*range(1, table.height + 1)]
    clusters = client.get(f"/scores/clusters/{when}").json()
    of_clusters = stored(results, "cluster_scores")
    assert [row["score"] for row in clusters["scores"]] == of_clusters["score"].to_list()
    metadata = client.get(f"/metadata/{when}").json()
    assert metadata["processing"]["output_counts"]["alert_scores"] == table.height


def test_what_is_stored_is_listed(client: TestClient) -> None:
    assert client.get("/dates/available").json() == {"dates": [DAY], "total_count": 1}
    assert client.get("/dates/latest").json()["latest_date"] == DAY
    assert client.get("/networks").json() == {"networks": ["simulated"], "total_count": 1}
    assert client.get("/dates/available?network=other").json()["total_count"] == 0


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/scores/alerts/2025-03-02", 404, "UnknownResultError"),
        ("/scores/alerts/latest?network=other", 404, "UnknownResultError"),
        ("/scores/alerts/2025-3-1", 422, "InvalidBatchError"),
        ("/rankings/alerts/20250301", 422, "InvalidBatchError"),
        ("/scores/clusters/2025-02-30", 422, "InvalidBatchError"),
        ("/metadata/yesterday", 422, "InvalidBatchError"),
        ("/scores/alerts/latest?window_days=0", 422, "InvalidBatchError"),
    ],
)
def test_an_unknown_date_is_a_404_and_a_malformed_one_a_422(
    client: TestClient, path: str, status: int, error: str
) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.json()["error"]) == (status, error)


@pytest.fixture
def growing(settings: Settings, tmp_path: Path) -> TestClient:
    """A server whose folder of results is still empty; its workers are never started."""
    changed = settings.model_dump() | {"results_dir": tmp_path / "results"}
    return TestClient(create_app(Settings(**changed)))


def test_new_results_are_seen_after_a_refresh(
    growing: TestClient, trained: Path, models: Models, tmp_path: Path
) -> None:
    assert growing.post("/refresh").json() == {"results": 0, "new": 0}
    assert growing.get("/scores/alerts/latest").status_code == 404
    results = score_batch(read_batch(trained / "batch"), models)
    write_results(results, tmp_path / "results" / "simulated")
    assert growing.post("/refresh").json() == {"results": 1, "new": 1}
    assert growing.post("/refresh").json() == {"results": 1, "new": 0}
    assert (
        growing.get("/scores/alerts/latest").json()["total_alerts"] == results.alert_scores.height
    )


def test_of_several_networks_one_must_be_named(
    growing: TestClient, results: Path, tmp_path: Path
) -> None:
    for network in ("a", "b"):
        folder = tmp_path / "results" / network
        folder.mkdir(parents=True)
        for path in (results / "simulated").iterdir():
            if path.suffix == ".parquet":
                table = pl.read_parquet(path)
                if "network" in table.columns:
                    table = table.with_columns(network=pl.lit(network))
                table.write_parquet(folder / path.name)
            else:
                (folder / path.name).write_bytes(path.read_bytes())
    assert growing.post("/refresh").json()["results"] == 2
    reply = growing.get("/scores/alerts/latest")
    assert reply.status_code == 422
    assert "'network' and 'window_days' must tell which of 2 results: a/60, b/60" in reply.text
    assert growing.get("/scores/alerts/latest?network=b").json()["metadata"]["network"] == "b"


def test_latest_is_not_taken_for_a_date(client: TestClient) -> None:
    latest = client.get("/scores/alerts/latest").json()
    assert date.fromisoformat(latest["processing_date"]) == date.fromisoformat(DAY)
