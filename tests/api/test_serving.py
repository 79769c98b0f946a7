"""The server as a program: what clients do to its socket, and how it stops."""

import asyncio
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from aml_miner.batch.batch import Batch
from aml_miner.client import AmlMinerClient, AsyncAmlMinerClient, Reference
from aml_miner.client.calls import Form
from aml_miner.errors import InvalidBatchError
from aml_miner.models import Models
from aml_miner.scoring import score_alerts
from aml_miner.scoring.golden import golden_rows
from tests.api.asking import wait_until_ready


class Server:
    """A running server, how to reach it, and what it logs."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def lines(self) -> list[dict[str, object]]:
        lines = self.log.read_text().splitlines()
        assert [line for line in lines if not line.startswith("{")] == []
        return [json.loads(line) for line in lines]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, log: Path, **settings: str) -> Iterator[Server]:
    """Run ``aml-miner serve``, with a YAML file of settings and some of the environment."""
    port = free_port()
    file = log.with_suffix(".yaml")
    file.write_text("api_workers: 1\nlog_format: json\napi_body_timeout: 50\napi_max_body_mb: 2\n")
    environment = {**os.environ, "MODELS_DIR": str(folder / "models"), **settings}
    command = [
        sys.executable,
        "-m",
        "aml_miner",
        "serve",
        "--port",
        str(port),
        "--settings",
        str(file),
    ]
    with log.open("wb") as err, subprocess.Popen(command, stderr=err, env=environment) as process:
        server = Server(process, port, log)
        try:
            wait_until_listening(server)
            yield server
        finally:
            server.client.close()
            process.terminate()
            process.wait(60)


def wait_until_listening(server: Server) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            server.connect().close()
        except ConnectionRefusedError:
            assert time.monotonic() < until, server.log.read_text()
            assert server.process.poll() is None, server.log.read_text()
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def server(
    trained: Path, results: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that gives clients two seconds."""
    log = tmp_path_factory.mktemp("server") / "log.jsonl"
    folders = {"RESULTS_DIR": str(results), "BATCHES_DIR": str(trained)}
    with running(trained, log, API_BODY_TIMEOUT="2", **folders) as server:
        wait_until_ready(server.client)
        yield server


JSON_TYPE = {"Content-Type": "application/json"}
HEAD = b"POST /score/alerts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def answer_to(server: Server, sent: bytes, *, then_close: bool = False) -> bytes:
    """Send bytes, and return all that comes back until the server closes the connection."""
    with server.connect() as connection:
        connection.sendall(sent)
        if then_close:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
        return received


def test_a_body_that_stops_half_way_is_a_408(server: Server) -> None:
    received = answer_to(server, HEAD + b"Content-Length: 100\r\n\r\n{")
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"SlowBodyError" in received


def test_headers_that_never_end_are_hung_up_on(server: Server) -> None:
    assert answer_to(server, HEAD) == b""
    assert answer_to(server, b"") == b""


def test_a_client_that_closes_its_half_is_hung_up_on(server: Server) -> None:
    assert answer_to(server, HEAD + b"Content-Length: 100\r\n\r\n{", then_close=True) == b""


def test_a_length_that_is_too_short_leaves_no_second_request(server: Server) -> None:
    received = answer_to(server, HEAD + b"Content-Length: 2\r\n\r\n{}{}{}{}\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")
    second = received.partition(b"[]")[2]
    assert second.startswith(b"HTTP/1.1 400 ")
    assert json.loads(second.partition(b"\r\n\r\n")[2])["error"] == "BadRequest"


@pytest.mark.parametrize("length", [b"-5", b"ten", b"1e3", b"2\r\nContent-Length: 3"])
def test_a_length_that_is_none_is_a_400_of_the_one_shape(server: Server, length: bytes) -> None:
    received = answer_to(server, HEAD + b"Content-Length: " + length + b"\r\n\r\n{}")
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b'"error":"BadRequest"' in received


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a process's peak of memory")
def test_no_body_makes_a_process_hold_twice_the_limit(trained: Path, tmp_path: Path) -> None:
    limit, mb = 16, 1 << 20
    packed = gzip.compress(b" " * (64 * limit * mb))
    bodies = [
        b"[" * (limit * mb),
        b'{"alerts": [' + b"5," * (limit * mb // 2 - 10) + b"5]}",
        b'{"alerts": [' + b"{}," * (limit * mb // 3 - 10) + b"{}]}",
        b'{"a": "' + b"\xff" * (limit * mb - 10) + b'"}',
        b"9" * (limit * mb),
        b"x" * (3 * limit * mb),
    ]
    with running(trained, tmp_path / "log.jsonl", API_MAX_BODY_MB=str(limit)) as server:
        wait_until_ready(server.client)
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        processes = [server.process.pid, *map(int, children.read_text().split())]
        assert len(processes) == 2
        for content, packing in [(body, "identity") for body in bodies] + [(packed, "gzip")]:
            before = [_peak_mb(process, begin=True) for process in processes]
            headers = {**JSON_TYPE, "Content-Encoding": packing}
            reply = server.client.post("/score/alerts", content=content, headers=headers)
            assert reply.status_code in {413, 422}, reply.text
            grown = [_peak_mb(p) - was for p, was in zip(processes, before, strict=True)]
            assert max(grown) < 2 * limit, (content[:20], grown)


def _peak_mb(process: int, *, begin: bool = False) -> float:
    """Return the most a process was resident, in 2**20 bytes; from now on when it begins."""
    if begin:
        Path(f"/proc/{process}/clear_refs").write_text("5")
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    said = dict(line.split(":", 1) for line in lines)
    return int(said["VmHWM"].split()[0]) / 1024


def test_the_log_has_a_request_in_a_line_and_no_address(server: Server) -> None:
    rows = golden_rows()
    server.client.post("/score/alerts", json=rows, headers={"X-Request-ID": "case-9"})
    server.client.get("/scores/alerts/example-address-1")
    until = time.monotonic() + 20
    while not (found := [line for line in server.lines() if line.get("request_id") == "case-9"]):
        assert time.monotonic() < until  # the line is written when the reply is sent
    (line,) = found
    assert (line["route"], line["status"], line["rows"]) == ("/score/alerts", 200, 9)
    assert "example-address" not in server.log.read_text()


def test_told_to_stop_it_answers_what_it_accepted_and_ends_well(
    trained: Path, tmp_path: Path
) -> None:
    with running(trained, tmp_path / "log.jsonl", API_DRAIN_SECONDS="0.5") as server:
        wait_until_ready(server.client)
        rows = golden_rows()

        def ask(number: int) -> int:
            del number
            try:
                with httpx.Client(base_url=server.client.base_url, timeout=60) as client:
                    return client.post("/score/alerts", json=rows).status_code
            except (httpx.ConnectError, httpx.ReadError):  # never accepted
                return 0

        with ThreadPoolExecutor(8) as crowd:
            asked = [crowd.submit(ask, number) for number in range(100)]
            next(as_completed(asked)).result()
            server.process.send_signal(signal.SIGTERM)
            codes = [each.result() for each in asked]
        assert server.process.wait(60) == 0
    assert set(codes) <= {200, 429, 503, 0}
    assert codes.count(200) > 0
    assert server.lines()[-1]["message"] == "stopped: every accepted request is answered"


def test_a_port_in_use_is_a_sentence(trained: Path, server: Server) -> None:
    command = [sys.executable, "-m", "aml_miner", "serve", "--port", str(server.port)]
    environment = {**os.environ, "MODELS_DIR": str(trained / "models")}
    done = subprocess.run(command, capture_output=True, env=environment, check=False, text=True)
    assert done.returncode == 7
    assert f"127.0.0.1:{server.port} cannot be listened on; is it in use?" in done.stderr
    assert "listening on" not in done.stderr


@pytest.mark.parametrize("form", ["arrow", "parquet", "json"])
def test_the_client_gets_the_librarys_bits_in_every_form(
    server: Server, batch: Batch, models: Models, form: Form
) -> None:
    expected = score_alerts(batch, models.alert_scorer)
    with AmlMinerClient(str(server.client.base_url), form=form) as client:
        assert client.is_ready()
        scored, ranked = client.score_alerts(batch), client.rank_alerts(batch)
        clusters = client.score_clusters(batch)
        with pytest.raises(InvalidBatchError, match="'alert_confidence_score' must be between"):
            client.score_alerts({"alerts": batch.alerts.with_columns(alert_confidence_score=2.0)})
    assert scored["score"].to_list() == expected["score"].to_list()
    assert scored["explain_json"].to_list() == expected["explain_json"].to_list()
    assert sorted(ranked["alert_id"]) == sorted(batch.alerts["alert_id"])
    assert clusters["cluster_id"].to_list() == batch.clusters["cluster_id"].to_list()


def test_four_workers_give_the_bits_of_one_in_every_form_whole_and_in_parts(
    trained: Path, tmp_path: Path, server: Server, batch: Batch, models: Models
) -> None:
    """What the command line writes comes from ``score_batch``, whose bits ``score_alerts`` and the others give."""
    parts = [replace(batch, alerts=batch.alerts[n : n + size]) for n, size in _PARTS]
    forms: list[Form] = ["json", "arrow", "parquet"]
    asked = [(form, part) for form in forms for part in parts] * 2
    with running(trained, tmp_path / "log.jsonl", API_WORKERS="4") as four:
        wait_until_ready(four.client)
        assert four.client.get("/health").json()["workers_ready"] == 4

        def ask(url: str, form: Form, part: Batch) -> tuple[bytes, ...]:
            with AmlMinerClient(url, form=form) as client:
                found = client.score_alerts(part), client.rank_alerts(part)
                clusters = client.score_clusters(part)
            scored = [each.drop("latency_ms", strict=False) for each in (*found, clusters)]
            return tuple(each.write_json().encode() for each in scored)

        with ThreadPoolExecutor(6) as crowd:  # so that all four have work
            of_four = list(crowd.map(lambda each: ask(str(four.client.base_url), *each), asked))
        of_one = [ask(str(server.client.base_url), *each) for each in asked]
    assert of_four == of_one
    expected = score_alerts(batch, models.alert_scorer)
    whole = json.loads(of_one[0][0])
    assert [row["score"] for row in whole] == expected["score"].to_list()
    assert [row["explain_json"] for row in whole] == expected["explain_json"].to_list()


_PARTS = ((0, 5), (0, 1), (1, 4), (4, 1))
"""First alert and number of alerts of a request, the whole batch first."""


def test_the_client_that_does_not_wait_gets_the_same(server: Server, batch: Batch) -> None:
    async def ask() -> tuple[pl.DataFrame, ...]:
        async with AsyncAmlMinerClient(str(server.client.base_url)) as client:
            assert await client.is_ready()
            return await asyncio.gather(
                client.score_alerts(batch), client.rank_alerts(batch), client.score_clusters(batch)
            )

    with AmlMinerClient(str(server.client.base_url)) as client:
        waited = (
            client.score_alerts(batch),
            client.rank_alerts(batch),
            client.score_clusters(batch),
        )
    for one, other in zip(asyncio.run(ask()), waited, strict=True):
        assert_frame_equal(
            one.drop("latency_ms", strict=False), other.drop("latency_ms", strict=False)
        )


def test_the_client_finds_stored_results_and_batches_that_are_held(
    server: Server, batch: Batch
) -> None:
    reference = Reference(
        "simulated", date(2025, 3, 1), alert_ids=batch.alerts["alert_id"].to_list()
    )
    with AmlMinerClient(str(server.client.base_url)) as client:
        day = date.fromisoformat(client.get("dates/latest")["latest_date"])
        stored = client.stored("scores/alerts", day, network="simulated")
        scored = client.score_alerts(reference)
    by_id = {row["alert_id"]: row["score"] for row in stored["scores"]}
    assert [by_id[i] for i in scored["alert_id"]] == scored["score"].to_list()


def test_the_example_of_a_subnets_proxy_answers(server: Server) -> None:
    example = Path(__file__).parents[2] / "examples" / "subnet_proxy.py"
    environment = {**os.environ, "AML_MINER_URL": str(server.client.base_url)}
    done = subprocess.run(
        [sys.executable, example], capture_output=True, env=environment, check=True, text=True
    )
    assert "scores={'example-alert-1': 0." in done.stdout
    assert "complaint=''" in done.stdout
    lines = example.read_text().splitlines()
    assert len(lines) < 60
    assert not any("import" in line and "bittensor" in line.lower() for line in lines)
