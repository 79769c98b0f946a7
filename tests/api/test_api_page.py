"""What docs/api.md says to send and to type is answered by a server that runs."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch
from aml_miner.batch.reading import read_batch
from aml_miner.models import Models
from aml_miner.scoring import score_alerts
from tests.api.asking import PARQUET, wait_until_ready
from tests.api.test_serving import Server, running
from tests.cli.pages import blocks_of, read_page

PAGE = read_page("api.md")


@pytest.fixture(scope="module")
def whole(trained: Path) -> Batch:
    return read_batch(trained / "batch")


@pytest.fixture(scope="module")
def server(
    trained: Path, results: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("page") / "log.jsonl"
    folders = {"RESULTS_DIR": str(results), "BATCHES_DIR": str(trained)}
    with running(trained, log, API_MAX_BODY_MB="64", **folders) as server:
        wait_until_ready(server.client)
        yield server


def test_the_tables_curl_sends_are_scored(
    server: Server, trained: Path, whole: Batch, models: Models, tmp_path: Path
) -> None:
    (block,) = blocks_of(PAGE, "sh")
    program, url, *options = shlex.split(block.replace("\\\n", ""))
    pairs = list(zip(options[::2], options[1::2], strict=True))
    assert (program, {flag for flag, _ in pairs}) == ("curl", {"-H", "-o", "-F"})
    parts = dict(value.split("=@") for flag, value in pairs if flag == "-F")
    files = {n: (trained / path).read_bytes() for n, path in parts.items()}
    (accept,) = (value.partition(": ")[2] for flag, value in pairs if flag == "-H")
    (name,) = (value for flag, value in pairs if flag == "-o")
    path = url.removeprefix("http://127.0.0.1:8000")
    reply = server.client.post(path, files=files, headers={"Accept": accept})
    assert (reply.status_code, reply.headers["content-type"]) == (200, PARQUET)
    (tmp_path / name).write_bytes(reply.content)
    expected = score_alerts(whole, models.alert_scorer)
    found = pl.read_parquet(tmp_path / name).drop("latency_ms")
    assert_frame_equal(found, expected.select(found.columns), check_exact=True)


def test_a_reference_of_that_form_is_answered(server: Server, whole: Batch) -> None:
    (block,) = blocks_of(PAGE, "json")
    reference = json.loads(block)["reference"]
    first = whole.alerts["alert_id"].unique(maintain_order=True)[: len(reference["alert_ids"])]
    here = {
        "network": "simulated",
        "processing_date": str(whole.alerts["processing_date"][0]),
        "window_days": whole.alerts["window_days"][0],
        "alert_ids": first.to_list(),
    }
    assert here.keys() == reference.keys()
    reply = server.client.post("/score/alerts", json={"reference": here})
    assert reply.status_code == 200, reply.text
    assert [row["alert_id"] for row in reply.json()] == here["alert_ids"]


def test_the_client_of_the_page_gets_scores_and_stored_ranks(
    server: Server, trained: Path, whole: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = blocks_of(PAGE, "python")
    (tmp_path / "demo-output" / "batches").mkdir(parents=True)
    (tmp_path / "demo-output" / "batches" / "today").symlink_to(trained / "batch")
    monkeypatch.chdir(tmp_path)
    made: dict[str, object] = {}
    code = code.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    exec(compile(code, "api.md", "exec"), made)  # noqa: S102
    scores, newest = made["scores"], made["newest"]
    assert isinstance(scores, pl.DataFrame)
    assert scores["alert_id"].to_list() == whole.alerts["alert_id"].to_list()
    assert isinstance(newest, dict)
    assert newest["total_alerts"] == whole.alerts.height
